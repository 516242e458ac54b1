"""Tells from what a closed build has printed which programs, headers and libraries it did not find."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = r"(?P<name>[\w.+-]+)"
_PROGRAMS = (
    r"\[Errno 2\] No such file or directory: '(?P<name>[\w+-]+(?:\.\d+)*)'",  # with another suffix it is a file
    rf"['\"`]{_NAME}['\"`] (?:command|executable|program|tool|utility) (?:is |was )?(?:missing|not found)",
    rf"(?:^|: ){_NAME}: (?:command )?not found$",
    rf"env: [\u2018'\"]?{_NAME}[\u2019'\"]?: No such file or directory",
    rf"(?:/usr(?:/local)?)?/s?bin/{_NAME}: (?:bad interpreter|not found|No such file or directory)",
    rf"unable to execute '{_NAME}': No such file or directory",
    rf"g?make(?:\[\d+\])?: {_NAME}: No such file or directory",
)
_SENTENCES = {
    'build program corresponding to "Ninja"': "ninja",
    'build program corresponding to "Unix Makefiles"': "make",
}
"""What CMake says without naming the program."""

_HEADERS = (
    r"fatal error: (?P<name>[\w./+-]+): No such file or directory",
    r"fatal error: '(?P<name>[^']+)' file not found",
)
_LIBRARIES = (r"cannot find -l(?P<name>[\w.+-]+)", r"unable to find library -l(?P<name>[\w.+-]+)")


def explained(error: UserError, output: str, allowed: Sequence[str] = ()) -> UserError:
    """The same error; where the build did not find something, with that and what to write.

    Args:
        error: why there is no wheel.
        output: what the build has printed.
        allowed: the files of the machine that it declares already.
    """
    programs = missing_programs(output)
    headers, libraries = _found(_HEADERS, output), _found(_LIBRARIES, output)
    if not (programs or headers or libraries):
        return error
    lines = []
    if programs:
        paths = [f"/usr/bin/{name}" for name in programs]
        lines.append(
            f"A closed build has no program {', '.join(programs)} of the machine. Give it as a target in `tools`;"
            f" or, if every machine that builds may use its own,\n{_declared([*allowed, *paths])}"
        )
    if headers or libraries:
        names = [*headers, *(f"lib{name}" for name in libraries)]
        lines.append(
            f"A closed build sees no {', '.join(names)} of the machine. Give the library as a C++ target in "
            "`native_deps`; or, if every machine that builds may use its own,\n"
            f"{_declared([*allowed, *(f'/usr/include/{name}' for name in headers)])}"
        )
    return UserError(error.what, where=error.where, fix="\n  ".join([*lines, error.fix]))


def missing_programs(output: str) -> list[str]:
    """The programs of the machine, by their names, that a closed build did not find; sorted.

    Args:
        output: what it has printed.
    """
    said = {program for sentence, program in _SENTENCES.items() if sentence in output}
    return sorted(said.union(_found(_PROGRAMS, output)))


def _declared(paths: list[str]) -> str:
    shown = json.dumps(paths or ["/usr/lib/..."])
    return (
        f"    allow_host_files = {shown},\n"
        f"  and in .bazelrc: common --repo_env=RULES_SDIST_HOST_FILES={':'.join(paths) or '/usr/lib/...'}"
    )


def _found(patterns: tuple[str, ...], output: str) -> list[str]:
    names = [match["name"] for pattern in patterns for match in re.finditer(pattern, output, re.MULTILINE)]
    return sorted(set(names))
