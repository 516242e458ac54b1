"""Compares how members are packed: what an unpacked wheel does not show."""

from __future__ import annotations

import stat
import zipfile
from typing import TYPE_CHECKING

from wheel_diff.difference import Difference
from wheel_diff.printable import counted

if TYPE_CHECKING:
    from wheel_diff.archive import Member, Wheel

_COMPRESSION = {
    zipfile.ZIP_STORED: "stored",
    zipfile.ZIP_DEFLATED: "deflated",
    zipfile.ZIP_BZIP2: "bzip2",
    zipfile.ZIP_LZMA: "lzma",
    93: "zstandard",
}
_SYSTEMS = {0: "FAT", 3: "Unix", 10: "NTFS", 19: "macOS"}


def compare_archives(a: Wheel, b: Wheel, order_a: list[str], order_b: list[str]) -> list[Difference]:
    """The differences of the archives as a whole: comment, bytes before the first member, order of members.

    Args:
        a: the first wheel.
        b: the second.
        order_a: the names of the members that both have, in the first's order.
        order_b: the same in the second's.
    """
    found = []
    if a.comment != b.comment:
        found.append(_of_archive("comment", repr(a.comment), repr(b.comment)))
    if a.prefix != b.prefix:
        found.append(_of_archive("before the first member", counted(a.prefix, "byte"), counted(b.prefix, "byte")))
    if order_a != order_b:
        place = next(n for n, (one, other) in enumerate(zip(order_a, order_b)) if one != other)
        found.append(_of_archive("member order", f"{order_a[place]} first", f"{order_b[place]} first"))
    return found


def _of_archive(where: str, a: str, b: str) -> Difference:
    return Difference("", "archive", where, a, b, packaging=True)


def compare_headers(a: Member, b: Member) -> list[Difference]:
    """The differences of the headers of two members with equal or other content."""
    old, new = _fields(a), _fields(b)
    found = [
        Difference(a.label, "header", name, old[name], new[name], packaging=True)
        for name in old
        if old[name] != new[name]
    ]
    same_content = a.sha256 == b.sha256
    if same_content and a.info.compress_type == b.info.compress_type and a.packed_sha256 != b.packed_sha256:
        said = "another zlib or level; same content"
        found.append(Difference(a.label, "header", "compressed bytes", None, None, (said,), packaging=True))
    local_same = same_content and a.packed_sha256 == b.packed_sha256 and a.local_header == b.local_header
    if not found and same_content and (not local_same or a.local_extra != b.local_extra):
        said_a, said_b = (
            f"{member.local_header[4:].hex()} {member.local_extra.hex()[:200]}".strip() for member in (a, b)
        )
        found.append(Difference(a.label, "header", "local header", said_a, said_b, packaging=True))
    # What installers look at.
    if a.is_executable != b.is_executable:
        said_a, said_b = ("executable" if member.is_executable else "not executable" for member in (a, b))
        found.append(Difference(a.label, "header", "executable", said_a, said_b))
    if a.is_link != b.is_link:
        said_a, said_b = ("symbolic link" if member.is_link else "file" for member in (a, b))
        found.append(Difference(a.label, "header", "file type", said_a, said_b))
    return found


def _fields(member: Member) -> dict[str, str]:
    info = member.info
    year, month, day, hour, minute, second = info.date_time
    return {
        "time": f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}",
        "mode": f"{stat.filemode(member.mode)} ({member.mode:o})",
        "compression": _COMPRESSION.get(info.compress_type, str(info.compress_type)),
        "create_system": _SYSTEMS.get(info.create_system, str(info.create_system)),
        "versions": f"made by {info.create_version}, needs {info.extract_version}",
        "flags": f"{info.flag_bits:#x}",
        "attributes": f"{info.external_attr & 0xFFFF:#x}, {info.internal_attr:#x}",
        "extra": info.extra.hex()[:400] or "none",
        "comment": repr(info.comment[:200]) if info.comment else "none",
    }
