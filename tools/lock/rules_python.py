"""What rules_python 2.3 does where it reads the index itself: which file it takes, and how it names its repository.

A second writing of select_whl.bzl, whl_repo_name.bzl and `default_platforms` in its python/private/pypi/; for
`pip.parse` without `pip.default(platform = ...)`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lock.resolve.index import IndexFile

_ABIS = ("none", "abi3", "cp{}")
_PLATFORMS = {
    "linux_aarch64": ("any", "linux_aarch64", "manylinux_*_aarch64"),
    "linux_x86_64": ("any", "linux_x86_64", "manylinux_*_x86_64"),
    "osx_aarch64": ("any", "macosx_*_universal2", "macosx_*_arm64"),
    "osx_x86_64": ("any", "macosx_*_universal2", "macosx_*_x86_64"),
    "windows_aarch64": ("any", "win_arm64"),
    "windows_x86_64": ("any", "win_amd64"),
}
_OLD_NAMES = re.compile("(manylinux1|manylinux2010|manylinux2014)_(.+)")
_NEW_NAMES = {"manylinux1": "manylinux_2_5", "manylinux2010": "manylinux_2_12", "manylinux2014": "manylinux_2_17"}
_VERSIONED = re.compile(r"(manylinux|macosx|musllinux)_(\d+)_(\d+)_(.+)")


class _WheelName(NamedTuple):
    """The parts of a wheel's file name; the platform has PEP 600's names."""

    distribution: str
    pythons: list[str]
    abis: list[str]
    platforms: list[str]


def taken_file(files: Iterable[IndexFile], python: str, platform: str) -> IndexFile | None:
    """The file that rules_python takes.

    Args:
        files: those whose hash the requirements allow.
        python: such as "314".
        platform: as rules_python spells it, such as "linux_x86_64".

    Returns:
        a wheel, else the sdist, else None.
    """
    there = sorted((file for file in files if not file.yanked), key=lambda file: file.sha256)
    sdists = [file for file in there if not file.filename.endswith(".whl")]
    ranked = [
        (rank, place, file)
        for place, file in enumerate(there)
        if file.filename.endswith(".whl")
        for rank in [_rank(_parse(file.filename), python, _PLATFORMS.get(platform, ("any",)))]
        if rank
    ]
    if ranked:
        return max(ranked, key=lambda item: item[:2])[2]
    return sdists[-1] if sdists else None


def repository_name(filename: str, sha256: str, platforms: Sequence[str] = ()) -> str:
    """The name of a file's repository, without that of the hub and the Python.

    Args:
        filename: a wheel's or an sdist's.
        sha256: its hash.
        platforms: where one Python has several versions: those for which this one is.
    """
    if filename.endswith(".whl"):
        parsed = _parse(filename)
        parts = [normalized(parsed.distribution), parsed.pythons[0], parsed.abis[0], parsed.platforms[0]]
    else:
        parts = [normalized(filename.rpartition("-")[0]), "sdist"]
    return "_".join([*parts, sha256[:8], *platforms])


def normalized(name: str) -> str:
    """A distribution's name as rules_python spells it in labels."""
    return re.sub(r"[-._]+", "_", name).strip("_").lower()


def _parse(filename: str) -> _WheelName:
    head, python, abi, platform = filename[: -len(".whl")].rsplit("-", 3)
    return _WheelName(
        head.partition("-")[0],
        python.split("."),
        abi.split("."),
        [_OLD_NAMES.sub(lambda found: f"{_NEW_NAMES[found[1]]}_{found[2]}", tag) for tag in platform.split(".")],
    )


def _rank(wheel: _WheelName, python: str, platforms: Sequence[str]) -> tuple[tuple[int, ...], ...] | None:
    """The best of what a wheel's tags are worth: the platform first, then the Python, then the ABI."""
    abis = [abi.format(python) for abi in _ABIS]
    ranks = [
        (platform, interpreter, (abis.index(abi),))
        for platform in (_platform_rank(tag, platforms) for tag in wheel.platforms)
        for interpreter in (_python_rank(tag, python) for tag in wheel.pythons)
        for abi in wheel.abis
        if platform and interpreter and abi in abis
    ]
    return max(ranks, default=None)


def _platform_rank(tag: str, platforms: Sequence[str]) -> tuple[int, ...] | None:
    found = _VERSIONED.fullmatch(tag)
    if not found:
        return (platforms.index(tag), 0, 0) if tag in platforms else None
    pattern = f"{found[1]}_*_{found[4]}"  # of versions the oldest
    return (platforms.index(pattern), -int(found[2]), -int(found[3])) if pattern in platforms else None


def _python_rank(tag: str, python: str) -> tuple[int, ...] | None:
    found = re.fullmatch(r"(py|cp)(\d)(\d*)", tag)
    if not found or found[2] != python[0] or int(found[3] or 0) > int(python[1:]):
        return None
    return (int(found[1] == "cp"), int(found[2]), int(found[3] or 0))
