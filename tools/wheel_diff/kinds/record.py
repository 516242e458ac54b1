"""Compares RECORD, of which most differences only follow from those of the members."""

from __future__ import annotations

import base64
import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheel_diff.difference import Cause, Difference
from wheel_diff.kinds.text import compare_text
from wheel_diff.printable import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_LINES = 50
_WRONG = Cause(
    "RECORD",
    "a line has another hash or size than the member that it lists: the wheel was changed after it was made",
    "Take the wheel from where it was made; installers refuse it or warn.",
    2,
)


@dataclass(frozen=True)
class Content:
    """What RECORD should say of a member.

    Args:
        sha256: the hash of its content, hexadecimal.
        size: its size.
    """

    sha256: str
    size: int

    def fields(self) -> tuple[str, str]:
        """The hash and the size as RECORD spells them."""
        digest = base64.urlsafe_b64encode(bytes.fromhex(self.sha256)).decode().rstrip("=")
        return f"sha256={digest}", str(self.size)


def compare_record(
    member: str, a: str, b: str, members_a: Mapping[str, Content], members_b: Mapping[str, Content]
) -> list[Difference]:
    """The differences of two RECORDs.

    Args:
        member: the name of RECORD in the first wheel.
        a: the first.
        b: the second.
        members_a: the members of the first wheel, by name.
        members_b: the same for the second; `.dist-info` and `.data` with the names they have in the first.
    """
    rows_a, rows_b = _rows(a), _rows(b)
    if rows_a is None or rows_b is None:
        return compare_text(member, a, b)
    # Of itself and of its signatures RECORD says nothing, with a line or without.
    nothing = {(f"{member}{ending}", "", "") for ending in ("", ".jws", ".p7s")}
    count_a, count_b = (Counter(row for row in rows if row not in nothing) for rows in (rows_a, rows_b))
    only_a, only_b = list((count_a - count_b).elements()), list((count_b - count_a).elements())
    if not only_a and not only_b:
        said = "order of lines" if rows_a != rows_b else "quoting, line ends"
        return [Difference(member, "record", said, None, None, ("the lines are the same",), packaging=True)]
    wrong_a = [row for row in only_a if not _is_right(row, members_a)]
    wrong_b = [row for row in only_b if not _is_right(row, members_b)]
    right = {row[0] for row in [*only_a, *only_b]} - {row[0] for row in [*wrong_a, *wrong_b]}
    found = [Difference(member, "record", "RECORD", _line(row), None, cause=_cause(row)) for row in wrong_a]
    found += [Difference(member, "record", "RECORD", None, _line(row), cause=_cause(row)) for row in wrong_b]
    if len(found) > _MOST_LINES:
        said = f"and {counted(len(found) - _MOST_LINES, 'more line')}"
        found = [*found[:_MOST_LINES], Difference(member, "record", "RECORD", None, None, (said,))]
    changed = {name for name in right if members_a.get(name) != members_b.get(name)}
    if changed:
        verb = "differs" if len(changed) == 1 else "differ"
        said = f"{counted(len(changed), 'line')} {verb} only because the listed members do"
        found.append(Difference(member, "record", "RECORD", None, None, (said,), consequence=True))
    spelt = right - changed  # right in both, in two ways, or listed in one only
    for row in [row for row in only_a if row[0] in spelt][:_MOST_LINES]:
        found.append(Difference(member, "record", "RECORD", _line(row), None))
    for row in [row for row in only_b if row[0] in spelt][:_MOST_LINES]:
        found.append(Difference(member, "record", "RECORD", None, _line(row)))
    return found


def _cause(row: tuple[str, ...]) -> Cause | None:
    return _WRONG if len(row) == 3 and row[1].startswith("sha256=") else None


def _rows(text: str) -> list[tuple[str, ...]] | None:
    try:
        return [tuple(row) for row in csv.reader(io.StringIO(text, newline="")) if row]
    except csv.Error:
        return None


def _is_right(row: tuple[str, ...], members: Mapping[str, Content]) -> bool:
    content = members.get(row[0])
    return content is not None and row[1:] == content.fields()


def _line(row: tuple[str, ...]) -> str:
    return ",".join(row)
