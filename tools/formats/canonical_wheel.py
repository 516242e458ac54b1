"""The canonical form of a wheel: of all archives with the same content, one.

Deflate's bytes depend on the zlib that Python was linked with, so members are stored unless asked otherwise.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import errno
import hashlib
import io
import lzma
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from common import host_errors
from common.errors import UserError
from common.names import MAX_DEPTH
from formats import cyclonedx

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_TIME = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20
_SHOWN = 300
SHARED_OBJECT = re.compile(r"\.so(\.[0-9]+)*$")
"""The names of shared objects."""

_COMPRESSION = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}
_FIX = "Repair the project's build, with `patches` or `config_settings`, so that its backend makes a valid wheel."


@dataclass(frozen=True)
class WheelSummary:
    """What a wheel says of itself.

    Args:
        name: METADATA's Name.
        version: METADATA's Version.
        requires_dist: METADATA's Requires-Dist lines.
        tags: WHEEL's Tag lines.
        generator: WHEEL's Generator, or "".
        dist_info: the name of its `.dist-info` folder.
    """

    name: str
    version: str
    requires_dist: tuple[str, ...]
    tags: tuple[str, ...]
    generator: str
    dist_info: str


def metadata_fields(text: str) -> dict[str, list[str]]:
    """The fields of a METADATA or WHEEL file (core metadata's e-mail form), each with all its values.

    `email.parser` would do, but takes longer to import than the whole canonicalisation of a small wheel.
    """
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    # Not splitlines: it also splits at form feeds, which licence texts have. A folded field may have blank lines.
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line:
            break
        if line[0] in " \t" and values:
            values[-1] += "\n" + line.strip()
            continue
        name, _, value = line.partition(":")
        values = fields.setdefault(name.strip(), [])
        values.append(value.strip())
    return fields


def wheel_metadata(wheel: Path) -> WheelSummary:
    """Reads a wheel's METADATA and WHEEL.

    Raises:
        UserError: it is not a wheel.
    """
    with _opened(wheel) as archive:
        folder = _dist_info(archive, wheel)
        metadata = metadata_fields(archive.read(f"{folder}/METADATA").decode("utf-8", "replace"))
        about = metadata_fields(archive.read(f"{folder}/WHEEL").decode("utf-8", "replace"))
    return WheelSummary(
        name=_only(metadata, "Name", wheel),
        version=_only(metadata, "Version", wheel),
        requires_dist=tuple(metadata.get("Requires-Dist", ())),
        tags=tuple(about.get("Tag", ())),
        generator="".join(about.get("Generator", ())[:1]),
        dist_info=folder,
    )


def write_canonical_wheel(
    source: Path, destination: Path, *, compression: str = "stored", extra_members: Mapping[str, Path] | None = None
) -> None:
    """Rewrites a wheel (PEP 427) canonically.

    Names sorted by their UTF-8 bytes, `.dist-info` behind the rest and RECORD last; one time stamp; modes 0644 or 0755,
    of shared objects always 0755 (CMake asks whether the machine is a Debian: `CMAKE_INSTALL_SO_NO_EXE`); no folders,
    comments, extra fields, signatures, or bytecode of sources; bills of materials without serial numbers, times and
    places (`cyclonedx`); RECORD made anew.

    Args:
        source: the wheel.
        destination: the file to write.
        compression: "stored" or "deflated".
        extra_members: files to add, by their names in the wheel.

    Raises:
        UserError: the source is not a wheel, or has members that could not be installed the same way everywhere.
    """
    extra = dict(extra_members or {})
    with _opened(source) as archive, host_errors.naming(destination):
        folder = _dist_info(archive, source)
        members = {info.filename: info for info in _kept(archive, folder, source)}
        for name in sorted(extra.keys() & members.keys()):
            raise UserError(f"The wheel already has a member {name}.", where=source.name, fix=_FIX)
        names = members.keys() | extra.keys()
        for name in sorted(_folders(names) & names):
            raise UserError("A wheel's member is a file and a folder.", where=f"{source.name}: {name}", fix=_FIX)
        order = sorted(names, key=lambda name: (name.startswith(folder + "/"), name.encode()))
        record: list[tuple[str, str, str]] = []
        with zipfile.ZipFile(destination, "w") as output:
            for name in order:
                if name in extra:
                    with extra[name].open("rb") as file:
                        size = extra[name].stat().st_size
                        record.append(_add(output, _header(name, 0o755, compression), file, size))
                else:
                    info = members[name]
                    header = _header(name, info.external_attr >> 16, compression)
                    with _member(archive, info) as (member, size):
                        record.append(_add(output, header, member, size))
            name = f"{folder}/RECORD"
            record.append((name, "", ""))
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(record)
            output.writestr(_header(name, 0o644, compression), text.getvalue().encode(), compresslevel=9)


def _folders(names: Iterable[str]) -> set[str]:
    """All folders that these members are in."""
    found: set[str] = set()
    for name in names:
        parts = name.split("/")
        found.update("/".join(parts[:number]) for number in range(1, len(parts)))
    return found


@contextlib.contextmanager
def _opened(wheel: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(wheel)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _unreadable(wheel, error) from error
    try:
        with archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError) as error:
        raise _unreadable(wheel, error) from error  # a damaged or encrypted member
    except OSError as error:
        if error.errno != errno.EINVAL:  # no disk is full: a damaged header sends the reader to before the file
            raise
        raise _unreadable(wheel, error) from error


def _unreadable(wheel: Path, error: Exception) -> UserError:
    return UserError(f"{wheel.name} is not a readable wheel: {error}.", where=wheel.name, fix=_FIX)


def _dist_info(archive: zipfile.ZipFile, wheel: Path) -> str:
    names = set(archive.namelist())
    folders = sorted({name.split("/")[0] for name in names if name.split("/")[0].endswith(".dist-info")})
    if len(folders) != 1:
        raise UserError(
            f"A wheel has one .dist-info folder, this one has {len(folders)}: {', '.join(folders) or 'none'}.",
            where=wheel.name,
            fix=_FIX,
        )
    for name in ("METADATA", "WHEEL"):
        if f"{folders[0]}/{name}" not in names:
            raise UserError(f"The wheel has no {name}.", where=f"{wheel.name}: {folders[0]}", fix=_FIX)
    return folders[0]


def _kept(archive: zipfile.ZipFile, folder: str, wheel: Path) -> Iterable[zipfile.ZipInfo]:
    seen: set[str] = set()
    dropped = {f"{folder}/{name}" for name in ("RECORD", "RECORD.jws", "RECORD.p7s")}
    # Bytecode that Python makes anew; a module that is shipped without its source stays.
    dropped |= {f"{name}c" for name in archive.namelist() if name.endswith(".py")}
    for info in archive.infolist():
        name = info.filename
        parts = name.rstrip("/").split("/")
        if name.startswith("/") or "\\" in name or ":" in parts[0] or not {"", ".", ".."}.isdisjoint(parts):
            raise UserError(
                "A wheel's member has a name that leads elsewhere.", where=f"{wheel.name}: {name!r}", fix=_FIX
            )
        if len(parts) - 1 > MAX_DEPTH:
            raise UserError(
                f"A wheel's member is more than {MAX_DEPTH} folders deep.",
                where=f"{wheel.name}: {name[:_SHOWN]!r}",
                fix=_FIX,
            )
        if info.is_dir() or name in dropped or "__pycache__" in parts:
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UserError("A wheel can't have symbolic links.", where=f"{wheel.name}: {name}", fix=_FIX)
        if name in seen:
            raise UserError("A wheel's member is there twice.", where=f"{wheel.name}: {name}", fix=_FIX)
        seen.add(name)
        yield info


def _header(name: str, mode: int, compression: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.create_system = 3
    executable = mode & stat.S_IXUSR or SHARED_OBJECT.search(name)
    info.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
    info.compress_type = _COMPRESSION[compression]
    return info


@contextlib.contextmanager
def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[tuple[IO[bytes], int]]:
    """A member's canonical content, with its size."""
    if cyclonedx.is_bill(info.filename):
        content = cyclonedx.without_chance(archive.read(info))
        yield io.BytesIO(content), len(content)
        return
    with archive.open(info) as member:
        yield member, info.file_size


def _add(output: zipfile.ZipFile, header: zipfile.ZipInfo, member: IO[bytes], size: int) -> tuple[str, str, str]:
    """Copies a member; returns its line in RECORD."""
    header.file_size = size  # decides on zip64 before anything is written
    if header.compress_type == zipfile.ZIP_DEFLATED:
        header._compresslevel = 9  # type: ignore[attr-defined]
    digest, copied = hashlib.sha256(), 0
    with output.open(header, "w", force_zip64=size >= zipfile.ZIP64_LIMIT) as copy:
        while chunk := member.read(_CHUNK):
            digest.update(chunk)
            copied += copy.write(chunk)
    if copied != size:
        raise zipfile.BadZipFile(f"{header.filename} has {copied} bytes, not {size} as its header says")
    encoded = base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
    return header.filename, f"sha256={encoded}", str(size)


def _only(fields: Mapping[str, list[str]], name: str, wheel: Path) -> str:
    if len(fields.get(name, ())) != 1:
        raise UserError(f"METADATA needs one {name} field.", where=wheel.name, fix=_FIX)
    return fields[name][0]
