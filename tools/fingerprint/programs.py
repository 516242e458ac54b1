"""What programs are made of: shared libraries, and the interpreters of scripts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fingerprint.listing import Listing

PATH = "/usr/bin:/bin"
_MAPPED = re.compile(r"(?:=> )?(/\S+) \(0x")
_ELF = b"\x7fELF"


def find_program(name: str, folders: str = PATH) -> str:
    """The absolute path of a program, with its links, or ""; a path is taken as it is."""
    return shutil.which(name, path=folders) or ""


def add_programs(listing: Listing, programs: Iterable[str]) -> None:
    """Adds programs with all that they need to run: shared libraries, and what a script's first line names.

    Args:
        listing: what they are added to.
        programs: absolute paths.
    """
    binaries = []
    for program in programs:
        listing.add(program)
        first = _beginning(program)
        if first.startswith(_ELF):
            binaries.append(program)
        elif first.startswith(b"#!"):
            words = first[2:].partition(b"\n")[0].split()
            for word in words[:2] if words and os.path.basename(words[0]) == b"env" else words[:1]:
                found = find_program(os.fsdecode(word))
                if found and found != program:
                    add_programs(listing, [found])
    add_shared_libraries(listing, binaries)


def add_shared_libraries(listing: Listing, binaries: Iterable[str]) -> None:
    """Adds the shared libraries that ELF files are linked with, and the loader.

    Args:
        listing: what they are added to.
        binaries: absolute paths of programs or libraries.
    """
    ldd = find_program("ldd")
    asked = sorted({os.path.realpath(path) for path in binaries})
    if not ldd or not asked:
        return
    done = subprocess.run([ldd, *asked], capture_output=True, text=True, errors="surrogateescape", check=False)
    for path in sorted(set(_MAPPED.findall(done.stdout))):
        listing.add(path)


def is_elf(path: str) -> bool:
    """Whether a file is an ELF file."""
    return _beginning(path).startswith(_ELF)


def _beginning(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(256)
    except OSError:
        return b""
