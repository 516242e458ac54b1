"""Unpacks the table of strings of an extension module that Cython 3.3 or newer made.

Cython packs it with an LZSS of its own: a byte of flags, and then for each flag, lowest first, either a byte (1) or
two or three that say how far back and how long a piece is that comes again (0). Nothing says where the table begins, or
that it is one; but compilers align it, and nothing can come again among its first three bytes.
"""

from __future__ import annotations

from build_wheel.leaks.finding import occurrences

_MODULE = b"cython_runtime"  # a name that all these modules have in them, not packed
_ALIGNED = 8
_IS_FIRST = bytes(flags & 7 == 7 for flags in range(256))
_NO_TABLE = bytes(16)
_PREVIEW = 64
_ALWAYS = (b"__main__", b"__name__")
_LONGEST = 1 << 20
_MOST_UNPACKED = 8 << 20


def is_module(data: bytes) -> bool:
    """Whether a shared library is an extension module that Cython made."""
    return _MODULE in data


def string_table(constants: bytes) -> bytes:
    """The strings of a module, one behind the other, and what comes behind them; b"" if they are not packed.

    Args:
        constants: the section of the module that they are in.
    """
    left = _MOST_UNPACKED
    for place in occurrences(constants[::_ALIGNED].translate(_IS_FIRST), b"\1"):
        start = place * _ALIGNED
        if _is_text(constants[start + 1 : start + 4]) and _is_text(unpacked(constants, start, _PREVIEW), _PREVIEW):
            end = constants.find(_NO_TABLE, start)
            content = unpacked(constants[start : end if end >= 0 else len(constants)], 0, min(_LONGEST, left))
            if all(name in content for name in _ALWAYS):
                return content
            left -= len(content)
            if left <= 0:
                break
    return b""


def _is_text(preview: bytes, length: int = 3) -> bool:
    """Whether bytes may begin a table, of which the first string may be a zero."""
    return len(preview) >= length and preview.count(0) <= 1


def unpacked(data: bytes, start: int, size: int) -> bytes:
    """What the bytes from `start` on unpack to, up to a size or the first impossible byte."""
    output, place = bytearray(), start
    try:
        while len(output) < size:
            flags = data[place]
            place += 1
            for bit in range(8):
                low = data[place]
                place += 1
                if flags >> bit & 1:
                    output.append(low)
                    continue
                back, length = low, data[place]
                place += 1
                if low & 0x80 and length & 0x80:
                    back, length = 0x80 + ((length & 0x7F) << 7 | low & 0x7F), data[place]
                    place += 1
                elif low & 0x80:
                    back, length = 0x80 + (length << 2 & 0x180 | low & 0x7F), length & 0x1F
                begin = len(output) - back - length - 3
                if begin < 0:
                    return bytes(output)
                output += output[begin : begin + length + 3]
    except IndexError:
        pass
    return bytes(output)
