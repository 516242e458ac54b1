"""Reads static libraries (`ar` archives): GNU's, BSD's, and thin ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC, THIN_MAGIC = b"!<arch>\n", b"!<thin>\n"

INDEXES = ("/", "/SYM64/", "__.SYMDEF", "__.SYMDEF SORTED")
"""Names of members that are no objects: where which symbol is."""

LONG_NAMES = "//"
"""The name of GNU's list of the names that are too long for a header."""

_HEADER = 60
_MOST_MEMBERS = 100_000
_LONGEST = 4096


class ArError(ValueError):
    """It is no archive, or a damaged one."""


@dataclass(frozen=True)
class ArMember:
    """A member, without its content.

    Args:
        name: its name; that of an index and of the list of names is as in `INDEXES` and `LONG_NAMES`.
        offset: where its header begins, in bytes.
        start: where its content begins.
        end: where that ends; a thin archive has none of an object.
        time: the header's text, in seconds since 1970.
        owner: the header's text, a number.
        group: the header's text, a number.
        mode: the header's text, an octal number.
    """

    name: str
    offset: int
    start: int
    end: int
    time: str
    owner: str
    group: str
    mode: str


def ar_members(data: bytes) -> Iterator[ArMember]:
    """The members in their order, see ar(5).

    Args:
        data: the archive.

    Raises:
        ArError: there is no next member, because the archive is damaged; those before it were given.
    """
    thin = data.startswith(THIN_MAGIC)
    if not thin and not data.startswith(MAGIC):
        raise ArError("not an archive")
    long_names, offset, count = b"", len(MAGIC), 0
    while offset < len(data):
        header, count = data[offset : offset + _HEADER], count + 1
        size_text = header[48:58].strip()
        if len(header) < _HEADER or header[58:] != b"`\n" or not size_text.isdigit() or count > _MOST_MEMBERS:
            raise ArError("damaged")
        name, start, size = header[:16].decode("latin-1").rstrip(), offset + _HEADER, int(size_text)
        if name.startswith("#1/") and name[3:].isdecimal():  # BSD: the name precedes the content
            length = min(int(name[3:]), size)
            name = data[start : start + length].rstrip(b"\0").decode("latin-1")
            start, size = start + length, size - length
        elif name[:1] == "/" and name[1:].isdecimal():  # GNU: a place in the list of long names
            place = int(name[1:])
            name = long_names[place : place + _LONGEST].split(b"\n", 1)[0].decode("latin-1").rstrip("/")
        elif name not in (*INDEXES, LONG_NAMES):
            name = name.rstrip("/")
        end = start + (0 if thin and name not in (*INDEXES, LONG_NAMES) else size)
        if end > len(data):
            raise ArError("truncated")
        if name == LONG_NAMES:
            long_names = data[start:end]
        time, owner, group, mode = (
            header[a:b].decode("latin-1").strip() for a, b in ((16, 28), (28, 34), (34, 40), (40, 48))
        )
        yield ArMember(name, offset, start, end, time, owner, group, mode)
        offset = end + end % 2
