"""Finds in the headers of archives, compressed files and bytecode when and by whom they were made."""

from __future__ import annotations

import calendar
import contextlib
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from build_wheel.leaks.finding import Finding, shown_time
from formats.ar import INDEXES, LONG_NAMES, THIN_MAGIC, ArError, ar_members
from formats.gzip_header import gzip_header

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator, Sequence

    from build_wheel.leaks.finding import Build

_MOST_MEMBERS = 100_000
_LEAST_GZIP = 18  # header and checksums
_TEMPORARY = re.compile(r"(^|/)tmp[a-z0-9_]{8}(\.|$)")
_UNIX_TIME, _UNIX_OWNER = 0x5455, 0x7875  # extra fields of zip members

_FIX_AR = "Call `ar` by its plain name, a wrapper that adds D; or with D, or ZERO_AR_DATE=1 (`patches`, `env`)."
_FIX_THIN = "Make it without T (--thin): with `patches` or `env` (ARFLAGS)."
_FIX_GZIP = "Compress with `gzip -n`, or gzip.GzipFile(..., filename='', mtime=0), with `patches`."
_FIX_ZIP = "Give its members a fixed time and no owner (zip -X; zipfile.ZipInfo), with `patches`."
_FIX_TAR = "Give its members a fixed time and owner (tar --mtime=@0 --owner=0 --group=0), with `patches`."
_FIX_PYC = "Leave bytecode out, or compile it with --invalidation-mode checked-hash, with `patches`."


@dataclass(frozen=True)
class Entry:
    """A member of an `ar` or tar archive.

    Args:
        name: its name.
        offset: where its header begins.
        start: where its content begins.
        end: where that ends.
        time: its time.
        user: the number of its owner.
        group: the number of its group.
    """

    name: str
    offset: int
    start: int
    end: int
    time: int
    user: int
    group: int


def ar_entries(data: bytes) -> Iterator[Entry]:
    """The members of a static library, up to the first damaged one."""
    with contextlib.suppress(ArError):
        for member in ar_members(data):
            time, user, group = (
                int(text) if text.isdigit() else 0 for text in (member.time, member.owner, member.group)
            )
            yield Entry(member.name, member.offset, member.start, member.end, time, user, group)


def tar_entries(data: bytes) -> Iterator[Entry]:
    """The members of a tar archive, up to the first damaged one."""
    offset = 0
    for _ in range(_MOST_MEMBERS):
        header = data[offset : offset + 512]
        if header[257:262] != b"ustar":
            return
        size, start = _octal(header[124:136]), offset + 512
        if start + size > len(data):
            return
        name, folder = (header[a:b].split(b"\0", 1)[0] for a, b in ((0, 100), (345, 500)))
        if folder and header[257:263] == b"ustar\0":  # GNU has other fields there
            name = folder + b"/" + name
        time, user, group = (_octal(header[a:b]) for a, b in ((136, 148), (108, 116), (116, 124)))
        yield Entry(name.decode("utf-8", "backslashreplace"), offset, start, start + size, time, user, group)
        offset = start + (size + 511) // 512 * 512


def _octal(field: bytes) -> int:
    text = field.strip(b" \0")
    return int(text, 8) if text and not text.strip(b"01234567") else 0


def _entry_findings(entries: Sequence[Entry], kind: str, build: Build) -> Iterator[Finding]:
    """The first member with a time of the build, and the first with the numbers of the user who built.

    Args:
        entries: the members.
        kind: "ar" or "tar".
        build: what is known of the build.
    """
    fix = _FIX_AR if kind == "ar" else _FIX_TAR
    for entry in (entry for entry in entries if build.has_time(entry.time)):
        yield Finding(entry.offset, f"{kind} time", shown_time(entry.time), f"when {_named(entry)} was made", fix)
        break
    for entry in (entry for entry in entries if {entry.user, entry.group} & build.user):
        value = f"{entry.user}/{entry.group}"
        yield Finding(entry.offset, f"{kind} owner", value, f"the user who made {_named(entry)}", fix)
        break


def _named(entry: Entry) -> str:
    return "the index" if entry.name in INDEXES else "the list of names" if entry.name == LONG_NAMES else entry.name


def ar_findings(data: bytes, build: Build) -> Iterator[Finding]:
    """What a static library tells of its build."""
    if data.startswith(THIN_MAGIC):
        value, reveals = "thin archive", "it has no objects, only their paths in the build"
        yield Finding(0, "ar", value, reveals, _FIX_THIN)
    yield from _entry_findings(list(ar_entries(data)), "ar", build)


def tar_findings(data: bytes, build: Build) -> Iterator[Finding]:
    """What a tar archive tells of its build."""
    yield from _entry_findings(list(tar_entries(data)), "tar", build)


def gzip_findings(data: bytes, build: Build) -> Iterator[Finding]:
    """What a gzip header tells of the build."""
    if len(data) < _LEAST_GZIP:
        return
    header = gzip_header(data)
    if build.has_time(header.time):
        yield Finding(4, "gzip time", shown_time(header.time), "when its content was made", _FIX_GZIP)
    if _TEMPORARY.search(header.name):
        reveals = "the name of a temporary file, which is random"
        yield Finding(header.name_offset, "gzip name", header.name, reveals, _FIX_GZIP)


def zip_findings(members: Sequence[zipfile.ZipInfo], build: Build) -> Iterator[Finding]:
    """What the headers of a zip inside the wheel tell of the build."""
    timed = ((info, when) for info in members for when in _zip_times(info) if build.has_time(when))
    for info, when in timed:
        yield Finding(info.header_offset, "zip time", shown_time(when), f"when {info.filename} was made", _FIX_ZIP)
        break
    owned = ((info, owner) for info in members for owner in _zip_owners(info) if owner in build.user)
    for info, owner in owned:
        yield Finding(info.header_offset, "zip owner", str(owner), f"the user who made {info.filename}", _FIX_ZIP)
        break


def _zip_times(info: zipfile.ZipInfo) -> Iterator[int]:
    with contextlib.suppress(ValueError):  # a month 0 or 15
        yield calendar.timegm((*info.date_time, 0, 0, 0))  # local time, which in a build is UTC
    for field in _extra_fields(info.extra, _UNIX_TIME):
        if len(field) >= 5:
            yield int.from_bytes(field[1:5], "little")


def _zip_owners(info: zipfile.ZipInfo) -> Iterator[int]:
    for field in _extra_fields(info.extra, _UNIX_OWNER):
        start = 1
        while start < len(field):
            length = field[start]
            yield int.from_bytes(field[start + 1 : start + 1 + length], "little")
            start += 1 + length


def _extra_fields(extra: bytes, wanted: int) -> Iterator[bytes]:
    start = 0
    while start + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, start)
        if kind == wanted:
            yield extra[start + 4 : start + 4 + length]
        start += 4 + length


def pyc_findings(data: bytes, build: Build) -> Iterator[Finding]:
    """What the header of a .pyc file tells of the build (PEP 552)."""
    if len(data) >= 16 and data[2:4] == b"\r\n" and data[4:8] == bytes(4):
        when = int.from_bytes(data[8:12], "little")
        if build.has_time(when):
            yield Finding(8, "pyc time", shown_time(when), "when its source was written", _FIX_PYC)
