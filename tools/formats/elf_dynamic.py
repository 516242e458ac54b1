"""Reads what the loader reads of an ELF file: needed libraries and dynamic symbols, without the sections' content."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Union

from formats.elf import MAGIC, ElfError

if TYPE_CHECKING:
    from pathlib import Path

Data = Union[bytes, memoryview]

_ET_EXEC, _ET_DYN = 2, 3
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NEEDED, _DT_HASH, _DT_STRTAB, _DT_SYMTAB, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 1, 4, 5, 6, 14, 15, 29
_DT_GNU_HASH = 0x6FFFFEF5
_SHT_DYNSYM = 11
_STB_LOCAL, _STB_WEAK = 0, 2
_MOST_ENTRIES = 10_000
_MOST_SYMBOLS = 5_000_000
_LONGEST_CHAIN = 10_000
_LONGEST_NAME = 1 << 16
_DAMAGE = (struct.error, IndexError, OverflowError, ValueError, ZeroDivisionError)


@dataclass(frozen=True)
class _Form:
    """How numbers are laid out: 64 or 32 bits, little- or big-endian."""

    order: str
    wide: bool

    def of(self, wide: str, narrow: str) -> struct.Struct:
        return struct.Struct(self.order + (wide if self.wide else narrow))


class Dynamic:
    """What the loader reads of an executable or a shared object.

    Args:
        data: the file.

    Raises:
        ElfError: it is neither, or damaged.
    """

    def __init__(self, data: Data) -> None:
        self._data = data
        try:
            self._read()
        except _DAMAGE as error:
            raise ElfError(f"damaged: {error}") from error

    def _read(self) -> None:
        data = self._data
        if bytes(data[:4]) != MAGIC or data[4] not in (1, 2) or data[5] not in (1, 2):
            raise ElfError("not an ELF file")
        self._form = _Form("<" if data[5] == 1 else ">", data[4] == 2)
        header = self._form.of("HHIQQQIHHHHHH", "HHIIIIIHHHHHH").unpack_from(data, 16)
        kind, machine, _, _, start, self._sections, _, _, entry_size, count, _, self._section_count, _ = header
        if kind not in (_ET_EXEC, _ET_DYN):
            raise ElfError("neither an executable nor a shared object")
        self.architecture = (data[4], data[5], machine)
        """Class, byte order and machine: files that differ in these are never loaded together."""
        self.is_program = False
        """Whether it can be started: whether it names its loader."""
        self._loaded: list[tuple[int, int, int]] = []
        dynamic = (0, 0)
        segment = self._form.of("IIQQQQQQ", "IIIIIIII")
        for number in range(count):
            fields = segment.unpack_from(data, start + number * entry_size)
            offset, address, size = (fields[2], fields[3], fields[5]) if self._form.wide else (*fields[1:3], fields[4])
            if fields[0] == _PT_LOAD:
                self._loaded.append((address, size, offset))
            elif fields[0] == _PT_DYNAMIC:
                dynamic = (offset, size)
            elif fields[0] == _PT_INTERP:
                self.is_program = True
        self._read_dynamic(*dynamic)

    def _read_dynamic(self, start: int, size: int) -> None:
        entry = self._form.of("qQ", "iI")
        tables: dict[int, int] = {}
        texts: list[tuple[int, int]] = []
        for position in range(start, start + min(size, _MOST_ENTRIES * entry.size), entry.size):
            tag, value = entry.unpack_from(self._data, position)
            if tag == 0:
                break
            if tag in (_DT_NEEDED, _DT_SONAME, _DT_RPATH, _DT_RUNPATH):
                texts.append((tag, value))
            else:
                tables[tag] = value
        self._strings = self._offset(tables[_DT_STRTAB]) if _DT_STRTAB in tables else 0
        self._symbols = self._offset(tables[_DT_SYMTAB]) if _DT_SYMTAB in tables else 0
        self._hash = self._offset(tables[_DT_HASH]) if _DT_HASH in tables else 0
        self._gnu_hash = self._offset(tables[_DT_GNU_HASH]) if _DT_GNU_HASH in tables else 0
        self._symbol = self._form.of("IBBHQQ", "IIIBBH")
        self._word, self._filter_word = self._form.of("I", "I"), self._form.of("Q", "I")
        found = [(tag, self._text(value).decode("utf-8", "backslashreplace")) for tag, value in texts]
        self.needed = tuple(text for tag, text in found if tag == _DT_NEEDED)
        """The names of the libraries that are loaded with it (DT_NEEDED)."""
        self.soname = "".join([text for tag, text in found if tag == _DT_SONAME][:1])
        """The name that others ask for it by, "" for its file's (DT_SONAME)."""
        paths = [text for tag, text in found if tag in (_DT_RPATH, _DT_RUNPATH)]
        self.run_path = tuple(path for text in paths for path in text.split(":") if path)
        """The folders in which it looks for libraries (DT_RPATH, DT_RUNPATH)."""
        self._defined: frozenset[bytes] | None = None
        self._answers: dict[bytes, bool] = {}

    def undefined(self) -> set[bytes]:
        """The symbols that something else has to give; weak ones need not be given.

        Raises:
            ElfError: the tables are damaged.
        """
        try:
            strong = (symbol for symbol in self._all_symbols() if symbol[1] not in (_STB_LOCAL, _STB_WEAK))
            return {text for text in (self._text(name) for name, _, index in strong if not index) if text}
        except _DAMAGE as error:
            raise ElfError(f"damaged: {error}") from error

    def defines(self, name: bytes) -> bool:
        """Whether it gives others a symbol.

        Raises:
            ElfError: the tables are damaged.
        """
        try:
            if self._gnu_hash:
                if name not in self._answers:
                    self._answers[name] = self._look_up(name)
                return self._answers[name]
            if self._defined is None:
                given = [name for name, binding, index in self._all_symbols() if index and binding]
                self._defined = frozenset(map(self._text, given))
            return name in self._defined
        except _DAMAGE as error:
            raise ElfError(f"damaged: {error}") from error

    def _offset(self, address: int) -> int:
        for start, size, offset in self._loaded:
            if start <= address < start + size:
                return offset + address - start
        raise ElfError("a table is not in the file")

    def _text(self, offset: int) -> bytes:
        start = self._strings + offset
        end = start + 64
        while True:  # most names are short
            text = bytes(self._data[start:end])
            if b"\0" in text or end - start > _LONGEST_NAME or len(text) < end - start:
                return text.split(b"\0", 1)[0]
            end = start + 4 * (end - start)

    def _named(self, number: int, name: bytes) -> bool:
        """Whether a symbol has this name and is defined."""
        fields = self._symbol.unpack_from(self._data, self._symbols + number * self._symbol.size)
        start = self._strings + fields[0]
        index = fields[3] if self._form.wide else fields[5]
        return bool(index) and bytes(self._data[start : start + len(name) + 1]) == name + b"\0"

    def _all_symbols(self) -> list[tuple[int, int, int]]:
        """Place of the name, binding and section of each symbol."""
        size, start = self._symbol.size, self._symbols
        table = self._data[start : start + min(self._symbol_count(), _MOST_SYMBOLS) * size]
        fields = self._symbol.iter_unpack(table[: len(table) // size * size])
        if self._form.wide:
            return [(name, info >> 4, index) for name, info, _, index, _, _ in fields]
        return [(name, info >> 4, index) for name, _, _, info, _, index in fields]

    def _symbol_count(self) -> int:
        """The length of the symbol table, which nothing says but for the sections, or a hash table of it."""
        if not self._symbols:
            return 0
        section = self._form.of("IIQQQQIIQQ", "IIIIIIIIII")
        for number in range(self._section_count if self._sections else 0):
            fields = section.unpack_from(self._data, self._sections + number * section.size)
            if fields[1] == _SHT_DYNSYM and fields[4] == self._symbols:
                return int(fields[5]) // self._symbol.size
        word = self._word
        if self._hash:
            return int(word.unpack_from(self._data, self._hash + 4)[0])
        if not self._gnu_hash:
            return 0
        (buckets, length), first, chains, _ = self._gnu_tables
        last = max(word.unpack_from(self._data, buckets + 4 * number)[0] for number in range(length))
        while last >= first and not word.unpack_from(self._data, chains + 4 * (last - first))[0] & 1:
            last += 1
        return int(max(last + 1, first))

    @cached_property
    def _gnu_tables(self) -> tuple[tuple[int, int], int, int, tuple[int, int, int]]:
        """(place, number) of the buckets, first symbol in them, chains, (place, length, shift) of the filter."""
        buckets, first, length, shift = self._form.of("IIII", "IIII").unpack_from(self._data, self._gnu_hash)
        filter_place = self._gnu_hash + 16
        place = filter_place + length * (8 if self._form.wide else 4)
        return (place, buckets), first, place + 4 * buckets, (filter_place, length, shift)

    def _look_up(self, name: bytes) -> bool:
        """As the loader does it, in DT_GNU_HASH, which has only what is defined."""
        (buckets, number), first, chains, (bloom, length, shift) = self._gnu_tables
        wanted, word, entry = _gnu_hash(name), self._filter_word, self._word
        bits = 8 * word.size
        (mask,) = word.unpack_from(self._data, bloom + word.size * (wanted // bits % length))
        if not (mask >> wanted % bits) & (mask >> (wanted >> shift) % bits) & 1:
            return False
        (position,) = entry.unpack_from(self._data, buckets + 4 * (wanted % number))
        if position < first:
            return False
        for symbol in range(position, position + _LONGEST_CHAIN):
            (found,) = entry.unpack_from(self._data, chains + 4 * (symbol - first))
            if found | 1 == wanted | 1 and self._named(symbol, name):
                return True
            if found & 1:
                return False
        return False


@cache
def _gnu_hash(name: bytes) -> int:
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value


def open_dynamic(file: Path) -> Dynamic:
    """As `Dynamic`, of a file on disk, of which only what is looked at is read.

    Raises:
        OSError: it can't be read.
        ElfError: it is no ELF file that the loader takes, or damaged.
    """
    with file.open("rb") as opened:
        try:
            data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise ElfError("empty") from error
    return Dynamic(memoryview(data))
