"""What is in a folder, and one hash for all of it."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, Any

from fingerprint.bytecode import is_compiled_from_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def sha256(path: str) -> str:
    """The hash of a file's content; this package stands alone, and so has its own.

    Raises:
        OSError: it can't be read.
    """
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def numbers(path: str) -> tuple[int | str, ...]:
    """Size, times, number and mode of a file or folder; of a link its text; () where it is not there."""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return (os.readlink(path),)
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode


def is_below(path: str, folder: str, without: Iterable[str]) -> bool:
    """Whether a path is in a folder, but for some names in it."""
    return path.startswith(folder + "/") and path[len(folder) + 1 :].split("/")[0] not in without


def walk(folder: str, without: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Each folder from this one on, with the sorted names of the files and links in it; faster than `os.walk`."""
    left = set(without)
    waiting = [folder]
    while waiting:
        parent = waiting.pop()
        names: list[str] = []
        folders: list[str] = []
        try:
            entries = list(os.scandir(parent))
        except OSError:  # what can't be read here, builds can't read
            entries = []
        for entry in entries:
            if parent != folder or entry.name not in left:
                (folders if entry.is_dir(follow_symlinks=False) else names).append(entry.name)
        yield parent, sorted(names)
        waiting += [f"{parent}/{name}" for name in sorted(folders, reverse=True)]


def folder_facts(folder: str, without: tuple[str, ...]) -> dict[str, Any]:
    """How many files a folder has, and one hash for their names, modes and contents."""
    digest = hashlib.sha256()
    count = 0
    for parent, names in walk(folder, without):
        for name in names:
            path = os.path.join(parent, name)
            if name.endswith(".pyc") and is_compiled_from_source(path):
                continue  # no more than the source, which is listed; it need not be there
            digest.update(f"{_entry(path)}  {os.path.relpath(path, folder)}\n".encode("utf-8", "surrogateescape"))
            count += 1
    return {"files": count, "sha256": digest.hexdigest(), "without": list(without)}


def _entry(path: str) -> str:
    if os.path.islink(path):
        return f"-> {os.readlink(path)}"
    try:
        return sha256(path) + (" x" if os.access(path, os.X_OK) else "")
    except OSError:
        return "unreadable"  # so it is for the build
