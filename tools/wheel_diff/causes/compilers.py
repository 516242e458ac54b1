"""Recognises other compilers, other flags, and what the linker was given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheel_diff.causes.matches import either, found
from wheel_diff.difference import Cause
from wheel_diff.fixes import SAME_COMPILER, SAME_RUST
from wheel_diff.known_causes import compiler_flags

if TYPE_CHECKING:
    from wheel_diff.difference import Difference

_COMPILER = re.compile(
    r"\bGCC:? \([^()\n]*\) [\d.]+[^\n\0]*|\bGNU (?:C|C\+\+|Fortran)\w* \d[\d.]*|\[?\bGCC \d[\d.]*|"
    r"\bclang version [^\n\0]*|\bLinker: LLD [\d.]+|\bgo1\.\d[\d.]*"
)
_RUSTC = re.compile(r"\brustc version [^\n\0)]*\)?")
_RUSTC_SOURCES = re.compile(r"(?<=/rustc/)[0-9a-f]{40}(?=/)")
_FLAG = re.compile(r"(?<![\w/])-(?:[OfmWDU]|g(?=\d|gdb|dwarf|\b)|std=|march)[^\s'\",]*")
_LINKED = (
    (
        re.compile(r"\.dynamic R(UN)?PATH$"),
        Cause(
            "library search path",
            "the linker was given another -rpath: by LDFLAGS, by the interpreter's own flags, or by auditwheel",
            SAME_COMPILER,
            9,
        ),
    ),
    (
        re.compile(r"\.dynamic (NEEDED|SONAME)$"),
        Cause(
            "shared libraries",
            "linked with other libraries, against another C library, or renamed by auditwheel",
            "Build both with the same native dependencies and C library; compare before auditwheel's repair.",
            9,
        ),
    ),
)


def of_compiler(difference: Difference) -> Cause | None:
    """The cause of other compilers and linkers, which write their names and versions into what they make."""
    a, b = found(_COMPILER, difference.a), found(_COMPILER, difference.b)
    if not (a - b or b - a):
        return None
    why = f"another version: {either(a - b)} in A, {either(b - a)} in B"
    return Cause("compiler", why, SAME_COMPILER, 4)


def of_rustc(difference: Difference) -> Cause | None:
    """The cause of another rustc: it names itself, and its commit in the paths of its own sources."""
    for pattern, before in ((_RUSTC, ""), (_RUSTC_SOURCES, "rustc of commit ")):
        a, b = found(pattern, difference.a), found(pattern, difference.b)
        if a and b and a != b:
            why = f"another version: {before}{either(a - b)} in A, {before}{either(b - a)} in B"
            return Cause("Rust compiler", why, SAME_RUST, 4)
    return None


def of_flags(difference: Difference) -> Cause | None:
    """The cause of other flags of a compiler, where they are recorded."""
    a, b = found(_FLAG, difference.a), found(_FLAG, difference.b)
    if not (a - b or b - a) or not (a & b or len(a | b) > 1):
        return None
    return compiler_flags(f"{either(a - b)} only in A, {either(b - a)} only in B")


def of_linker(difference: Difference) -> Cause | None:
    """The cause of other entries in .dynamic."""
    if difference.kind != "elf":
        return None
    return next((cause for pattern, cause in _LINKED if pattern.search(difference.where)), None)
