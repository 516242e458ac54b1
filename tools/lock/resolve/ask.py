"""Asks backends of sdists what their builds need, each in a process of its own: see `build_wheel.question`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from build_wheel.checks import last_lines
from build_wheel.question import QUESTION, NoAnswerError, Question
from common.errors import UserError
from common.libraries import OF_LOCK, library_path
from fingerprint.base import base_contents
from fingerprint.compiler import compiler_contents
from fingerprint.interpreter import own_contents
from fingerprint.programs import find_program

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lock.overrides import Override

_ASKED_ONLY = {"MATURIN_NO_INSTALL_RUST": "1"}
"""Without cargo, which nobody needs who is only asked, maturin would want a package that downloads it."""


@dataclass(frozen=True)
class Metadata:
    """What is known of the metadata of a wheel to come.

    Args:
        name: as the project writes it, or "".
        requires_dist: its dependencies.
        entry_points: whether it has an entry_points.txt, or None when unknown.
    """

    name: str
    requires_dist: tuple[str, ...]
    entry_points: bool | None

    def spelling(self, distribution: str) -> str:
        """The project's name as it writes it; the distribution's where it writes none, or another's."""
        return self.name if canonicalize_name(self.name) == distribution else distribution


@dataclass(frozen=True)
class Answer:
    """What a backend said.

    Args:
        requires: more build requirements, PEP 508; () where it was not asked.
        complete: whether all of them are there, as far as is known.
        metadata: its wheel's, or None where it was not asked.
        failure: why it did not say all; None where it did.
    """

    requires: tuple[str, ...]
    complete: bool
    metadata: Metadata | None
    failure: NoAnswerError | None = None


class Machine:
    """What of this machine backends see: the interpreter, base utilities, and a C compiler where they need one.

    Args:
        folder: for lists of files.
        closed: whether they are closed in, so that there have to be such lists.
    """

    def __init__(self, folder: Path, *, closed: bool) -> None:
        self._folder = folder
        self._closed = closed
        self._base: list[dict[str, Any]] = []
        self._making = threading.Lock()
        self.compiler = find_program("cc") or find_program("gcc")

    def seen(self, *, compiler: bool) -> str | None:
        """The file that lists what is seen, see `Question`; from any thread.

        Args:
            compiler: whether the C compiler is.
        """
        if not self._closed:
            return None
        file = self._folder / ("machine_with_compiler.json" if compiler else "machine.json")
        with self._making:
            if not file.exists():
                self._base = self._base or [own_contents().as_json(), base_contents().as_json()]
                listed = [*self._base, *(self._compiler_contents() if compiler else ())]
                file.write_text(json.dumps(listed), encoding="utf-8")
        return str(file)

    def _compiler_contents(self) -> list[dict[str, Any]]:
        try:
            return [compiler_contents(self.compiler).as_json()]
        except (OSError, ValueError):  # it is something else by this name: the backend fails as it did
            return []


def question_about(
    source: Path, override: Override, machine: str | None, trees: Sequence[Path], *, requires: bool, metadata: bool
) -> Question:
    """The question to the backend of an unpacked sdist.

    Args:
        source: its source root.
        override: what the user says about it.
        machine: see `Question`.
        trees: its installed build requirements.
        requires: whether it is asked for build requirements.
        metadata: whether it is asked for the wheel's metadata.
    """
    return Question(
        source=source.name,
        trees=tuple(map(str, trees)),
        config_settings=override.config_settings,
        env={**_ASKED_ONLY, **override.env},
        requires=requires,
        metadata=metadata,
        machine=machine,
        allow_host_files=tuple(
            path for path in override.attributes.get("allow_host_files", ()) if path.startswith("/")
        ),
    )


def ask(root: Path, question: Question) -> Answer:
    """Asks a backend, from any thread.

    Args:
        root: a folder that nothing else uses; the sdist is unpacked in `layout(root).source`. What is in there is not
            to be trusted afterwards.
        question: what.

    Raises:
        UserError: its build requirements do not go together.
    """
    (root / QUESTION).write_text(json.dumps(asdict(question)), encoding="utf-8")
    from lock.command import this_program

    done = subprocess.run(
        [sys.executable, "-s", "-B", "-X", "utf8", *this_program(), "ask_sdist", QUESTION],
        cwd=root,
        env={"LC_ALL": "C.UTF-8", "PATH": os.defpath, "PYTHONPATH": library_path(OF_LOCK)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    try:
        told = json.loads(done.stdout)
    except ValueError:
        said = last_lines(done.stderr.strip()).removeprefix("ERROR: ")
        said = said or f"Its process ended with exit code {done.returncode}."
        return Answer((), True, None, NoAnswerError(said, "the process that asks"))
    if "error" in told:
        raise UserError(**told["error"])
    metadata = told["metadata"]
    if metadata is not None:
        metadata = Metadata(metadata["name"], tuple(metadata["requires_dist"]), metadata["entry_points"])
    failure = NoAnswerError(**told["no_answer"]) if "no_answer" in told else None
    return Answer(tuple(told["requires"]), told["complete"], metadata, failure)
