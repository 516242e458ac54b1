"""Compares files compressed with gzip."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from typing import TYPE_CHECKING

from wheel_diff import known_causes
from wheel_diff.difference import Difference

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = b"\x1f\x8b"
_MOST_BYTES = 128 << 20


class GzipError(ValueError):
    """It is not compressed with gzip, damaged, or unpacks to too much."""


def compare_gzip(
    member: str, a: bytes, b: bytes, compare_content: Callable[[str, bytes, bytes], list[Difference]]
) -> list[Difference]:
    """The differences of two compressed files.

    Args:
        member: the member's name.
        a: the first file.
        b: the second.
        compare_content: compares what is in them.

    Raises:
        GzipError: one of them is damaged or too large.
    """
    header_a, header_b = _header(a), _header(b)
    found = [
        Difference(member, "gzip", name, header_a[name], header_b[name], cause=known_causes.GZIP_HEADER)
        for name in header_a
        if header_a[name] != header_b[name]
    ]
    content_a, content_b = _content(a), _content(b)
    if content_a != content_b:
        found += compare_content("unpacked", content_a, content_b)
    elif not found:
        found.append(
            Difference(member, "gzip", "compressed bytes", None, None, ("another zlib or level; same content",))
        )
    return found


def _header(data: bytes) -> dict[str, str]:
    """The header's fields (RFC 1952)."""
    try:
        _, _, _, flags, time, extra_flags, system = struct.unpack_from("<BBBBIBB", data)
    except struct.error as error:
        raise GzipError("truncated") from error
    offset = 10
    if flags & 4:
        offset += 2 + int.from_bytes(data[10:12], "little")
    name = ""
    if flags & 8:
        name = data[offset : offset + 4096].split(b"\0", 1)[0].decode("latin-1")
    return {
        "time": str(time),
        "name": name,
        "flags": f"{flags:#x}",
        "level": str(extra_flags),
        "system": str(system),
    }


def _content(data: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise GzipError(str(error)) from error
    if len(content) > _MOST_BYTES:
        raise GzipError("too large")
    return content
