"""Compares METADATA and WHEEL field by field."""

from __future__ import annotations

from collections import Counter

from wheel_diff.difference import Difference
from wheel_diff.kinds.text import compare_text
from wheel_diff.printable import counted

_MOST_FIELDS = 100


def compare_metadata(member: str, a: str, b: str) -> list[Difference]:
    """The differences of two files in core metadata's form: fields, then a blank line and the description."""
    name = member.rsplit("/", 1)[-1]
    (fields_a, body_a), (fields_b, body_b) = _parsed(a), _parsed(b)
    found = _of_fields(member, name, fields_a, fields_b)
    if not found and fields_a != fields_b:
        found = compare_text(member, "\n".join(fields_a), "\n".join(fields_b), "fields:")
    if body_a != body_b:
        found += compare_text(member, body_a, body_b, "description:")
    return found or compare_text(member, a, b)


def _of_fields(member: str, name: str, a: list[str], b: list[str]) -> list[Difference]:
    count_a, count_b = Counter(a), Counter(b)
    only_a, only_b = list((count_a - count_b).elements()), list((count_b - count_a).elements())
    found = []
    for field in list(dict.fromkeys(_field(line) for line in [*only_a, *only_b])):
        of_a, of_b = ([line for line in side if _field(line) == field] for side in (only_a, only_b))
        if len(of_a) == len(of_b) == 1:
            found.append(Difference(member, "metadata", name, of_a[0], of_b[0]))
        else:
            found += [Difference(member, "metadata", name, line, None) for line in of_a]
            found += [Difference(member, "metadata", name, None, line) for line in of_b]
        if len(found) > _MOST_FIELDS:
            said = f"and more; {counted(len(only_a), 'field')} only in A, {len(only_b)} only in B"
            return [*found[:_MOST_FIELDS], Difference(member, "metadata", name, None, None, (said,))]
    return found


def _field(line: str) -> str:
    return line.partition(":")[0]


def _parsed(text: str) -> tuple[list[str], str]:
    """The fields, each in one line, and the description behind them."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    fields: list[list[str]] = []
    for line in head.split("\n"):
        if line[:1] in (" ", "\t") and fields:
            fields[-1].append(line.strip())
        elif line:
            fields.append([line])
    return ["\n".join(field) for field in fields], body
