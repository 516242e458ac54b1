"""Files and folders."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def sha256(file: Path) -> str:
    """The hash of a file's content, in hex.

    Raises:
        OSError: it can't be read.
    """
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def remove_tree(directory: Path) -> None:
    """Removes a directory with all below it, however deep, also where a build took away its own write permission.

    One folder is open at a time, and the next one is reached from it: paths may be longer than the system allows, and
    folders deeper than Python's stack.
    """
    if not directory.exists():
        return
    directory.chmod(stat.S_IRWXU)
    here = os.open(directory, _FOLDER)
    try:
        left = _remove_files(here)
        above: list[tuple[str, list[str]]] = []  # the way back: a folder's name, and what is left beside it
        while left or above:
            if left:
                name = left.pop()
                above.append((name, left))
                here = _gone_to(name, here)
                left = _remove_files(here)
            else:
                name, left = above.pop()
                here = _gone_to("..", here)
                os.rmdir(name, dir_fd=here)
    finally:
        os.close(here)
    directory.rmdir()


def _gone_to(name: str, here: int) -> int:
    """The folder `name` of the folder `here`, which is closed."""
    there = os.open(name, _FOLDER, dir_fd=here)
    os.close(here)
    return there


def _remove_files(folder: int) -> list[str]:
    """Removes all that is no folder; returns the names of the folders, which can be entered afterwards."""
    folders = []
    with os.scandir(folder) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.name, stat.S_IRWXU, dir_fd=folder)
                folders.append(entry.name)
            else:
                os.unlink(entry.name, dir_fd=folder)
    return folders
