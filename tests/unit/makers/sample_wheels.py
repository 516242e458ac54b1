"""Wheels made to measure."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

METADATA = """\
Metadata-Version: 2.1
Name: Demo.Pkg
Version: 1.0
Requires-Dist: six>=1
Requires-Dist: attrs

Name: in the description
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
INFO = "demo_pkg-1.0.dist-info"


def wheel_members(**more: bytes) -> dict[str, bytes]:
    """The members of a small wheel; `__` in a keyword is a slash."""
    return {
        f"{INFO}/RECORD": b"not,looked,at\n",
        f"{INFO}/METADATA": METADATA.encode(),
        "demo/b.py": b"b = 1\n",
        f"{INFO}/WHEEL": WHEEL.encode(),
        "demo/__init__.py": b"",
        **{name.replace("__", "/"): content for name, content in more.items()},
    }


def write_wheel(
    place: Path,
    members: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
    *,
    time: Any = (2024, 5, 6, 7, 8, 10),
    **kwargs: Any,
) -> Path:
    """Writes a wheel as a backend might: in the given order, with a time of its own."""
    pairs = members.items() if hasattr(members, "items") else members
    with zipfile.ZipFile(place, "w", **kwargs) as archive:
        for name, content in pairs:
            archive.writestr(zipfile.ZipInfo(name, time), content)
    return place
