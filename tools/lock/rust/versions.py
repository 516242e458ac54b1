"""Versions of crates, and what Cargo.toml files require of them: Semantic Versioning, as cargo reads it."""

from __future__ import annotations

import re
from typing import Union

_VERSION = re.compile(r"(\d{1,20})\.(\d{1,20})\.(\d{1,20})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_NUMBERS = r"(\d{1,20})(?:\.(\d{1,20}))?(?:\.(\d{1,20}))?((?:\.[*xX])*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
_COMPARATOR = re.compile(r"\s*(\^|~|=|<=|>=|<|>)?\s*" + _NUMBERS)
_ANY = re.compile(r"\s*[*xX]?(\.[*xX])*\s*")

_Key = tuple[tuple[int, int, int], tuple[tuple[int, int, str], ...]]
_LAST = ((2, 0, ""),)
"""What sorts a release after all its pre-releases."""
_FULL = 3


def is_version(text: str) -> bool:
    """Whether a text is a crate's version."""
    return bool(_VERSION.fullmatch(text))


def satisfies(version: str, requirement: str) -> bool:
    """Whether a version is one that a requirement asks for; true where the requirement is of no form that is known.

    Args:
        version: such as "1.0.19".
        requirement: such as "1", "^0.2.3", "~1.2, <1.2.9", "=1.0.0", "*" or "".
    """
    found = _VERSION.fullmatch(version)
    if not found or _ANY.fullmatch(requirement):
        return True
    own = _key(found.groups())
    comparators = [_COMPARATOR.fullmatch(part.rstrip()) for part in requirement.split(",")]
    if not all(comparators):
        return True
    known = [
        (item.group(1) or ("=" if item.group(5) else "^"), (*item.groups()[1:4], item.group(6)))
        for item in comparators
        if item
    ]
    if found.group(4) and not any(parts[3] and own[0] == _key(parts)[0] for _, parts in known):
        return False  # a pre-release is only for who names one of the same version
    return all(_holds(own, operator, parts) for operator, parts in known)


_Parts = tuple[Union[str, None], ...]


def _key(parts: _Parts) -> _Key:
    major, minor, patch = (int(part or 0) for part in parts[:3])
    pre = parts[3]
    names = tuple((0, int(item), "") if item.isdigit() else (1, 0, item) for item in pre.split(".")) if pre else _LAST
    return (major, minor, patch), names


def _holds(own: _Key, operator: str, parts: _Parts) -> bool:
    length = sum(part is not None for part in parts[:3])
    low = _key(parts)
    if operator == ">=":
        return own >= low
    if operator == "<":
        return own < low
    if operator == ">":
        return own > low if length == _FULL else own >= _after(low, length)
    if operator == "<=":
        return own <= low if length == _FULL else own < _after(low, length)
    if operator == "=":
        return own == low if length == _FULL else low <= own < _after(low, length)
    if operator == "~":
        return low <= own < _after(low, min(length, 2))
    leading = next((place for place, number in enumerate(low[0][:length], 1) if number), length)
    return low <= own < _after(low, leading)


def _after(low: _Key, length: int) -> _Key:
    """The first version whose first `length` numbers are larger."""
    numbers = [*low[0][: length - 1], low[0][length - 1] + 1, 0, 0]
    return (numbers[0], numbers[1], numbers[2]), ((-1, 0, ""),)
