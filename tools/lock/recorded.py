"""The command line with which a lock was made, so that nobody has to type it again."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_KEY = "rules_sdist_lock"
_COMMAND = re.compile(r'"command": (\[[^\]]*\])')
_FIRST = "Make one: bazel run @rules_sdist//tools/lock -- requirements.txt -o sdists.lock.json"


def recorded_lock(inputs: Sequence[str], output: str, folder: Path) -> Path | None:
    """The lock that a command line without requirements, or without an output, is for.

    Args:
        inputs: the files that are typed.
        output: what is typed after -o, or "".
        folder: what paths are relative to; the only lock in it is meant where none is typed.

    Returns:
        None where requirements are typed.

    Raises:
        UserError: there is no lock, or there are several.
    """
    if inputs:
        only = folder / inputs[0]
        return only if len(inputs) == 1 and is_lock(only) else None
    if output:
        if not is_lock(folder / output):
            raise UserError(f"{output} is no lock that is there.", where=str(folder / output), fix=_FIRST)
        return folder / output
    found = sorted(file for file in folder.glob("*.lock.json") if is_lock(file))
    if len(found) == 1:
        return found[0]
    names = ", ".join(file.name for file in found)
    raise UserError(
        f"There are several locks here: {names}." if found else "There is no lock here, no *.lock.json.",
        where=str(folder),
        fix=f"Name one: bazel run @rules_sdist//tools/lock -- --check {found[0].name}" if found else _FIRST,
    )


def is_lock(file: Path) -> bool:
    """Whether a file is a lock, perhaps with the marks of a merge in it."""
    try:
        return file.suffix == ".json" and f'"{_KEY}"' in file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def recorded_command(lock: Path) -> list[str]:
    """The command line, for the root of the lock's workspace; also from a lock that a merge has left in pieces.

    Raises:
        UserError: it has none.
    """
    found = set(_COMMAND.findall(lock.read_text(encoding="utf-8")))
    try:
        (text,) = found
        return [str(word) for word in json.loads(text)]
    except ValueError as error:
        raise UserError(
            f"{lock.name} does not say with which command it was made.",
            where=f"`command` in {lock}",
            fix=f"Type it: bazel run @rules_sdist//tools/lock -- requirements.txt -o {lock.name}",
        ) from error
