"""Reads the members of archives and source trees; none of them is trusted."""

from __future__ import annotations

import errno
import stat
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from common.errors import UserError

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import NoReturn

_MAX_TARGET = 4096
_MAX_HEADER = 1 << 20
_HEADERS = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
_SHOWN = 300
_HOSTILE = "Don't build this archive. If you trust it, repack it without this member."


@dataclass(frozen=True)
class Member:
    """One member, whatever the archive's format: kind is "file", "folder", "link" (symbolic) or "copy" (hard link)."""

    name: str
    kind: str
    executable: bool = False
    target: str = ""
    open: Callable[[], BinaryIO] | None = None


def is_zip(archive: Path) -> bool:
    """By its first bytes; `zipfile.is_zipfile` looks at the last ones, and takes a tar for the zip at its end."""
    with archive.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def noted(members: Iterator[Member], reached: list[str]) -> Iterator[Member]:
    """The same; notes how far the reader is."""
    for member in members:
        reached[:] = [member.name]
        yield member


def tree_members(path: Path, name: str) -> Iterator[Member]:
    """The files and folders of a source tree; links are followed.

    Args:
        path: a file or a folder.
        name: its name in the tree.

    Raises:
        UserError: a link leads nowhere, or there are too many of them.
    """
    left = [(path, name)]
    while left:
        path, name = left.pop()
        if path.is_dir():
            yield Member(name, "folder")
            left += [(child, f"{name}/{child.name}") for child in sorted(_children(path, name), reverse=True)]
        else:
            if path.is_symlink() and not path.exists():
                refuse("leads nowhere, or through too many symbolic links", name)
            executable = bool(path.stat().st_mode & stat.S_IXUSR)
            yield Member(name, "file", executable, open=_file_opener(path))


def _children(path: Path, name: str) -> list[Path]:
    try:
        return list(path.iterdir())
    except OSError as error:
        # Linux counts a link twice where it starts over in between: what could be looked up can't be opened then.
        if error.errno == errno.ELOOP:
            refuse("leads through too many symbolic links", name)
        raise


def _file_opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def tar_header(reached: list[str]) -> type[tarfile.TarInfo]:
    """A `TarInfo` that notes how far the reader is, and reads no header without end into memory."""

    class Header(tarfile.TarInfo):
        def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
            reached[:] = [self.name]
            if self.type in _HEADERS and self.size > _MAX_HEADER:
                refuse(f"has a header of {self.size} bytes", self.name)
            return super()._proc_member(archive)  # type: ignore[misc,no-any-return]

    return Header


def tar_members(archive: tarfile.TarFile) -> Iterator[Member]:
    """The members of a tar.

    Raises:
        UserError: a member is neither file, folder nor link.
        tarfile.ReadError: a header in the middle is damaged.
    """
    for info in archive:
        if info.isreg():
            yield Member(info.name, "file", bool(info.mode & stat.S_IXUSR), open=_tar_opener(archive, info))
        elif info.isdir():
            yield Member(info.name, "folder")
        elif info.issym():
            yield Member(info.name, "link", target=info.linkname)
        elif info.islnk():
            yield Member(info.name, "copy", target=info.linkname)
        else:
            refuse("is a device, a pipe or of another special type", info.name)
    # tarfile takes a damaged header for the end.
    assert archive.fileobj is not None
    archive.fileobj.seek(archive.offset)
    if any(archive.fileobj.read(tarfile.BLOCKSIZE)):
        raise tarfile.ReadError("one of its headers is damaged")


def _tar_opener(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], BinaryIO]:
    return lambda: archive.extractfile(info)  # type: ignore[return-value]


def zip_members(archive: zipfile.ZipFile) -> Iterator[Member]:
    """The members of a zip.

    Raises:
        UserError: a member is encrypted, or neither file, folder nor link.
    """
    for info in archive.infolist():
        mode = info.external_attr >> 16
        if info.flag_bits & 1:
            refuse("is encrypted", info.filename)
        if info.is_dir():
            yield Member(info.filename, "folder")
        elif stat.S_ISLNK(mode):
            if info.file_size > _MAX_TARGET:
                refuse(f"is a link to a name longer than {_MAX_TARGET} bytes", info.filename)
            yield Member(info.filename, "link", target=archive.read(info).decode())
        elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            refuse("is a device, a pipe or of another special type", info.filename)
        else:
            yield Member(info.filename, "file", bool(mode & stat.S_IXUSR), open=_zip_opener(archive, info))


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    return lambda: archive.open(info)  # type: ignore[return-value]


def refuse(reason: str, member: str) -> NoReturn:
    """Refuses an archive.

    Args:
        reason: what is wrong with a member, as the rest of a sentence.
        member: its name.

    Raises:
        UserError: always.
    """
    raise UserError(f"The archive's member {short(member)} {reason}.", where=short(member), fix=_HOSTILE)


def short(member: str) -> str:
    """A member's name in a message; it may be of any length."""
    return repr(member if len(member) <= _SHOWN else f"{member[:_SHOWN]}...")
