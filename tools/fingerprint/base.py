"""What every build sees of the machine: base utilities, and what prebuilt programs need to run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fingerprint.facts import Fingerprint
from fingerprint.listing import Listing
from fingerprint.programs import add_programs, find_program
from fingerprint.system_files import BASE_UTILITIES, C_LIBRARY

if TYPE_CHECKING:
    from fingerprint.content import Contents

_SHARED = ("libgcc_s.so.1", "libstdc++.so.6")
"""Libraries that build requirements with extensions may rely on, besides the C library (PEP 600)."""

_DATA = ("/usr/lib/locale/C.UTF-8", "/usr/lib/locale/C.utf8", "/usr/share/misc/magic.mgc")
"""What these programs read."""


def base_fingerprint() -> Fingerprint:
    """The content of `base_contents`.

    Raises:
        OSError: a file can't be read.
    """
    contents = base_contents()
    return Fingerprint({"kind": "base", **contents.hashed()}, contents)


def base_contents() -> Contents:
    """The base utilities that there are, with their shared libraries, and the C library for programs that run."""
    listing = Listing()
    programs = [path for path in map(find_program, sorted(BASE_UTILITIES)) if path]
    add_programs(listing, programs)
    for path in _DATA:
        listing.add(path)
    for folder in _library_folders(listing):
        for name in sorted(os.listdir(folder)):
            if name in _SHARED or (".so." in name and C_LIBRARY.fullmatch(name)):
                listing.add(os.path.join(folder, name))
    return listing.contents()


def _library_folders(listing: Listing) -> list[str]:
    """Where the C library is."""
    files = listing.contents().files
    return sorted({os.path.dirname(path) for path in files if os.path.basename(path).startswith("libc.so.")})
