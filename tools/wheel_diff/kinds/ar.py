"""Compares static libraries (`ar` archives)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formats.ar import INDEXES, LONG_NAMES, ar_members
from wheel_diff import known_causes
from wheel_diff.difference import Difference
from wheel_diff.printable import listed, printable

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class _Object:
    fields: tuple[tuple[str, str], ...]
    data: bytes


def compare_ar(
    member: str, a: bytes, b: bytes, compare_content: Callable[[str, bytes, bytes], list[Difference]]
) -> list[Difference]:
    """The differences of two archives.

    Args:
        member: the member's name.
        a: the first archive.
        b: the second.
        compare_content: compares two objects; their name is shown as the place.

    Raises:
        ArError: one of them is damaged.
    """
    one, two = _objects(a), _objects(b)
    found = []
    order_a, order_b = [key for key in one if key in two], [key for key in two if key in one]
    for only, side in (([key for key in one if key not in two], "A"), ([key for key in two if key not in one], "B")):
        if only:
            names = listed([name for name, _ in only], 10)
            found.append(
                Difference(member, "ar", "objects", names if side == "A" else None, names if side == "B" else None)
            )
    if order_a != order_b:
        said_a, said_b = listed([name for name, _ in order_a], 10), listed([name for name, _ in order_b], 10)
        found.append(Difference(member, "ar", "order of objects", said_a, said_b, cause=known_causes.ORDER))
    for key in sorted(order_a, key=lambda key: key[0] in INDEXES):  # the index follows from the objects
        is_index = key[0] in INDEXES
        name = "index of symbols" if is_index else printable(key[0], 100)
        for (field, old), (_, new) in zip(one[key].fields, two[key].fields):
            if old != new:
                found.append(Difference(member, "ar", f"{name}: {field}", old, new, cause=known_causes.AR_HEADER))
        if one[key].data != two[key].data and not is_index:
            found += compare_content(name, one[key].data, two[key].data)
    return found


def _objects(data: bytes) -> dict[tuple[str, int], _Object]:
    """The objects by name; an archive may have several with the same."""
    found: dict[tuple[str, int], _Object] = {}
    copies: Counter[str] = Counter()
    for one in ar_members(data):
        if one.name != LONG_NAMES:
            copies[one.name] += 1
            fields = (("time", one.time), ("owner", one.owner), ("group", one.group), ("mode", one.mode))
            found[one.name, copies[one.name]] = _Object(fields, data[one.start : one.end])
    return found
