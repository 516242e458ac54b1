"""Compares compiled Python (`.pyc`), without ever loading it."""

from __future__ import annotations

from wheel_diff import known_causes
from wheel_diff.difference import Difference
from wheel_diff.kinds.binary import compare_bytes

HEADER = 16


def compare_pyc(member: str, a: bytes, b: bytes) -> list[Difference]:
    """The differences of two files with bytecode, each at least `HEADER` bytes long (PEP 552)."""
    if a[:4] != b[:4]:
        return [Difference(member, "pyc", "magic number", a[:4].hex(), b[:4].hex(), cause=known_causes.PYC_PYTHON)]
    found = []
    if a[4:8] != b[4:8]:
        found.append(
            Difference(member, "pyc", "validated by", _validation(a), _validation(b), cause=known_causes.PYC_TIME)
        )
    elif a[4:16] != b[4:16]:
        if a[4] & 1:
            found.append(Difference(member, "pyc", "hash of the source", a[8:16].hex(), b[8:16].hex()))
        else:
            for name, start, cause in (
                ("time of the source", 8, known_causes.PYC_TIME),
                ("size of the source", 12, None),
            ):
                old, new = (int.from_bytes(side[start : start + 4], "little") for side in (a, b))
                if old != new:
                    found.append(Difference(member, "pyc", name, str(old), str(new), cause=cause))
    if a[HEADER:] != b[HEADER:]:
        found.append(compare_bytes(member, a[HEADER:], b[HEADER:], "code", "pyc"))
    return found


def _validation(data: bytes) -> str:
    if not data[4] & 1:
        return "time and size of the source"
    return "hash of the source, checked" if data[4] & 2 else "hash of the source, never checked"
