"""The jobs with which `lock` asks a backend what a build needs.

job ask_sdist           knows the machine
  └ job ask_inside      sees the sdist, its build requirements, the interpreter and base utilities
      └ the backend's hooks

It imports little: each sdist takes two starts of Python.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isolation.layout import CLOSED, Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

QUESTION = "question.json"
"""The file in which the question is."""

CPUS = 1
"""The number of CPUs that backends see."""

_TREES = "trees"


class NoAnswerError(Exception):
    """A backend has failed, or ended its process.

    Args:
        what: as of a `UserError`.
        where: likewise.
        advice: what to write into the lock's overrides, as its output tells.
    """

    def __init__(self, what: str, where: str, advice: Sequence[str] = ()) -> None:
        super().__init__(what, where, advice)
        self.what = what
        self.where = where
        self.advice = advice


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
        machine: a file that lists what of the machine it sees, a list of what `Contents.as_json` gives; None where it
            is not closed in.
        allow_host_files: patterns of more files of the machine that it sees.
        compiler: whether it gets the machine's C compiler.
    """

    source: str
    trees: tuple[str, ...]
    config_settings: dict[str, str]
    env: dict[str, str]
    requires: bool
    metadata: bool
    machine: str | None
    allow_host_files: tuple[str, ...]
    compiler: bool = False

    @classmethod
    def read(cls, file: Path) -> Question:
        """Reads the file that `lock` wrote."""
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return cls(**{**data, "trees": tuple(data["trees"]), "allow_host_files": tuple(data["allow_host_files"])})


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
        from build_wheel.answer import answer

        return answer(layout(root), question, question.trees)
    from fingerprint.content import Contents
    from fingerprint.host_files import host_files_contents
    from isolation import closed
    from isolation.closed_root import Seen
    from jobs import main

    listed = json.loads(Path(question.machine).read_text(encoding="utf-8"))
    contents = [Contents.read(one) for one in listed]
    for pattern in question.allow_host_files:
        try:
            contents.append(host_files_contents(pattern)[0])
        except ValueError:
            continue  # it is for builds; where this needs it, too, it will say so
    trees = {f"{_TREES}/{Path(tree).name}": tree for tree in question.trees}
    seen = Seen(contents, inputs={QUESTION: str(root / QUESTION), **trees}, links={}, etc={}, cpus=CPUS)
    return closed.run(layout(root), ["ask_inside", QUESTION], seen, told=None, main=main)


def ask_inside(file: Path) -> int:
    """The part of `ask_sdist` that runs in a closed root."""
    from build_wheel.answer import answer

    question = Question.read(file)
    return answer(CLOSED, question, [f"{_TREES}/{Path(tree).name}" for tree in question.trees])
