"""Checks that the entries of a lock fit each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from common.names import name_fault
from lock.git_source import is_commit

if TYPE_CHECKING:
    from lock.git_source import LockedGit
    from lock.lockfile import Entry, Lock, LockedFile, LockedSdist, LockedWheel, TakenWheel


def check(lock: Lock) -> None:
    """Whether entries fit each other; raises ValueError where somebody has edited them apart."""
    build: list[LockedFile | LockedSdist] = [*lock.build_files, *lock.build_sdists]
    files = {item.filename for item in build}
    crates = {crate.key for crate in lock.crates}
    for sdist in (*lock.sdists, *lock.build_sdists):
        for filename in sdist.build_requires:
            if filename not in files:
                raise ValueError(f"{filename}, which {sdist.distribution} needs, is missing")
        for key in sdist.crates or ():
            if key not in crates:
                raise ValueError(f"the crate {key}, which {sdist.distribution} needs, is missing")
        if sdist.git and not _fits(sdist.git):
            raise ValueError(f"{sdist.distribution} is from {sdist.git}")
    entries: list[LockedSdist | LockedWheel] = [*lock.sdists, *lock.wheels]
    items: list[LockedFile | Entry | TakenWheel] = [*build, *entries, *lock.taken_wheels]
    for item in items:
        if name_fault(item.filename):
            raise ValueError(f"the file name {item.filename!r} {name_fault(item.filename)}")
    hashes = [(item.filename, item.sha256) for item in items] + [(crate.key, crate.sha256) for crate in lock.crates]
    for name, sha256 in hashes:
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise ValueError(f"the sha256 of {name} is {sha256!r}")
    for crate in lock.crates:
        if not re.fullmatch(r"[A-Za-z0-9_-]+-[0-9A-Za-z.+-]+", crate.key):
            raise ValueError(f"a crate is called {crate.key!r}")
    for entry in [*entries, *lock.build_sdists]:
        if not re.fullmatch("[a-z0-9_]*", entry.variant):
            raise ValueError(f"a variant of {entry.distribution} is called {entry.variant!r}")
        for target in entry.environments:
            if target not in lock.environments:
                raise ValueError(f"{entry.distribution} is for {target}, which the lock is not for")


def _fits(git: LockedGit) -> bool:
    is_url = bool(git.url) and not git.url.startswith("-")
    return is_url and is_commit(git.commit) and (not is_commit(git.revision) or git.revision == git.commit)
