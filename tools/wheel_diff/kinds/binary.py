"""Compares bytes of which nothing else is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, AnyStr

from wheel_diff.difference import Difference
from wheel_diff.printable import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

_BLOCK = 1 << 16
_HEX = 16


def first_difference(a: AnyStr, b: AnyStr) -> int:
    """The offset of the first byte or character that differs; the shorter length if there is none."""
    shorter = min(len(a), len(b))
    for start in range(0, shorter, _BLOCK):
        one, other = a[start : start + _BLOCK], b[start : start + _BLOCK]
        if one != other:
            return start + next((n for n, (x, y) in enumerate(zip(one, other)) if x != y), min(len(one), len(other)))
    return shorter


def count_differences(a: bytes, b: bytes) -> int:
    """At how many offsets the bytes differ; what only the longer one has counts too."""
    count = abs(len(a) - len(b))
    for start in range(0, min(len(a), len(b)), _BLOCK):
        one, other = a[start : start + _BLOCK], b[start : start + _BLOCK]
        length = min(len(one), len(other))
        if one[:length] != other[:length]:
            changed = int.from_bytes(one[:length], "big") ^ int.from_bytes(other[:length], "big")
            count += length - changed.to_bytes(length, "big").count(0)
    return count


def hex_lines(a: bytes, b: bytes, offset: int) -> tuple[str, ...]:
    """Both sides' bytes at an offset, hexadecimal and as text."""
    start = max(0, offset - offset % _HEX)
    return (f"- {_hex_line(a, start)}", f"+ {_hex_line(b, start)}")


def _hex_line(data: bytes, start: int) -> str:
    row = data[start : start + _HEX]
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
    return f"{start:08x}: {row.hex(' '):{3 * _HEX - 1}}  |{text}|"


def compare_bytes(member: str, a: bytes, b: bytes, where: str = "bytes", kind: str = "binary") -> Difference:
    """One difference: where it begins, how many bytes differ, and those around."""
    offset = first_difference(a, b)
    sizes = counted(len(a), "byte") if len(a) == len(b) else f"{len(a)} bytes in A, {len(b)} in B"
    said = f"first at byte {offset}; {counted(count_differences(a, b), 'byte')} of {sizes}"
    return Difference(member, kind, where, None, None, (said, *hex_lines(a, b, offset)))


def compare_streams(member: str, a: Iterable[bytes], b: Iterable[bytes], a_size: int, b_size: int) -> Difference:
    """The same for members too large to be held; the pieces of both have the same size."""
    offset, found = 0, min(a_size, b_size)
    for one, other in zip(a, b):
        if one != other:
            found = offset + first_difference(one, other)
            break
        offset += len(one)
    said = f"first at byte {found}; {a_size} bytes in A, {b_size} in B; too large to look into"
    return Difference(member, "binary", "bytes", None, None, (said,))
