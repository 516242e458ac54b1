"""Takes a wheel's member apart: what is compressed or packed in it, as deep as it goes within limits."""

from __future__ import annotations

import gzip
import io
import itertools
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formats.ar import MAGIC, THIN_MAGIC
from formats.damage import DAMAGE
from formats.elf import MAGIC as ELF_MAGIC
from formats.gzip_header import MAGIC as GZIP_MAGIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

AR_MAGICS = (MAGIC, THIN_MAGIC)
MACHO_MAGICS = (
    *(b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf"),
    *(b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"),  # universal
)
IMPORT_MAGIC = b"\0\0\xff\xff"  # an entry of an import library for Windows, or a "big" COFF object
ZIP_MAGIC = b"PK\x03\x04"
_ZIP_NAMES = (".pyz", ".exe", ".pex", ".shar")  # a program, and behind it a zip
_DEEPEST = 4
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Part:
    """A member of the wheel, or something inside of one.

    Args:
        label: what to call it in messages.
        name: its own name, in whatever it is inside of.
        data: its content, unpacked.
        texts: the pieces of it that are to be searched for text, with their offsets: what is inside is searched there.
    """

    label: str
    name: str
    data: bytes
    texts: tuple[tuple[int, bytes], ...]


@dataclass
class Limits:
    """What may still be unpacked of a wheel.

    Args:
        unpacked_bytes: the size of all that is unpacked.
        parts: the number of parts inside of others.
    """

    unpacked_bytes: int = 256 << 20
    parts: int = 100_000


def parts(name: str, data: bytes, limits: Limits) -> Iterator[Part]:
    """The member, and all that can be found in it.

    Args:
        name: the member's name.
        data: its content.
        limits: what may be unpacked; it is counted down.
    """
    yield from _with_inside(_part(name, name, data), limits, 0)


def _part(label: str, name: str, data: bytes) -> Part:
    if _is_zip(name, data):
        return Part(label, name, data, _zip_texts(data))
    if data.startswith(AR_MAGICS):
        return Part(label, name, data, tuple(_ar_texts(data)))
    if data[257:262] == b"ustar":
        return Part(label, name, data, ((0, data), *_long_names(data)))
    return Part(label, name, data, ((0, data),))


def _with_inside(part: Part, limits: Limits, depth: int) -> Iterator[Part]:
    yield part
    if depth == _DEEPEST:
        return
    for inner in _inside(part, limits):
        if limits.parts <= 0:
            return
        limits.parts -= 1
        yield from _with_inside(inner, limits, depth + 1)


def _inside(part: Part, limits: Limits) -> Iterable[Part]:
    data = part.data
    if data.startswith(GZIP_MAGIC):
        content = _gunzipped(data, limits)
        return [_part(part.label, part.name[: -len(".gz")] if part.name.endswith(".gz") else part.name, content)]
    if is_zip(part):
        return itertools.chain(_zip_members(part, limits), _streams(part, limits))
    if data.startswith(AR_MAGICS) or data[257:262] == b"ustar":
        return itertools.chain(_entries(part), _streams(part, limits))
    if data.startswith(ELF_MAGIC):
        return _in_library(part, limits)
    return _streams(part, limits)


def is_zip(part: Part) -> bool:
    """Whether it is a zip, perhaps behind a program that reads it."""
    return _is_zip(part.name, part.data)


def _is_zip(name: str, data: bytes) -> bool:
    return data.startswith(ZIP_MAGIC) or name.endswith(_ZIP_NAMES)


def _gunzipped(data: bytes, limits: Limits) -> bytes:
    """The content, as far as it is undamaged."""
    chunks = []
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            while limits.unpacked_bytes > 0:
                chunk = file.read(min(_CHUNK, limits.unpacked_bytes))
                if not chunk:
                    break
                limits.unpacked_bytes -= len(chunk)
                chunks.append(chunk)
    except DAMAGE:
        pass
    return b"".join(chunks)


def zip_members(data: bytes) -> list[zipfile.ZipInfo]:
    """What a zip's directory lists; nothing if it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.infolist()
    except DAMAGE:
        return []


def _zip_texts(data: bytes) -> tuple[tuple[int, bytes], ...]:
    """What comes before the first member, and the directory behind the last."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            first = min(info.header_offset for info in archive.infolist())
            return ((0, data[:first]), (archive.start_dir, data[archive.start_dir :]))
    except DAMAGE:
        return ((0, data),)


def _ar_texts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The names of the objects, and what comes behind the last."""
    from build_wheel.leaks.archives import ar_entries

    end = 0
    for entry in ar_entries(data):
        end = entry.end
        yield entry.offset, data[entry.offset : entry.offset + 16]
        yield entry.offset + 60, data[entry.offset + 60 : entry.start]
    yield end, data[end:]


def _long_names(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The names that a tar has in two pieces, the second before the first."""
    from build_wheel.leaks.archives import tar_entries

    for entry in tar_entries(data):
        if data[entry.offset + 345 : entry.offset + 346] != b"\0":
            yield entry.offset, entry.name.encode()


def _zip_members(part: Part, limits: Limits) -> Iterator[Part]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(part.data))
    except DAMAGE:
        return
    for info in archive.infolist():
        if info.file_size == 0 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            continue
        if limits.unpacked_bytes <= 0:
            return
        try:
            with archive.open(info) as file:
                content = file.read(limits.unpacked_bytes)
        except DAMAGE:
            continue
        limits.unpacked_bytes -= len(content)
        yield _part(f"{part.label}: {info.filename}", info.filename, content)


def _in_library(part: Part, limits: Limits) -> Iterator[Part]:
    """What sections are compressed, which is usual for debug information, other streams, and Cython's strings."""
    from build_wheel.leaks.cython import is_module, string_table
    from build_wheel.leaks.elf import sections_of

    sections = sections_of(part.data)
    packed = [section for section in sections if section.is_compressed]
    for section in packed:
        yield _part(f"{part.label}: {section.name}", section.name, section.data)
    yield from _streams(part, limits, [section.offset for section in packed])
    for section in sections if is_module(part.data) else ():
        strings = string_table(section.data) if section.name.startswith(".rodata") else b""
        if strings:
            limits.unpacked_bytes -= len(strings)
            yield _part(f"{part.label}: Cython's strings", "", strings)


def _streams(part: Part, limits: Limits, known: Sequence[int] = ()) -> Iterator[Part]:
    """What is compressed in the part, which need not be an archive: a resource of a program, a line of a table."""
    from build_wheel.leaks.streams import streams

    for offset, text in part.texts:
        for start, kind, content in streams(text, limits, known):
            yield _part(f"{part.label}: {kind} at byte {offset + start}", "", content)


def _entries(part: Part) -> Iterator[Part]:
    from build_wheel.leaks.archives import ar_entries, tar_entries

    is_ar = part.data.startswith(AR_MAGICS)
    for entry in (ar_entries if is_ar else tar_entries)(part.data):
        label, content = f"{part.label}: {entry.name}", part.data[entry.start : entry.end]
        yield _part(label, entry.name, content) if is_ar else Part(label, entry.name, content, ())
