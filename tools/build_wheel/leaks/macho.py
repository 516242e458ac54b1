"""Finds in Mach-O files, thin and universal, what text alone does not tell."""

from __future__ import annotations

import re
import struct
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from build_wheel.leaks.finding import Finding, is_own_place, shown_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build_wheel.leaks.finding import Build

_MAGICS = {b"\xce\xfa\xed\xfe": "<", b"\xcf\xfa\xed\xfe": "<", b"\xfe\xed\xfa\xce": ">", b"\xfe\xed\xfa\xcf": ">"}
_UNIVERSAL = {b"\xca\xfe\xba\xbe": ">IIIII", b"\xca\xfe\xba\xbf": ">IIQQII"}
_MOST_SLICES = 32
_MOST_COMMANDS = 10_000
_MOST_SYMBOLS = 4_000_000
_MOST_STABS = 100_000
_LONGEST = 4096

_SYMTAB, _ID_DYLIB, _UUID, _RPATH = 0x2, 0xD, 0x1B, 0x1C
_DYLIBS = {_ID_DYLIB: "LC_ID_DYLIB", 0xC: "LC_LOAD_DYLIB", 0x18: "LC_LOAD_WEAK_DYLIB", 0x1F: "LC_REEXPORT_DYLIB"}
_REQUIRED = 0x80000000
_N_SO, _N_OSO = 0x64, 0x66
_STABS = re.compile(b"[%c%c]" % (_N_SO, _N_OSO))
_PYTHON = re.compile(r"(^|/)(libpython[\d.]+[a-z]*\.dylib|Python\.framework/.*)$")

_FIX_STABS = (
    "Compile without -g or link with -Wl,-S, which drops them; or compile in relative paths with -ffile-prefix-map "
    "and link with -Wl,-oso_prefix,<build path>/ (`env`, `config_settings` or `patches`)."
)
_FIX_TIME = "Link with -Wl,-S or with ZERO_AR_DATE=1 in the linker's environment."
_FIX_UUID = "Leave -random_uuid out; linkers then make a hash of the contents (`env`, `patches`)."
_FIX_PATH = "Link with -install_name @rpath/<name>, -rpath @loader_path/<folder>: `patches` or `config_settings`."
_FIX_PYTHON = "Link extension modules with -undefined dynamic_lookup and without libpython (`patches`, `env`)."


class _DamagedError(ValueError):
    """It is no Mach-O file, or a damaged one."""


@dataclass(frozen=True)
class _Command:
    kind: int
    offset: int
    data: bytes


def macho_findings(data: bytes, build: Build) -> Iterator[Finding]:
    """What a Mach-O file tells of its build. In a damaged file, it looks at nothing that comes after the damage.

    Args:
        data: the file.
        build: what is known of the build.
    """
    try:
        for start, end in _slices(data):
            yield from _in_slice(data[start:end], start, build)
    except (_DamagedError, struct.error):
        return


def _slices(data: bytes) -> list[tuple[int, int]]:
    """Begin and end of each architecture's file."""
    form = _UNIVERSAL.get(data[:4])
    if form is None:
        return [(0, len(data))]
    (count,) = struct.unpack_from(">I", data, 4)
    if not 0 < count <= _MOST_SLICES:  # a Java class has the same magic, and its version here
        raise _DamagedError
    entries = [struct.unpack_from(form, data, 8 + number * struct.calcsize(form)) for number in range(count)]
    return [(entry[2], entry[2] + entry[3]) for entry in entries]


def _in_slice(data: bytes, base: int, build: Build) -> Iterator[Finding]:
    order = _MAGICS.get(data[:4])
    if order is None:
        return
    wide = data[:4] in (b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf")
    for command in _commands(data, order, wide):
        kind, place = command.kind & ~_REQUIRED, base + command.offset
        if kind == _UUID and len(command.data) >= 24:
            yield _uuid_finding(command.data[8:24], place + 8)
        elif kind == _RPATH:
            path = _text(command.data, order)
            if is_own_place(path):
                yield Finding(place, "LC_RPATH", path, "where the build had libraries", _FIX_PATH, path.encode())
        elif kind in _DYLIBS and len(command.data) >= 24:
            yield from _library_findings(command, order, place, build)
        elif kind == _SYMTAB and len(command.data) >= 24:
            yield from _stab_findings(data, base, struct.unpack_from(order + "4I", command.data, 8), order, wide, build)


def _commands(data: bytes, order: str, wide: bool) -> Iterator[_Command]:
    count, size = struct.unpack_from(order + "II", data, 16)
    offset = 32 if wide else 28
    end = min(offset + size, len(data))
    for _ in range(min(count, _MOST_COMMANDS)):
        if offset + 8 > end:
            raise _DamagedError
        kind, length = struct.unpack_from(order + "II", data, offset)
        if length < 8 or offset + length > end:
            raise _DamagedError
        yield _Command(kind, offset, data[offset : offset + length])
        offset += length


def _text(command: bytes, order: str) -> str:
    """The string that a load command brings along."""
    (start,) = struct.unpack_from(order + "I", command, 8)
    return command[start:].split(b"\0", 1)[0].decode("utf-8", "backslashreplace") if start >= 12 else ""


def _uuid_finding(value: bytes, place: int) -> Finding:
    """Linkers say how they made it: version 3 or 5 is a hash of the contents, 4 is random, 1 is time and machine."""
    number = uuid.UUID(bytes=value)
    if number.variant == uuid.RFC_4122 and number.version in (1, 4):
        made = "random" if number.version == 4 else "made of the time and the machine's network address"
        return Finding(place, "LC_UUID", str(number), f"it is {made}, by its version {number.version}", _FIX_UUID)
    return Finding(place, "LC_UUID", str(number), "a hash of the file with all the above", follows=True)


def _library_findings(command: _Command, order: str, place: int, build: Build) -> Iterator[Finding]:
    kind = command.kind & ~_REQUIRED
    name, path = _DYLIBS[kind], _text(command.data, order)
    if is_own_place(path):
        reveals = "where the library itself was built" if kind == _ID_DYLIB else "where the linker found a library"
        yield Finding(place, name, path, reveals, _FIX_PATH, path.encode())
    if kind != _ID_DYLIB and _PYTHON.search(path) and not any(map(_PYTHON.search, build.libraries)):
        yield Finding(place, name, path, "that the interpreter was one with a shared libpython", _FIX_PYTHON)
    (when,) = struct.unpack_from(order + "I", command.data, 12)
    if build.has_time(when):
        yield Finding(place + 12, f"{name} time stamp", shown_time(when), "when the library was linked", _FIX_TIME)


def _stab_findings(
    data: bytes, base: int, table: tuple[int, ...], order: str, wide: bool, build: Build
) -> Iterator[Finding]:
    """Folders and times in the debug map: N_SO names a source's folder, N_OSO an object file and its time."""
    symbols, count, strings, strings_size = table
    entry = struct.Struct(order + ("IBBhQ" if wide else "IBBhI"))
    count = min(count, _MOST_SYMBOLS, max(len(data) - symbols, 0) // entry.size)
    kinds = data[symbols + 4 : symbols + count * entry.size : entry.size]
    names_end = min(strings + strings_size, len(data))
    seen: set[tuple[str, str]] = set()
    for number, match in enumerate(_STABS.finditer(kinds)):
        if number >= _MOST_STABS:
            return
        offset = symbols + match.start() * entry.size
        index, kind, _, _, value = entry.unpack_from(data, offset)
        begin = strings + index
        name = data[begin : min(begin + _LONGEST, names_end)].split(b"\0", 1)[0]
        path = name.decode("utf-8", "backslashreplace")
        what = "N_OSO" if kind == _N_OSO else "SO stab"
        folder = path.rpartition("/")[0]
        if is_own_place(path) and (what, folder) not in seen:
            seen.add((what, folder))
            reveals = "where the object file was" if kind == _N_OSO else "where the source was compiled"
            yield Finding(base + begin, f"{what} path", path, reveals, _FIX_STABS, name)
        if kind == _N_OSO and build.has_time(value) and (what, "") not in seen:
            seen.add((what, ""))
            reveals = f"when {path.rpartition('/')[2]} was compiled"
            yield Finding(base + offset, "N_OSO time stamp", shown_time(value), reveals, _FIX_TIME)
