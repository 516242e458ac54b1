"""Compares files compressed with gzip."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from typing import TYPE_CHECKING

from formats.gzip_header import gzip_header
from wheel_diff import known_causes
from wheel_diff.difference import Difference

if TYPE_CHECKING:
    from collections.abc import Callable

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
    try:
        header = gzip_header(data)
    except ValueError as error:
        raise GzipError(str(error)) from error
    return {
        "time": str(header.time),
        "name": header.name,
        "flags": f"{header.flags:#x}",
        "level": str(header.level),
        "system": str(header.system),
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
