"""What a pattern finds on each side of a difference, and how causes put it into words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheel_diff.printable import listed

if TYPE_CHECKING:
    import re


def found(pattern: re.Pattern[str], text: str | None) -> set[str]:
    """All that a pattern finds in a text, which may be missing."""
    return {match.group().strip() for match in pattern.finditer(text or "")}


def either(matches: set[str]) -> str:
    """What only one side has, for a sentence."""
    return listed(sorted(matches), 6) if matches else "nothing"
