"""Asks backends of sdists what their builds need, each in a process of its own, and in a closed root if the system can.

lock, with its threads          unpacks, patches, resolves
  └ job ask_sdist               knows the machine
      └ job ask_inside          sees the sdist, its build requirements, the interpreter and base utilities
          └ the backend's hooks

It imports little: each sdist takes two more starts of Python.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build_wheel.layout import CLOSED, Layout
from errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lock.overrides import Override

_QUESTION = "question.json"
_TREES = "trees"
CPUS = 1
"""The number of CPUs that backends see."""


class NoAnswerError(Exception):
    """A backend has failed, or ended its process.

    Args:
        what: as of a `UserError`.
        where: likewise.
        programs: those of the machine that it did not find.
    """

    def __init__(self, what: str, where: str, programs: Sequence[str] = ()) -> None:
        super().__init__(what, where, programs)
        self.what = what
        self.where = where
        self.programs = programs


@dataclass(frozen=True)
class Question:
    """What a backend is asked.

    Args:
        source: the name of the source root, in `Layout.source`.
        trees: installed build requirements, absolute.
        config_settings: PEP 517 config settings.
        env: variables of the user's for it.
        requires: whether it is asked for build requirements.
        metadata: whether it is asked for the wheel's metadata, if all build requirements are there.
        machine: a file that lists what of the machine it sees, see `list_machine`; None where it is not closed in.
        host_files: patterns of more files of the machine that it sees.
    """

    source: str
    trees: tuple[str, ...]
    config_settings: dict[str, str]
    env: dict[str, str]
    requires: bool
    metadata: bool
    machine: str | None
    host_files: tuple[str, ...]

    @classmethod
    def of(
        cls, source: Path, override: Override, machine: Path | None, trees: Sequence[Path], **asked: bool
    ) -> Question:
        """The question to the backend of an unpacked sdist.

        Args:
            source: its source root.
            override: what the user says about it.
            machine: see there.
            trees: see there.
            asked: `requires` and `metadata`.
        """
        host_files = tuple(path for path in override.attributes.get("host_files", ()) if path.startswith("/"))
        return cls(
            source=source.name,
            trees=tuple(map(str, trees)),
            config_settings=override.config_settings,
            env=override.env,
            requires=asked["requires"],
            metadata=asked["metadata"],
            machine=str(machine) if machine else None,
            host_files=host_files,
        )

    @classmethod
    def read(cls, file: Path) -> Question:
        """Reads the file that `ask` wrote."""
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return cls(**{**data, "trees": tuple(data["trees"]), "host_files": tuple(data["host_files"])})


@dataclass(frozen=True)
class Answer:
    """What a backend said.

    Args:
        requires: more build requirements, PEP 508; () where it was not asked.
        complete: whether all of them are there.
        requires_dist: its wheel's dependencies, or None where it was not asked.
    """

    requires: tuple[str, ...]
    complete: bool
    requires_dist: tuple[str, ...] | None


def list_machine(file: Path) -> None:
    """Writes down what of this machine all backends see: the interpreter, and base utilities."""
    from fingerprint.base import base_contents
    from fingerprint.interpreter import own_contents

    file.write_text(json.dumps([one.as_json() for one in (own_contents(), base_contents())]), encoding="utf-8")


def ask(root: Path, question: Question) -> Answer:
    """Asks a backend, from any thread.

    Args:
        root: a folder that nothing else uses; the sdist is unpacked in `layout(root).source`. What is in there is not
            to be trusted afterwards.
        question: what.

    Raises:
        NoAnswerError: it failed.
        UserError: its build requirements do not go together.
    """
    (root / _QUESTION).write_text(json.dumps(asdict(question)), encoding="utf-8")
    from build_wheel.checks import last_lines
    from lock.command import libraries, this_program

    done = subprocess.run(
        [sys.executable, "-s", "-B", "-X", "utf8", *this_program(), "ask_sdist", _QUESTION],
        cwd=root,
        env={"LC_ALL": "C.UTF-8", "PATH": os.defpath, "PYTHONPATH": libraries()},
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
        raise NoAnswerError(
            said or f"Its process ended with exit code {done.returncode}.", "the process that asks"
        ) from None
    if "no_answer" in told:
        raise NoAnswerError(**told["no_answer"])
    if "error" in told:
        raise UserError(**told["error"])
    requires_dist = told["requires_dist"]
    return Answer(tuple(told["requires"]), told["complete"], None if requires_dist is None else tuple(requires_dist))


def layout(root: Path) -> Layout:
    """The directories of a backend that is asked."""
    return Layout(root, root / "build")


def ask_sdist(file: Path) -> int:
    """The job with this name: in the folder where `file` is, it prints the answer as JSON.

    Returns:
        the exit code.

    Raises:
        UserError: the machine does not let it be closed in.
    """
    root, question = Path.cwd(), Question.read(file)
    if not question.machine:
        from lock.answer import answer

        return answer(layout(root), question, question.trees)
    from build_wheel import closed
    from fingerprint.content import Contents
    from fingerprint.host_files import host_files_contents

    listed = json.loads(Path(question.machine).read_text(encoding="utf-8"))
    contents = [Contents.read(one) for one in listed]
    for pattern in question.host_files:
        try:
            contents.append(host_files_contents(pattern)[0])
        except ValueError:
            continue  # it is for builds; where this needs it, too, it will say so
    return closed.run(
        layout(root),
        ["ask_inside", _QUESTION],
        contents=contents,
        inputs={_QUESTION: str(root / _QUESTION), **{f"{_TREES}/{Path(tree).name}": tree for tree in question.trees}},
        links={},
        etc={},
        cpus=CPUS,
        told=None,
    )


def ask_inside(file: Path) -> int:
    """The part of `ask_sdist` that runs in a closed root."""
    from lock.answer import answer

    question = Question.read(file)
    return answer(CLOSED, question, [f"{_TREES}/{Path(tree).name}" for tree in question.trees])
