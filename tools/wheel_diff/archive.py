"""Reads wheels that may be damaged or hostile: nothing is unpacked to disk, and all that is read is limited."""

from __future__ import annotations

import contextlib
import hashlib
import stat
import struct
import zipfile
from collections import Counter
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from common.errors import UserError
from formats.damage import DAMAGE
from wheel_diff.difference import Side
from wheel_diff.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CHUNK = 1 << 20
# zipfile hands bzip2 and LZMA a whole chunk at once, whatever comes out.
_SMALL_CHUNK = 1 << 12
_USUAL_UNPACKED_BYTES = 256 << 20
_USUAL_RATIO = 100
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_GIVE_A_WHEEL = "Give two whole wheels (.whl): download or build the file again."

# A name, and which of the members with this name: a hostile archive has several.
Key = tuple[str, int]


@dataclass(frozen=True)
class Limits:
    """How much of a wheel is read.

    Args:
        max_unpacked_bytes: the size of all members together, or None for a hundred times the wheel's size.
        max_members: their number.
        max_examined_bytes: the size of a member in which differences are looked for; larger ones are only compared.
    """

    max_unpacked_bytes: int | None = None
    max_members: int = 200_000
    max_examined_bytes: int = 128 << 20

    def unpacked_bytes(self, size: int) -> int:
        """What a wheel of this size may hold."""
        if self.max_unpacked_bytes is not None:
            return self.max_unpacked_bytes
        return max(_USUAL_UNPACKED_BYTES, _USUAL_RATIO * size)


@dataclass(frozen=True)
class Member:
    """A member of a wheel.

    Args:
        info: its entry in the archive's directory.
        copy: 1, or more for another member with the same name.
        sha256: the hash of its content, hexadecimal.
        packed_sha256: the hash of its compressed bytes.
        local_header: the header before its content.
        local_extra: that header's extra field.
    """

    info: zipfile.ZipInfo
    copy: int
    sha256: str
    packed_sha256: str
    local_header: bytes
    local_extra: bytes

    @property
    def mode(self) -> int:
        """The Unix mode."""
        return self.info.external_attr >> 16

    @property
    def is_executable(self) -> bool:
        """Whether an installer makes it executable."""
        return stat.S_ISREG(self.mode) and bool(self.mode & 0o111)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)

    @property
    def label(self) -> str:
        """Its name in reports."""
        return self.info.filename if self.copy == 1 else f"{self.info.filename} (copy {self.copy})"


class Wheel:
    """An open wheel, whose members have all been read once.

    Args:
        side: what it is.
        members: by name and copy, in the order of the archive's directory.
        comment: the archive's comment.
        prefix: the bytes before the first member.
        archive: the open archive.
    """

    def __init__(
        self, side: Side, members: Mapping[Key, Member], comment: bytes, prefix: int, archive: zipfile.ZipFile
    ) -> None:
        self.side = side
        self.members = members
        self.comment = comment
        self.prefix = prefix
        self._archive = archive

    def folder(self, ending: str) -> str:
        """The name of the only folder with this ending (".dist-info", ".data"), or "" if there are none or several."""
        names = {name.split("/")[0] for name, _ in self.members if "/" in name}
        found = [name for name in names if name.endswith(ending)]
        return found[0] if len(found) == 1 else ""

    def read(self, member: Member) -> bytes:
        """A member's content.

        Raises:
            UserError: the file has changed.
        """
        return b"".join(self.chunks(member))

    def chunks(self, member: Member) -> Iterator[bytes]:
        """A member's content in pieces of one size, except the last.

        Raises:
            UserError: the file has changed.
        """
        with _named(self.side.label):
            yield from _unpacked(self._archive, member.info)


@contextlib.contextmanager
def open_wheel(path: Path, label: str, limits: Limits) -> Iterator[Wheel]:
    """Opens a wheel and reads all of it once.

    Args:
        path: the file.
        label: its name in messages.
        limits: how much may be read.

    Raises:
        UserError: it is not a readable wheel, or it holds more than the limits allow.
    """
    with contextlib.ExitStack() as stack:
        with _named(label):
            _check_is_file(path, label)
            raw = stack.enter_context(path.open("rb"))
            size = path.stat().st_size
            archive = stack.enter_context(zipfile.ZipFile(path))
            _check(archive, label, size, limits)
            members = _members(archive, raw, label)
            raw.seek(0)
            side = Side(label, size, _digest(_pieces(raw, size)), len(members))
            prefix = min((member.info.header_offset for member in members.values()), default=0)
        yield Wheel(side, members, archive.comment, prefix, archive)


@contextlib.contextmanager
def _named(label: str) -> Iterator[None]:
    """Gives an error the wheel's name."""
    try:
        yield
    except DAMAGE as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        raise UserError(
            f"{printable(label)} is not a readable wheel: {printable(said).rstrip('.')}.",
            where=printable(label),
            fix=_GIVE_A_WHEEL,
        ) from error


def _check_is_file(path: Path, label: str) -> None:
    """Opening a named pipe would wait for ever."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a file"
        raise UserError(f"{printable(label)} is {kind}.", where=printable(label), fix=_GIVE_A_WHEEL)


def _check(archive: zipfile.ZipFile, label: str, size: int, limits: Limits) -> None:
    infos = archive.infolist()
    where = printable(label)
    if len(infos) > limits.max_members:
        raise UserError(f"{where} has {len(infos)} members.", where=where, fix="Give a wheel with fewer members.")
    for info in infos:
        if info.flag_bits & 0x1:
            raise UserError(
                f"{where} has an encrypted member.",
                where=f"{where}: {printable(info.filename)}",
                fix="Give a wheel that pip could install; wheels are not encrypted.",
            )
    if not any(info.filename.split("/")[0].endswith(".dist-info") and "/" in info.filename for info in infos):
        raise UserError(f"{where} is not a wheel: it has no .dist-info folder.", where=where, fix=_GIVE_A_WHEEL)
    if sum(info.compress_size for info in infos) > size:
        raise UserError(f"{where} is damaged: its members overlap.", where=where, fix=_GIVE_A_WHEEL)
    total, limit = sum(info.file_size for info in infos), limits.unpacked_bytes(size)
    if total > limit:
        raise UserError(
            f"{where} would unpack to {total} bytes; the limit is {limit}.",
            where=where,
            fix=f"If you trust it, add --max-unpacked-bytes {total}.",
        )


def _members(archive: zipfile.ZipFile, raw: IO[bytes], label: str) -> dict[Key, Member]:
    members: dict[Key, Member] = {}
    copies: Counter[str] = Counter()
    for info in archive.infolist():
        copies[info.filename] += 1
        try:
            header, extra = _local_header(raw, info)
            packed = _digest(_pieces(raw, info.compress_size))
            content = _digest(_unpacked(archive, info))
        except DAMAGE as error:
            raise UserError(
                f"{printable(label)} has a damaged member: {printable(str(error) or type(error).__name__)}.",
                where=f"{printable(label)}: {printable(info.filename)}",
                fix=_GIVE_A_WHEEL,
            ) from error
        key = (info.filename, copies[info.filename])
        members[key] = Member(info, key[1], content, packed, header, extra)
    return members


def _local_header(raw: IO[bytes], info: zipfile.ZipInfo) -> tuple[bytes, bytes]:
    """Reads the header before a member's content, and leaves the file at the content."""
    raw.seek(info.header_offset)
    header = raw.read(_LOCAL_HEADER.size)
    signature, *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    if signature != b"PK\x03\x04":
        raise zipfile.BadZipFile("its header is not where the directory says")
    raw.read(name_length)
    return header, raw.read(extra_length)


def _pieces(raw: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0:
        piece = raw.read(min(size, _CHUNK))
        if not piece:
            raise EOFError("the file ends inside of it")
        size -= len(piece)
        yield piece


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content, never more of it than the directory says."""
    small = info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    found = 0
    with archive.open(info) as content:
        while piece := content.read(_SMALL_CHUNK if small else _CHUNK):
            found += len(piece)
            yield piece
    if found != info.file_size:
        raise EOFError(f"it has {found} bytes instead of {info.file_size}")


def _digest(pieces: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
