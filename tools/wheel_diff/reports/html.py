"""Reports a comparison as one HTML page that needs nothing else."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from common.version import VERSION
from wheel_diff.printable import counted, printable
from wheel_diff.reports.text import cause_line, difference_lines, packaging_lines, verdict_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wheel_diff.difference import Comparison, Difference, Side

_STYLE = """\
:root { color-scheme: light dark; --a: #b3261e; --b: #146c2e; --line: #8886; --box: #8881; }
@media (prefers-color-scheme: dark) { :root { --a: #ff8a80; --b: #7ddc93; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: .1rem 1rem .1rem 0; vertical-align: top; }
td { overflow-wrap: anywhere; } th { white-space: nowrap; }
@media (max-width: 60rem) {
  tr { display: block; margin: .5rem 0; } th, td { display: block; } thead { display: none; }
  td::before { content: attr(data-side) " "; font-weight: bold; }
}
pre { margin: .3rem 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.45 ui-monospace, monospace; }
details { border: 1px solid var(--line); border-radius: .4rem; padding: .3rem .8rem; margin: .5rem 0; }
summary { cursor: pointer; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
li { margin: .4rem 0; }
.cause { background: var(--box); border-radius: .4rem; padding: .5rem .8rem; margin: .5rem 0; }
.a { color: var(--a); } .b { color: var(--b); } .quiet { opacity: .75; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_CLASSES = {"-": "a", "+": "b"}


def html_report(comparison: Comparison, diffoscope: Mapping[str, str]) -> str:
    """The page.

    Args:
        comparison: what was found.
        diffoscope: what diffoscope says of members, by their names.
    """
    return "\n".join(_page(comparison, diffoscope)) + "\n"


def _page(comparison: Comparison, diffoscope: Mapping[str, str]) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(_TITLES[comparison.verdict].format(_file_name(comparison.a)))} - wheel_diff</title>"
    yield f"<style>\n{_STYLE}</style></head><body>"
    yield f"<h1>{escape(verdict_line(comparison))}</h1>"
    yield from _sides(comparison)
    causes = comparison.causes()
    if causes:
        yield "<h2>Causes</h2>"
    for cause, explained in causes:
        yield f'<div class="cause"><strong>{escape(cause_line(cause, explained))}</strong>'
        yield f"<br>Fix: {escape(cause.fix)}</div>"
    yield from _members(comparison, diffoscope)
    packaging = list(packaging_lines(comparison))
    if packaging:
        yield "<h2>Packaging</h2><p>An installed wheel does not show it.</p><ul>"
        yield from (f"<li>{escape(line)}</li>" for line in packaging)
        yield "</ul>"
    yield f'<p class="quiet">Made by wheel_diff of rules_sdist {VERSION}.</p></body></html>'


def _file_name(side: Side) -> str:
    return printable(side.label.rsplit("/", 1)[-1])


def _sides(comparison: Comparison) -> Iterator[str]:
    yield '<table><thead><tr><th></th><th class="a">A</th><th class="b">B</th></tr></thead><tbody>'
    for name, told in _ROWS.items():
        sides = (("A", told(comparison.a)), ("B", told(comparison.b)))
        cells = "".join(f'<td data-side="{side}">{escape(text)}</td>' for side, text in sides)
        yield f"<tr><th>{name}</th>{cells}</tr>"
    yield "</tbody></table>"
    if comparison.verdict != "equal":
        yield '<p class="quiet">Lines with <span class="a">-</span> are what only A has, lines with '
        yield '<span class="b">+</span> what only B has. A consequence follows from another difference in the list.</p>'


_TITLES = {
    "equal": "{} is the same twice",
    "packaging": "{}: equal content, other packaging",
    "content": "{} differs",
}
_ROWS: dict[str, Callable[[Side], str]] = {
    "file": lambda side: printable(side.label),
    "size": lambda side: f"{side.size:,} bytes" + (f" ({side.size / 1024:,.1f} KiB)" if side.size >= 1024 else ""),
    "members": lambda side: str(side.members),
    "sha256": lambda side: side.sha256,
}


def _members(comparison: Comparison, diffoscope: Mapping[str, str]) -> Iterator[str]:
    by_member = comparison.content_by_member()
    if by_member:
        yield f"<h2>Members</h2><p>{_equal(comparison)}</p>"
    for name, differences in by_member.items():
        only_consequences = all(difference.consequence for difference in differences)
        titles = dict.fromkeys(difference.cause.title for difference in differences if difference.cause)
        said = ", ".join(titles) or ("a consequence" if only_consequences else counted(len(differences), "difference"))
        yield f"<details{'' if only_consequences else ' open'}><summary>{escape(printable(name) or 'the archive')}"
        yield f'<span class="quiet"> {escape(said)}</span></summary>'
        for difference in differences:
            yield f"<pre>{_lines(difference)}</pre>"
        if name in diffoscope:
            yield f"<details><summary>diffoscope</summary><pre>{escape(diffoscope[name])}</pre></details>"
        yield "</details>"


def _equal(comparison: Comparison) -> str:
    """How many members have the same content in both."""
    content = [difference for difference in comparison.differences if difference.member and not difference.packaging]
    other = {difference.member for difference in content}
    missing = {difference.member for difference in content if difference.kind == "member" and difference.a is None}
    return f"{counted(comparison.a.members - len(other - missing), 'other member')} of A and B are equal."


def _lines(difference: Difference) -> str:
    spans = []
    for style, line in difference_lines(difference):
        text = escape(line)
        spans.append(f'<span class="{_CLASSES[style]}">{text}</span>' if style in _CLASSES else text)
    return "\n".join(spans)
