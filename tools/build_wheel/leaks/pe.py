"""Finds in PE and COFF files (Windows programs, libraries and objects) what text alone does not tell."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from build_wheel.leaks.finding import Finding, is_own_place, shown_time
from build_wheel.leaks.parts import IMPORT_MAGIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build_wheel.leaks.finding import Build

_EXPORTS, _RESOURCES, _DEBUG = 0, 2, 6
_CODEVIEW, _REPRODUCIBLE = 2, 16  # IMAGE_DEBUG_TYPE_...
_DEBUG_ENTRY = struct.Struct("<IIHHIIII")
_MOST_SECTIONS = 96  # what Windows loads
_MOST_DEBUG_ENTRIES = 64
_LONGEST = 4096
_MACHINES = (b"\x4c\x01", b"\x64\x86", b"\x64\xaa", b"\xc4\x01")  # i386, x86-64, ARM64, ARM

_FIX_TIME = (
    "Link with /Brepro (MSVC, lld-link) or -Wl,--no-insert-timestamp (MinGW), and compile with /Brepro: with `env` "
    "(LDFLAGS), `config_settings` or `patches`."
)
_FIX_PDB = "Link with /PDBALTPATH:%_PDB%, which records only the name, or without /DEBUG (`env`, `patches`)."


@dataclass(frozen=True)
class _Image:
    """A PE file's headers: its directories as (address, size), its sections as (address, size, offset in the file)."""

    header: int
    time: int
    directories: tuple[tuple[int, int], ...]
    sections: tuple[tuple[int, int, int], ...]

    def offset(self, number: int) -> int | None:
        """Where in the file a directory is."""
        address, size = self.directories[number] if number < len(self.directories) else (0, 0)
        for start, length, place in self.sections:
            if size and start <= address < start + length:
                return place + address - start
        return None


def pe_findings(data: bytes, build: Build) -> Iterator[Finding]:
    """What a PE file tells of its build; nothing if it is damaged.

    A time stamp counts if it is one of the build's times and no entry of the debug directory says that it is a hash.

    Args:
        data: the file.
        build: what is known of the build.
    """
    try:
        image = _read(data)
        if image is None:
            return
        entries = _debug_entries(data, image)
        if not any(entry[4] == _REPRODUCIBLE for _, entry in entries):
            yield from _times(data, image, entries, build)
        for _, entry in entries:
            if entry[4] == _CODEVIEW:
                yield from _pdb_path(data, entry[7])
    except struct.error:
        return


def coff_findings(data: bytes, build: Build) -> Iterator[Finding]:
    """What a COFF object, or an entry of an import library, tells of its build.

    Args:
        data: the object.
        build: what is known of the build.
    """
    if data.startswith(IMPORT_MAGIC):
        place = 8
    elif data[:2] in _MACHINES and data[16:18] == b"\0\0":
        place = 4
    else:
        return
    if len(data) >= place + 12:
        (when,) = struct.unpack_from("<I", data, place)
        if build.has_time(when):
            yield Finding(place, "COFF time stamp", shown_time(when), "when it was compiled", _FIX_TIME)


def _read(data: bytes) -> _Image | None:
    (header,) = struct.unpack_from("<I", data, 0x3C)
    if data[header : header + 4] != b"PE\0\0":
        return None
    count, when, _, _, size, _ = struct.unpack_from("<HIIIHH", data, header + 6)
    optional = header + 24
    wide = data[optional : optional + 2] == b"\x0b\x02"
    first = optional + (112 if wide else 96)
    (directories,) = struct.unpack_from("<I", data, first - 4)
    sections = []
    for number in range(min(count, _MOST_SECTIONS)):
        virtual_size, address, raw_size, place = struct.unpack_from("<4I", data, optional + size + number * 40 + 8)
        sections.append((address, max(virtual_size, raw_size), place))
    pairs = [struct.unpack_from("<II", data, first + number * 8) for number in range(min(directories, 16))]
    return _Image(header, when, tuple((address, length) for address, length in pairs), tuple(sections))


def _debug_entries(data: bytes, image: _Image) -> list[tuple[int, tuple[int, ...]]]:
    """The entries of the debug directory, with their offsets."""
    start = image.offset(_DEBUG)
    if start is None:
        return []
    count = min(image.directories[_DEBUG][1] // _DEBUG_ENTRY.size, _MOST_DEBUG_ENTRIES)
    places = [start + number * _DEBUG_ENTRY.size for number in range(count)]
    return [(place, _DEBUG_ENTRY.unpack_from(data, place)) for place in places]


def _times(data: bytes, image: _Image, entries: list[tuple[int, tuple[int, ...]]], build: Build) -> Iterator[Finding]:
    stamps = [("PE time stamp", image.header + 8, image.time)]
    for name, number in (("export", _EXPORTS), ("resource", _RESOURCES)):
        start = image.offset(number)
        if start is not None:
            (when,) = struct.unpack_from("<I", data, start + 4)
            stamps.append((f"PE time stamp of the {name} directory", start + 4, when))
    stamps += [("PE time stamp of the debug directory", place + 4, entry[1]) for place, entry in entries]
    for kind, place, when in stamps:
        if build.has_time(when):
            yield Finding(place, kind, shown_time(when), "when it was linked", _FIX_TIME)


def _pdb_path(data: bytes, place: int) -> Iterator[Finding]:
    lengths = {b"RSDS": 24, b"NB10": 16}
    start = place + lengths.get(data[place : place + 4], 0)
    if start == place:
        return
    name = data[start : start + _LONGEST].split(b"\0", 1)[0]
    path = name.decode("utf-8", "backslashreplace")
    if is_own_place(path):
        yield Finding(start, "PDB path", path, "where it was linked", _FIX_PDB, name)
