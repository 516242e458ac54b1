"""Finds compressed data inside of other data, where no archive's directory names it."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from build_wheel.leaks.parts import Limits

_ZLIB = re.compile(rb"x[\x01\x5e\x9c\xda]")  # with a window of 32 KiB, which all make who don't ask for less
_GZIP = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
_FORMS = ((_ZLIB, "zlib", zlib.MAX_WBITS), (_GZIP, "gzip", zlib.MAX_WBITS | 16))
_CHUNK = 1 << 16
_SECTION_HEADER = 24  # before the data of a compressed section of an ELF file


def streams(data: bytes, limits: Limits, known: Sequence[int] = ()) -> Iterator[tuple[int, str, bytes]]:
    """Whole zlib and gzip streams, and the data if it is a raw deflate stream.

    Args:
        data: any file.
        limits: what may be unpacked; it is counted down.
        known: where sections are that have been unpacked.

    Yields:
        where it begins, what it is, and its content. The pixels of PNG files are left out.
    """
    if data.isascii():
        return
    for pattern, kind, bits in _FORMS:
        end = 0
        for match in pattern.finditer(data):
            start = match.start()
            if start < end or any(place <= start <= place + _SECTION_HEADER for place in known):
                continue
            if data[start - 4 : start] == b"IDAT":
                continue
            found = inflated(data, start, bits, limits.unpacked_bytes)
            if found is not None:
                content, end = found
                limits.unpacked_bytes -= len(content)
                yield start, f"{kind} stream", content
    whole = inflated(data, 0, -zlib.MAX_WBITS, limits.unpacked_bytes)
    if whole is not None and whole[0] and whole[1] == len(data):
        limits.unpacked_bytes -= len(whole[0])
        yield 0, "deflate stream", whole[0]


def inflated(data: bytes, start: int, bits: int, limit: int) -> tuple[bytes, int] | None:
    """The content of a stream and where it ends; None if there is none, or if it is damaged or too long.

    Args:
        data: what has it.
        start: where it begins.
        bits: its form, as `zlib.decompressobj` has it.
        limit: how many bytes it may unpack to.
    """
    stream = zlib.decompressobj(bits)
    chunks, place, left = [], start, limit
    view = memoryview(data)
    try:
        while not stream.eof and place < len(data) and left > 0:
            chunk = view[place : place + _CHUNK]
            content = stream.decompress(chunk, left)
            place += len(chunk) - len(stream.unconsumed_tail) - len(stream.unused_data)
            left -= len(content)
            chunks.append(content)
    except zlib.error:
        return None
    return (b"".join(chunks), place) if stream.eof else None
