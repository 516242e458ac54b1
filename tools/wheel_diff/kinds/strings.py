"""Finds the strings in binary files, and which of them only one of two files has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_RUN = re.compile(rb"[\t\x20-\x7e]{6,1024}")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_VARYING = re.compile(rf"{_MONTH}|0x[0-9a-f]+|\b[0-9a-f]{{8,}}\b|\d+")
_LONGEST = 1024
_MOST = 1000

# What A has, what B has; one of them may be nothing.
Pair = tuple[Optional[str], Optional[str]]


def runs(data: bytes) -> list[str]:
    """Runs of at least six printable ASCII characters."""
    return [run.decode("ascii") for run in _RUN.findall(data)]


def terminated(data: bytes) -> list[str]:
    """The strings of a table in which each ends with a null byte."""
    return [text[:_LONGEST].decode("utf-8", "backslashreplace") for text in data.split(b"\0") if text]


def in_one_only(a: Sequence[str], b: Sequence[str]) -> list[Pair]:
    """The strings that only one side has, as pairs where two seem to be the same thing: a path, a time, a number."""
    known_a, known_b = set(a), set(b)
    only_a = list(dict.fromkeys(text for text in a if text not in known_b))[:_MOST]
    only_b = list(dict.fromkeys(text for text in b if text not in known_a))[:_MOST]
    pairs: list[Pair] = []
    for similar in (_shape, _last_component, _kind):
        found, only_a, only_b = _paired(only_a, only_b, similar)
        pairs += found
    return [*pairs, *((text, None) for text in only_a), *((None, text) for text in only_b)]


def _paired(a: list[str], b: list[str], similar: Callable[[str], str]) -> tuple[list[Pair], list[str], list[str]]:
    """Pairs of which each side has exactly one with the same likeness, and the rest."""
    by_likeness: dict[str, tuple[list[str], list[str]]] = {}
    for side, texts in enumerate((a, b)):
        for text in texts:
            likeness = similar(text)
            if likeness:
                by_likeness.setdefault(likeness, ([], []))[side].append(text)
    pairs: list[Pair] = [(one[0], two[0]) for one, two in by_likeness.values() if len(one) == 1 and len(two) == 1]
    used_a, used_b = {one for one, _ in pairs}, {two for _, two in pairs}
    return pairs, [text for text in a if text not in used_a], [text for text in b if text not in used_b]


def _shape(text: str) -> str:
    return _VARYING.sub("#", text)


def _last_component(text: str) -> str:
    return text.rsplit("/", 1)[-1] if "/" in text else ""


def _kind(text: str) -> str:
    return "path" if text.startswith("/") else ""
