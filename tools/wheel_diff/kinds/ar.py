"""Compares static libraries (`ar` archives)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheel_diff import known_causes
from wheel_diff.difference import Difference
from wheel_diff.printable import listed, printable

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = b"!<arch>\n"
_HEADER = 60
_MOST_OBJECTS = 20_000
_FIELDS = (("time", 16, 28), ("owner", 28, 34), ("group", 34, 40), ("mode", 40, 48))
_INDEX = ("/", "/SYM64/", "__.SYMDEF", "__.SYMDEF SORTED")


class ArError(ValueError):
    """It is no archive, or a damaged one."""


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
    for key in sorted(order_a, key=lambda key: key[0] in _INDEX):  # the index follows from the objects
        is_index = key[0] in _INDEX
        name = "index of symbols" if is_index else printable(key[0], 100)
        for (field, old), (_, new) in zip(one[key].fields, two[key].fields):
            if old != new:
                found.append(Difference(member, "ar", f"{name}: {field}", old, new, cause=known_causes.AR_HEADER))
        if one[key].data != two[key].data and not is_index:
            found += compare_content(name, one[key].data, two[key].data)
    return found


def _objects(data: bytes) -> dict[tuple[str, int], _Object]:
    """The objects by name; an archive may have several with the same."""
    if not data.startswith(MAGIC):
        raise ArError("not an archive")
    found: dict[tuple[str, int], _Object] = {}
    copies: Counter[str] = Counter()
    long_names, offset = b"", len(MAGIC)
    while offset < len(data):
        header = data[offset : offset + _HEADER]
        if len(header) < _HEADER or header[58:] != b"`\n" or len(found) >= _MOST_OBJECTS:
            raise ArError("damaged")
        try:
            size = int(header[48:58])
        except ValueError as error:
            raise ArError("damaged") from error
        content = data[offset + _HEADER : offset + _HEADER + size]
        if size < 0 or len(content) != size:
            raise ArError("truncated")
        offset += _HEADER + size + size % 2
        name = header[:16].decode("latin-1").rstrip()
        if name == "//":
            long_names = content
            continue
        if name.startswith("#1/") and name[3:].isdecimal():  # BSD: the name precedes the content
            length = min(int(name[3:]), size)
            name, content = content[:length].rstrip(b"\0").decode("latin-1"), content[length:]
        elif name[:1] == "/" and name[1:].isdecimal():  # GNU: a place in the list of long names
            start = int(name[1:])
            name = long_names[start : start + 4096].split(b"\n", 1)[0].decode("latin-1").rstrip("/")
        elif name not in _INDEX:
            name = name.rstrip("/")
        copies[name] += 1
        fields = tuple((field, header[start:end].decode("latin-1").strip()) for field, start, end in _FIELDS)
        found[name, copies[name]] = _Object(fields, content)
    return found
