"""Recognises that two wheels were built from other sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheel_diff.difference import Cause

if TYPE_CHECKING:
    from wheel_diff.difference import Difference

_SOURCES = (".c", ".cc", ".cpp", ".h", ".hpp", ".pxd", ".py", ".pyi", ".pyx", ".rs")
_CAUSE = Cause(
    "source",
    "the sources differ: a wheel takes such a file over as it is, unless the build writes it",
    "Build both from the same sdist: compare their sha256. If the build writes the file, look at what writes it.",
    45,
)


def of_source(difference: Difference) -> Cause | None:
    """The cause of another text of a source file, where nothing else explains it."""
    return _CAUSE if difference.kind == "text" and difference.member.endswith(_SOURCES) else None
