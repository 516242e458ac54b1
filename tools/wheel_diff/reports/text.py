"""Reports a comparison as text: the verdict, the causes, then what differs in each member."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wheel_diff.printable import counted, listed, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheel_diff.difference import Cause, Comparison, Difference

# With the verdict and the line for the others ten, which are seen without scrolling.
_MOST_CAUSE_LINES = 8
_MOST_MEMBERS = 40
_MOST_LINES = 40
_COLOURS = {"-": "\033[31m", "+": "\033[32m", "!": "\033[1m"}


def text_report(comparison: Comparison, *, colours: bool, everything: bool = False) -> str:
    """The report.

    Args:
        comparison: what was found.
        colours: whether to colour it for a terminal.
        everything: whether to leave out nothing.
    """
    lines = [(style, line.rstrip()) for style, line in _lines(comparison, everything)]
    if not colours:
        return "".join(f"{line}\n" for _, line in lines)
    return "".join(f"{_COLOURS[style]}{line}\033[0m\n" if style in _COLOURS else f"{line}\n" for style, line in lines)


def verdict_line(comparison: Comparison) -> str:
    """The result in one line."""
    a, b = printable(comparison.a.label), printable(comparison.b.label)
    if comparison.verdict == "equal":
        return f"{a} and {b} are equal: {counted(comparison.a.members, 'member')}, sha256 {comparison.a.sha256}"
    packed = "; ".join(dict.fromkeys(difference.where for difference in comparison.differences if difference.packaging))
    if comparison.verdict == "packaging":
        return f"The content of {a} (A) and {b} (B) is equal; packaging differs: {packed}"
    content = {
        difference.member
        for difference in comparison.differences
        if difference.member and not difference.packaging and not difference.consequence
    }
    said = f"{a} (A) and {b} (B) differ in the content of {counted(len(content), 'member')}"
    return f"{said}; packaging differs too: {packed}" if packed else said


def cause_line(cause: Cause, explained: Sequence[Difference]) -> str:
    """A cause, where it shows, and how it came about, in one line."""
    first = explained[0]
    places = list(dict.fromkeys(difference.where for difference in explained if difference.member == first.member))
    members = list(dict.fromkeys(difference.member for difference in explained))
    if not first.member:
        return f"{cause.title}: {cause.why}"
    needs_place = places[0] != cause.title and first.kind not in ("metadata", "member", "record")
    within = f"{printable(places[0], 80)} of " if needs_place else ""
    more = f" and {counted(len(members) - 1, 'more member')}" if len(members) > 1 else ""
    return f"{cause.title} in {within}{printable(first.member, 100)}{more}: {cause.why}"


def _lines(comparison: Comparison, everything: bool) -> Iterator[tuple[str, str]]:
    yield "!", verdict_line(comparison)
    if comparison.verdict == "equal":
        return
    causes = comparison.causes()
    if comparison.verdict == "content" and not causes:
        yield "", "  no cause was recognised"
    yield from _cause_lines(causes, sys.maxsize if everything else _MOST_CAUSE_LINES)
    by_member = comparison.content_by_member()
    members = list(by_member)
    for name in members if everything else members[:_MOST_MEMBERS]:
        yield "", ""
        yield "!", printable(name) or "the archive"
        lines = [line for difference in by_member[name] for line in difference_lines(difference)]
        shown = lines if everything else lines[:_MOST_LINES]
        yield from ((style, f"  {line}") for style, line in shown)
        if len(lines) > len(shown):
            yield "", f"  ... {counted(len(lines) - len(shown), 'more line')}; --all shows them"
    if len(members) > _MOST_MEMBERS and not everything:
        yield "", ""
        yield "", f"... {counted(len(members) - _MOST_MEMBERS, 'more member')}; --all shows them"
    packaging = list(packaging_lines(comparison))
    if packaging:
        yield "", ""
        yield "!", "packaging (an installed wheel does not show it)"
        yield from (("", f"  {line}") for line in packaging)


def _cause_lines(causes: Sequence[tuple[Cause, Sequence[Difference]]], most: int) -> Iterator[tuple[str, str]]:
    """At most so many lines with the causes: those with one fix together, the most telling of them in full."""
    by_fix: dict[str, list[tuple[Cause, Sequence[Difference]]]] = {}
    for cause, explained in causes:
        by_fix.setdefault(cause.fix, []).append((cause, explained))
    lines: list[tuple[str, str]] = []
    left = list(by_fix)
    for fix, group in by_fix.items():
        others = list(dict.fromkeys(_title_in(cause, explained) for cause, explained in group[1:]))
        new = [("!", f"  {cause_line(*group[0])}")]
        new += [("", f"    also: {listed(others, 6)}")] if others else []
        new += [("", f"    fix: {fix}")]
        if lines and len(lines) + len(new) > most:
            break
        lines += new
        left.remove(fix)
    yield from lines
    if left:
        titles = list(dict.fromkeys(cause.title for fix in left for cause, _ in by_fix[fix]))
        yield "", f"  further causes: {listed(titles, 6)}"


def _title_in(cause: Cause, explained: Sequence[Difference]) -> str:
    member = explained[0].member.rsplit("/", 1)[-1]
    return f"{cause.title} in {member}" if member else cause.title


def difference_lines(difference: Difference) -> Iterator[tuple[str, str]]:
    """A difference as lines, each with its side: "-" for A, "+" for B, or ""."""
    where = printable(difference.where)
    after = " (a consequence)" if difference.consequence else ""
    if difference.detail:
        if len(difference.detail) == 1:
            yield "", f"{where}: {printable(difference.detail[0], 400)}{after}"
            return
        yield "", f"{where}:{after}"
        for line in difference.detail:
            yield line[:1], f"  {printable(line, 400)}"
        return
    for sign, value in (("-", difference.a), ("+", difference.b)):
        if value is not None:
            lines = value.split("\n")
            yield from ((sign, f"{where}: {sign} {printable(line)}{after}") for line in lines[:_MOST_LINES])
            if len(lines) > _MOST_LINES:
                yield sign, f"{where}: {sign} ... {counted(len(lines) - _MOST_LINES, 'more line')}"


def packaging_lines(comparison: Comparison) -> Iterator[str]:
    """The differences of packaging, each kind in one line."""
    by_place: dict[str, list[Difference]] = {}
    for difference in comparison.differences:
        if difference.packaging:
            by_place.setdefault(difference.where, []).append(difference)
    for where, found in by_place.items():
        values = {(difference.a, difference.b, difference.detail) for difference in found}
        first = found[0]
        said = printable(" ".join(first.detail) or f"{_value(first.a)} -> {_value(first.b)}", 300)
        members = list(dict.fromkeys(difference.member for difference in found if difference.member))
        if len(values) > 1:
            yield f"{where}: {counted(len(members), 'member')}, such as {printable(first.member)}: {said}"
        elif members:
            yield f"{where}: {said} ({listed(members) if len(members) <= 3 else f'{len(members)} members'})"
        else:
            yield f"{where}: {said}"


def _value(text: str | None) -> str:
    return "none" if text is None else text
