"""Compares text line by line."""

from __future__ import annotations

import difflib
import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

from wheel_diff import known_causes
from wheel_diff.difference import Difference
from wheel_diff.kinds.binary import first_difference
from wheel_diff.printable import counted, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

# difflib takes quadratic time and more.
_MOST_LINES = 2000
_MOST_HUNKS = 20
_MOST_SHOWN = 20
_LONG_LINE = 1000
_CONTEXT = 2
_WORD = re.compile(r"\w+")


def as_text(data: bytes) -> str | None:
    """The text in UTF-8, or None if it is something else."""
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def compare_text(member: str, a: str, b: str, where: str = "") -> list[Difference]:
    """The differences of two texts, one for each group of changed lines.

    Args:
        member: the member's name.
        a: the first text.
        b: the second.
        where: the part of the member that it is, if it is not all.
    """
    prefix = f"{where} " if where else ""
    if a.replace("\r\n", "\n") == b.replace("\r\n", "\n"):
        return [
            Difference(member, "text", f"{prefix}line ends", _line_ends(a), _line_ends(b), cause=known_causes.LINE_ENDS)
        ]
    lines_a, lines_b = a.split("\n"), b.split("\n")
    start = _common(lines_a, lines_b)
    end = _common(lines_a[start:][::-1], lines_b[start:][::-1])
    changed_a, changed_b = lines_a[start : len(lines_a) - end], lines_b[start : len(lines_b) - end]
    if len(changed_a) > 1 and Counter(lines_a) == Counter(lines_b):
        detail = _cut([*(f"-{line}" for line in changed_a[:5]), *(f"+{line}" for line in changed_b[:5])])
        said = f"{prefix}order of lines {_range(start, len(changed_a))}"
        return [Difference(member, "text", said, None, None, detail, known_causes.ORDER)]
    if len(changed_a) > _MOST_LINES or len(changed_b) > _MOST_LINES:
        detail = _cut([*(f"-{line}" for line in changed_a[:5]), *(f"+{line}" for line in changed_b[:5])])
        first = _hunk(member, f"{prefix}line {start + 1} and after", changed_a[:5], changed_b[:5], detail)
        return [first, _more(member, len(changed_a), len(changed_b))]
    return _hunks(member, prefix, lines_a, lines_b, start, end)


def _hunks(
    member: str, prefix: str, lines_a: Sequence[str], lines_b: Sequence[str], start: int, end: int
) -> list[Difference]:
    first = max(0, start - _CONTEXT)
    after = max(0, end - _CONTEXT)
    part_a, part_b = lines_a[first : len(lines_a) - after], lines_b[first : len(lines_b) - after]
    matcher = difflib.SequenceMatcher(None, part_a, part_b)
    found: list[Difference] = []
    groups = list(matcher.get_grouped_opcodes(_CONTEXT))
    for group in groups[:_MOST_HUNKS]:
        old: list[str] = []
        new: list[str] = []
        shown: list[str] = []
        for tag, a_from, a_to, b_from, b_to in group:
            if tag == "equal":
                shown += [f" {line}" for line in part_a[a_from:a_to]]
                continue
            old += part_a[a_from:a_to]
            new += part_b[b_from:b_to]
            shown += [f"-{line}" for line in part_a[a_from:a_to]]
            shown += [f"+{line}" for line in part_b[b_from:b_to]]
        place = f"{prefix}lines {_range(first + group[0][1], group[-1][2] - group[0][1])}"
        found.append(_hunk(member, place, old, new, _cut(shown)))
    if len(groups) > _MOST_HUNKS:
        said = f"and {counted(len(groups) - _MOST_HUNKS, 'more group')} of changed lines"
        found.append(Difference(member, "text", "more", None, None, (said,)))
    return found


def _hunk(member: str, where: str, old: Sequence[str], new: Sequence[str], detail: tuple[str, ...]) -> Difference:
    windows = [_window(*pair) for pair in itertools.zip_longest(old[:_MOST_SHOWN], new[:_MOST_SHOWN], fillvalue="")]
    joined_a = "\n".join(one for one, _ in windows[: len(old)])
    joined_b = "\n".join(other for _, other in windows[: len(new)])
    reordered = joined_a != joined_b and sorted(_WORD.findall(joined_a)) == sorted(_WORD.findall(joined_b))
    in_order = _WORD.findall(joined_a) == _WORD.findall(joined_b)
    cause = known_causes.ORDER if reordered and not in_order else None
    return Difference(member, "text", where, joined_a if old else None, joined_b if new else None, detail, cause)


def _window(a: str, b: str) -> tuple[str, str]:
    """What differs in two long lines, with a little before and behind it."""
    if max(len(a), len(b)) <= _LONG_LINE:
        return a, b
    start = max(0, first_difference(a, b) - 100)
    return a[start : start + _LONG_LINE], b[start : start + _LONG_LINE]


def _more(member: str, a: int, b: int) -> Difference:
    return Difference(member, "text", "more", None, None, (f"in all {a} lines of A and {b} of B; too many to compare",))


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many lines both begin with."""
    return next((n for n, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def _range(start: int, count: int) -> str:
    return f"{start + 1}" if count <= 1 else f"{start + 1}-{start + count}"


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    shown = tuple(printable(line) for line in lines[:_MOST_SHOWN])
    return shown if len(lines) <= _MOST_SHOWN else (*shown, f" ({len(lines) - _MOST_SHOWN} more lines)")


def _line_ends(text: str) -> str:
    windows = text.count("\r\n")
    return f"{windows} CRLF, {text.count(chr(10)) - windows} LF"
