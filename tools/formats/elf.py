"""Reads the sections of an ELF file: no more than is asked here, and nothing that a damaged file could prolong."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

MAGIC = b"\x7fELF"

SHT_PROGBITS, SHT_STRTAB, SHT_DYNAMIC, SHT_NOTE, SHT_NOBITS = 1, 3, 6, 7, 8
SHF_ALLOC, SHF_EXECINSTR, SHF_STRINGS, SHF_COMPRESSED = 0x2, 0x4, 0x20, 0x800

_MOST_UNPACKED_BYTES = 128 << 20
_MOST_SECTIONS = 100_000
_MOST_ENTRIES = 10_000
_LONGEST_NAME = 4096
_XINDEX = 0xFFFF
_DYNAMIC_TAGS = {
    1: "NEEDED",
    14: "SONAME",
    15: "RPATH",
    16: "SYMBOLIC",
    22: "TEXTREL",
    24: "BIND_NOW",
    29: "RUNPATH",
    30: "FLAGS",
    0x6FFFFFFB: "FLAGS_1",
}
_STRING_TAGS = frozenset({1, 14, 15, 29})


class ElfError(ValueError):
    """It is no ELF file, or not a well-formed one."""


@dataclass(frozen=True)
class Section:
    """A section.

    Args:
        name: its name.
        type: SHT_....
        flags: SHF_....
        address: where it is loaded, 0 if it is not.
        link: the index of a section that belongs to it.
        size: its size, also if it takes no room in the file.
        offset: where it begins in the file.
        data: its content, uncompressed.
        entry_size: the size of its entries, 1 of characters, 0 where they have no fixed one.
    """

    name: str
    type: int
    flags: int
    address: int
    link: int
    size: int
    offset: int
    data: bytes
    entry_size: int

    @property
    def is_compressed(self) -> bool:
        """Whether the file has it compressed; `data` is not."""
        return bool(self.flags & SHF_COMPRESSED)

    @property
    def is_code(self) -> bool:
        return bool(self.flags & SHF_EXECINSTR)


@dataclass(frozen=True)
class Elf:
    """An ELF file.

    Args:
        kind: its class, byte order, ABI, type, machine and flags, as one text.
        little: whether it is little-endian.
        wide: whether it is 64 bits wide.
        sections: its sections, in order.
    """

    kind: str
    little: bool
    wide: bool
    sections: tuple[Section, ...]

    def section(self, name: str) -> Section | None:
        """The first section with this name."""
        return next((section for section in self.sections if section.name == name), None)

    def dynamic(self) -> list[tuple[str, str]]:
        """The entries of .dynamic that say something to people: needed libraries, search paths, flags."""
        section = next((section for section in self.sections if section.type == SHT_DYNAMIC), None)
        if section is None:
            return []
        names = self.sections[section.link].data if section.link < len(self.sections) else b""
        entry = struct.Struct(("<" if self.little else ">") + ("qQ" if self.wide else "iI"))
        found = []
        for tag, value in entry.iter_unpack(
            section.data[: min(len(section.data) // entry.size, _MOST_ENTRIES) * entry.size]
        ):
            if tag == 0:
                break
            if tag in _DYNAMIC_TAGS:
                text = _name(names, value) if tag in _STRING_TAGS else f"{value:#x}"
                found.append((_DYNAMIC_TAGS[tag], text))
        return found

    def build_id(self) -> str:
        """The build id, hexadecimal, or ""."""
        section = self.section(".note.gnu.build-id")
        return section.data[16:].hex() if section else ""


def read_elf(data: bytes) -> Elf:
    """Reads an ELF file.

    Args:
        data: its bytes.

    Raises:
        ElfError: it is damaged, has no sections, or sections that overlap.
    """
    try:
        return _read(data)
    except (struct.error, zlib.error, IndexError, OverflowError) as error:
        raise ElfError(f"damaged: {error}") from error


def _read(data: bytes) -> Elf:
    if data[:4] != MAGIC or data[4] not in (1, 2) or data[5] not in (1, 2):
        raise ElfError("not an ELF file")
    wide, order = data[4] == 2, "<" if data[5] == 1 else ">"
    header = struct.Struct(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"))
    kind, machine, _, _, _, start, flags, _, _, _, entry_size, count, names_index = header.unpack_from(data, 16)
    entry = struct.Struct(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"))
    if not start or entry_size != entry.size:
        raise ElfError("no sections")
    first = entry.unpack_from(data, start)
    count = count or first[5]
    names_index = first[6] if names_index == _XINDEX else names_index
    if count > min(_MOST_SECTIONS, (len(data) - start) // entry.size):
        raise ElfError("more sections than fit")
    headers = [entry.unpack_from(data, start + index * entry.size) for index in range(count)]
    if sum(header[5] for header in headers[1:] if header[1] != SHT_NOBITS) > len(data):
        raise ElfError("sections overlap")
    names = _content(data, headers[names_index])
    left = _MOST_UNPACKED_BYTES
    sections = []
    for number, (name, type_, section_flags, address, place, size, link, *_, entries) in enumerate(headers):
        content = b"" if type_ in (0, SHT_NOBITS) else _content(data, headers[number])
        if section_flags & SHF_COMPRESSED:
            content = _uncompressed(content, order, wide, left)
            left -= len(content)
        sections.append(Section(_name(names, name), type_, section_flags, address, link, size, place, content, entries))
    said = f"{64 if wide else 32} bit, {'little' if order == '<' else 'big'} endian, ABI {data[7]}, "
    said += f"type {kind}, machine {machine}, flags {flags:#x}"
    return Elf(said, order == "<", wide, tuple(sections))


def _content(data: bytes, header: tuple[int, ...]) -> bytes:
    offset, size = header[4], header[5]
    if header[1] in (0, SHT_NOBITS):
        return b""
    if offset + size > len(data):
        raise ElfError("a section ends behind the file")
    return data[offset : offset + size]


def _uncompressed(content: bytes, order: str, wide: bool, limit: int) -> bytes:
    """The content of a section that is compressed with zlib; others stay as they are."""
    header = struct.Struct(order + ("IIQQ" if wide else "III"))
    if header.unpack_from(content)[0] != 1 or limit <= 0:
        return content
    return zlib.decompressobj().decompress(content[header.size :], limit)


def _name(names: bytes, offset: int) -> str:
    return names[offset : offset + _LONGEST_NAME].split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
