"""Finds what crates bring that was compiled by somebody else, elsewhere."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError
from formats.ar import INDEXES, LONG_NAMES, THIN_MAGIC, ArError, ar_members
from formats.ar import MAGIC as AR_MAGIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_NAME = re.compile(r"\.(?:a|bc|dll|dylib|exe|lib|o|obj|rlib|rmeta|pyd|so(?:\.[0-9]+)*|wasm)$", re.IGNORECASE)
_FIRST = 4096
_SHOWN = 10
_UNKNOWN = "another form"
# By their first bytes. Of 0xCAFEBABE, which Java has too, a universal Mach-O goes on with a small number of files.
_MAGICS = (
    (re.compile(rb"\x7fELF"), "ELF"),
    (re.compile(rb"[\xce\xcf]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]|\xca\xfe\xba[\xbe\xbf]\0\0\0[\1-\x1f]"), "Mach-O"),
    (re.compile(rb"MZ[\s\S]{58}[\s\S]{4}"), "PE"),
    (re.compile(rb"\0asm"), "WebAssembly"),
    (re.compile(rb"BC\xc0\xde|\xde\xc0\x17\x0b"), "LLVM bitcode"),
    (re.compile(rb"rust\0\0\0"), "Rust metadata"),
    (re.compile(rb"\0\0\xff\xff|[\x4c\xc4]\x01|\x64[\x86\xaa]"), "COFF"),  # only where a name or an archive says so
)
_NOT_FOR_LINUX = ("COFF", "Mach-O", "PE", "WebAssembly")


@dataclass(frozen=True, order=True)
class Prebuilt:
    """A file in a crate that was compiled elsewhere.

    Args:
        crate: the crate's folder, such as "ring-0.17.8".
        file: its path in there.
        kind: "ELF", "Mach-O", "PE", "COFF", "WebAssembly", "LLVM bitcode", "Rust metadata", or else "another form"; a
            static library's is that of its first object.
    """

    crate: str
    file: str
    kind: str

    @property
    def is_for_linux(self) -> bool:
        """Whether a build for Linux can link it, as far as one can tell."""
        return self.kind not in _NOT_FOR_LINUX


def prebuilt_files(crates: Path) -> list[Prebuilt]:
    """What the crates bring prebuilt, in the order of their names.

    A name such as libx.a is one, if its content is no text; else the first bytes tell.

    Args:
        crates: a folder with a folder, or a link to one, for each crate.
    """
    return sorted(found for entry in crates.iterdir() if entry.is_dir() for found in _in_crate(entry))


def check_prebuilt(found: Iterable[Prebuilt], allowed: Sequence[str], label: str) -> None:
    """Refuses what a build for Linux could link, or start.

    What is for other systems is none of that: most Cargo.lock have import libraries for Windows, and objects for
    WebAssembly, of crates that a build for Linux leaves out.

    Args:
        found: what the crates bring.
        allowed: globs of CRATE-VERSION/FILE that are accepted.
        label: the target.

    Raises:
        UserError: names what there is, and what to write.
    """
    refused = [
        one
        for one in found
        if one.is_for_linux and not any(fnmatchcase(f"{one.crate}/{one.file}", pattern) for pattern in allowed)
    ]
    if not refused:
        return
    names = [f"{one.crate}/{one.file}" for one in refused]
    lines = [f"  {name} ({one.kind})" for name, one in zip(names, refused)]
    more = [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    crates = sorted({one.crate for one in refused})
    raise UserError(
        f"{label}: {'crates bring' if len(crates) > 1 else 'a crate brings'} what was not built from source:\n"
        + "\n".join([*lines[:_SHOWN], *more]),
        where=", ".join(crates[:_SHOWN]),
        fix="Build it from source: with another version of the crate or other features of it, in Cargo.toml, or with "
        "`native_deps`. If the build does not use it, or you trust who has built it, allow it by its name:\n"
        f"    {names[0]}",
    )


def _in_crate(crate: Path) -> Iterator[Prebuilt]:
    for folder, _, names in os.walk(crate):
        for name in names:
            place = Path(folder, name)
            kind = _kind(place)
            if kind:
                yield Prebuilt(crate.name, place.relative_to(crate).as_posix(), kind)


def _kind(file: Path) -> str:
    """The kind of a prebuilt file, or ""."""
    if not file.is_file():  # a link to nowhere
        return ""
    with file.open("rb", buffering=0) as opened:
        first = opened.read(_FIRST)
        if first.startswith((AR_MAGIC, THIN_MAGIC)):
            return _kind_of_objects(first + opened.read())
    named = bool(_NAME.search(file.name))
    kind = _kind_of(first)
    if named:
        return kind or (_UNKNOWN if b"\0" in first else "")
    return "" if kind == "COFF" else kind


def _kind_of(first: bytes) -> str:
    return next((kind for magic, kind in _MAGICS if magic.match(first)), "")


def _kind_of_objects(library: bytes) -> str:
    try:
        for member in ar_members(library):
            if member.name not in (*INDEXES, LONG_NAMES) and not member.name.endswith(".rmeta"):
                return _kind_of(library[member.start : member.start + _FIRST]) or _UNKNOWN
    except ArError:
        pass
    return _UNKNOWN
