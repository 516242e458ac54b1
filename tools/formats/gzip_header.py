"""Reads the header of what gzip has compressed (RFC 1952)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"\x1f\x8b"

_FIXED = struct.Struct("<2sBBIBB")
_HAS_EXTRA, _HAS_NAME = 4, 8
_LONGEST = 4096


@dataclass(frozen=True)
class GzipHeader:
    """What stands before the compressed bytes.

    Args:
        flags: which parts the header has.
        time: in seconds since 1970, or 0.
        level: what the compressor tells of its effort.
        system: the number of the file system it comes from.
        name: of the file that was compressed, or "".
        name_offset: where that stands, in bytes.
    """

    flags: int
    time: int
    level: int
    system: int
    name: str
    name_offset: int


def gzip_header(data: bytes) -> GzipHeader:
    """The header.

    Args:
        data: the compressed bytes.

    Raises:
        ValueError: they end within the header.
    """
    if len(data) < _FIXED.size:
        raise ValueError("truncated")
    _, _, flags, time, level, system = _FIXED.unpack_from(data)
    offset = _FIXED.size
    if flags & _HAS_EXTRA:
        offset += 2 + int.from_bytes(data[offset : offset + 2], "little")
    name = data[offset : offset + _LONGEST].split(b"\0", 1)[0] if flags & _HAS_NAME else b""
    return GzipHeader(flags, time, level, system, name.decode("latin-1"), offset)
