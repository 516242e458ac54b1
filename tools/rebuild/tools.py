"""Compares the tools of this machine with those that built the wheel."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError
from common.files import sha256
from fingerprint.compiler import compiler_fingerprint
from fingerprint.facts import difference
from fingerprint.interpreter import BASE, own_fingerprint
from wheel_diff.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from buildinfo.document import BuildInfo
    from fingerprint.facts import Fingerprint

_SHOWN = 12
_A_TOOL = re.compile(
    r"(.+-)?(gcc|g\+\+|cc|c\+\+|clang|clang\+\+|icc|icx|icpx|ar|ranlib|ld|ld\.\w+|nm|objcopy|objdump|strip|libtool)(-[0-9.]+)?"
)


def check_tools(info: BuildInfo, toolchain: Path | None) -> None:
    """Compares the interpreter that runs this, and the compiler, with the recorded ones.

    No program runs because the build information names it: the user has to, with PATH or `toolchain`, and a compiler
    has to have a recorded hash before it is asked anything.

    Args:
        info: the build information, checked.
        toolchain: the folder in which the compiler is, where it is no tool of the machine.

    Raises:
        UserError: one is another one, or the user has named no folder that it is in.
    """
    if info.interpreter:
        _compare("interpreter", BASE, info.interpreter, own_fingerprint(), "Run rebuild with the recorded interpreter")
    programs = _programs(info.recipe["cc"] or {})
    for field, program in programs.items():
        _check_is_named(field, program, toolchain)
    if info.compiler:
        compiler = str(Path(toolchain or "", programs["c_compiler"]))
        try:
            _check_hash(compiler, info.compiler)
            found = compiler_fingerprint(compiler)
        except (OSError, ValueError) as error:
            raise UserError(
                f"The wheel was built with {printable(info.compiler['version'])}; {compiler} gives no answer: {error}.",
                where=info.wheel,
                fix="Install that compiler, or name the folder of the toolchain with --toolchain.",
            ) from error
        _compare("compiler", compiler, info.compiler, found, "Install the recorded compiler")


def _programs(cc: Mapping[str, Any]) -> dict[str, str]:
    """The programs of a toolchain, by the names of their fields."""
    own = {name: cc[name] for name in ("c_compiler", "cxx_compiler", "archiver", "linker") if name in cc}
    return {**own, **{f"other_tools.{name}": path for name, path in cc.get("other_tools", {}).items()}}


def _check_is_named(field: str, program: str, toolchain: Path | None) -> None:
    where = f"recipe.cc.{field} of the build information"
    if not program.startswith("/"):
        if toolchain is None:
            raise UserError(
                f"The wheel was built with {program}, which is no tool of the machine.",
                where=where,
                fix="Name the folder of the toolchain with --toolchain.",
            )
        return
    folder, name = os.path.split(os.path.normpath(program))
    if not _A_TOOL.fullmatch(name):
        raise UserError(
            f"The build information names {program} as a compiler, or one of a compiler's tools.",
            where=where,
            fix="Don't use it: rebuild starts only what has the name of such a tool, as gcc or clang++-18.",
        )
    trusted = {os.path.realpath(place) for place in os.get_exec_path() if place.startswith("/")}
    if os.path.realpath(folder) not in trusted:
        raise UserError(
            f"The wheel was built with {program}, which is in no folder on PATH.",
            where=where,
            fix=f"Build information may name any program. If you trust what is in that folder: PATH={folder}:$PATH",
        )


def _check_hash(compiler: str, recorded: Mapping[str, Any]) -> None:
    found = sha256(Path(os.path.realpath(compiler)))
    if found not in recorded["files"].values():
        raise UserError(
            f"The compiler {compiler} is not the one that built the wheel:\n"
            f"  version: recorded {printable(recorded['version'])}\n  its sha256 {found} is none of the recorded ones",
            where="the compiler of this machine",
            fix="Install the recorded compiler: the same release of the same distribution, or the image that the build "
            "ran in.",
        )


def _compare(kind: str, tool: str, recorded: Mapping[str, Any], found: Fingerprint, fix: str) -> None:
    if recorded.get("input"):
        found = found.as_input(_roots(found, recorded), None)
    # Links say only by what names it was called, here as in a virtual environment.
    lines = difference({**recorded, "links": {}}, {**found.facts, "links": {}}, names=("recorded", "here"))
    if not lines:
        return
    shown = "\n".join(f"  {printable(line)}" for line in lines[:_SHOWN])
    more = f"\n  and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    raise UserError(
        f"The {kind} {tool} is not the one that built the wheel:\n{shown}{more}",
        where=f"the {kind} of this machine",
        fix=f"{fix}: the same release of the same distribution, or the image that the build ran in.",
    )


def _roots(found: Fingerprint, recorded: Mapping[str, Any]) -> list[str]:
    """Where the files of a tool are here that were inputs, and so are recorded with relative paths."""
    for path in found.contents.files:
        parts = path.split("/")
        for number in range(1, len(parts)):
            if "/".join(parts[number:]) in recorded["files"]:
                return ["/".join(parts[:number])]
    return []
