"""Makes the archives and trees that the tests of the helper work on."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

TOOLS = Path(__file__).parents[3] / "tools"
SYM, HARD, FOLDER = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE
"""Kinds of members of a tar."""


def tar_member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    """A header for `tar_archive`."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    return info


def tar_archive(
    file: Path,
    members: list[tuple[tarfile.TarInfo, bytes]],
    compression: str = "gz",
    form: int = tarfile.PAX_FORMAT,
) -> Path:
    """Writes a tar; nothing in the members is checked."""
    with tarfile.open(file, f"w:{compression}", format=form) as archive:  # type: ignore[call-overload]
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file


def tar_of(file: Path, files: dict[str, str], compression: str = "gz", form: int = tarfile.PAX_FORMAT) -> Path:
    """Writes a tar of ordinary files."""
    return tar_archive(file, [(tar_member(name), text.encode()) for name, text in files.items()], compression, form)


def zip_member(
    name: str, mode: int = stat.S_IFREG | 0o644, time: tuple[int, ...] = (2020, 1, 2, 3, 4, 6)
) -> zipfile.ZipInfo:
    """A header for `zip_archive`."""
    info = zipfile.ZipInfo(name, time)  # type: ignore[arg-type]
    info.external_attr = mode << 16
    return info


def zip_archive(
    file: Path, members: list[tuple[zipfile.ZipInfo, bytes]], compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    """Writes a zip; nothing in the members is checked."""
    with zipfile.ZipFile(file, "w", compression) as archive:
        for info, data in members:
            info.compress_type = compression
            archive.writestr(info, data)
    return file


def zip_of(file: Path, files: dict[str, str]) -> Path:
    """Writes a zip of ordinary files."""
    return zip_archive(file, [(zip_member(name), text.encode()) for name, text in files.items()])


def wheel_files(files: dict[str, str | bytes], *, metadata: str = "", wheel: str = "") -> dict[str, bytes]:
    """The members of a valid wheel `demo` 1.0 with these files beside its `.dist-info`."""
    members = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    members.setdefault(
        "demo-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n{metadata}\n".encode()
    )
    members.setdefault(
        "demo-1.0.dist-info/WHEEL",
        f"Wheel-Version: 1.0\nGenerator: handmade (1)\nRoot-Is-Purelib: true\nTag: py3-none-any\n{wheel}".encode(),
    )
    record = "".join(f"{name},sha256={digest(data)},{len(data)}\n" for name, data in members.items())
    members.setdefault("demo-1.0.dist-info/RECORD", f"{record}demo-1.0.dist-info/RECORD,,\n".encode())
    return members


def make_wheel(
    folder: Path, files: dict[str, str | bytes], *, metadata: str = "", name: str = "demo-1.0-py3-none-any.whl"
) -> Path:
    """Writes a valid wheel `demo` 1.0."""
    folder.mkdir(parents=True, exist_ok=True)
    members = wheel_files(files, metadata=metadata)
    return zip_archive(folder / name, [(zip_member(member), data) for member, data in members.items()])


def digest(data: bytes) -> str:
    """A hash as RECORD spells it."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def listing(folder: Path) -> dict[str, str]:
    """Everything below a folder: names, kinds, modes, times and contents."""
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            path = Path(parent, name)
            status = path.lstat()
            content = str(path.readlink()) if path.is_symlink() else digest(path.read_bytes()) if path.is_file() else ""
            mode = "" if path.is_symlink() else stat.filemode(status.st_mode)
            found[str(path.relative_to(folder))] = f"{mode} {status.st_mtime:.0f} {content}"
    return found
