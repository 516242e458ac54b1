"""Files of the machine that builds may use where they say so."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

from fingerprint.facts import Fingerprint
from fingerprint.listing import Listing
from fingerprint.programs import add_programs, add_shared_libraries, is_elf

if TYPE_CHECKING:
    from fingerprint.content import Contents


def host_files_fingerprint(pattern: str) -> Fingerprint:
    """The content of `host_files_contents`.

    Args:
        pattern: as there.

    Raises:
        OSError: a file can't be read.
        ValueError: there is no such file; perhaps there is one in a folder below.
    """
    contents, named = host_files_contents(pattern)
    return Fingerprint({"kind": "host_files", "named": named, **contents.hashed()}, contents)


def host_files_contents(pattern: str) -> tuple[Contents, list[str]]:
    """The files that match a pattern.

    A program's or library's shared libraries, and a script's interpreter, come along.

    Args:
        pattern: an absolute path or glob; one that ends with a slash stands for a whole folder.

    Returns:
        all files, and those that match.

    Raises:
        ValueError: there is no such file.
    """
    listing = Listing()
    found = sorted(glob.glob(pattern))
    if not found:
        there = (
            sorted(glob.glob(f"{os.path.dirname(pattern)}/*/{os.path.basename(pattern)}"))
            if pattern[-1:] != "/"
            else []
        )
        raise ValueError(f"there is no such file; {there[0]} is there" if there else "there is no such file")
    for path in found:
        if os.path.isdir(path):
            if pattern.endswith("/"):
                listing.add(path)
        elif os.access(path, os.X_OK) and not path.endswith(".so"):
            add_programs(listing, [path])
        else:
            listing.add(path)
            add_shared_libraries(listing, [path] if is_elf(path) else [])
    return listing.contents(), found
