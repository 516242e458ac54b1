"""Locks and entries of locks, made to measure."""

from __future__ import annotations

from lock.lockfile import Lock, LockedFile, LockedSdist, LockedWheel

SHA = "0" * 64


def sdist(name: str, *requires: str, needs: tuple[str, ...] = (), version: str = "1") -> LockedSdist:
    """An entry of a distribution, which these files build, and which needs these distributions when it runs."""
    filename = f"{name.replace('-', '_')}-{version}.tar.gz"
    return LockedSdist(name, version, filename, SHA, "back:end", "py3-none-any", requires, needs, ())


def sample() -> Lock:
    """A lock with one entry of each kind."""
    return Lock(
        environments=("cp314_linux_x86_64",),
        inputs={"requirements.txt": SHA},
        command=("requirements.txt", "-o", "lock.json"),
        sdists=(sdist("demo", "x.whl", needs=("six",)),),
        wheels=(LockedWheel("six", "1.17", "six-1.17-py3-none-any.whl", SHA, ()),),
        build_files=(LockedFile("x", "1", "x.whl", SHA),),
        build_sdists=(sdist("y"),),
        cycles=(),
    )
