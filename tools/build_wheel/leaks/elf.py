"""Finds in ELF files what text alone does not tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from build_wheel.leaks.finding import Finding, is_own_place
from formats.elf import ElfError, read_elf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build_wheel.leaks.finding import Build
    from formats.elf import Elf, Section

_PYTHON = re.compile(r"lib(python|pypy)[\d.]+[a-z]*(-c)?\.so")
# What `-march=native` became: GCC adds the sizes of the caches, which nobody writes by hand.
_THIS_CPU = re.compile(rb"--param[ =]l[12]-cache-size=\d+|-m(?:arch|tune|cpu)=native(?![\w-])")
_COMPILER = re.compile(rb"GNU |(?:[A-Z][\w.]* )?(?:clang|flang|LDC|rustc|GCC)\b")
_TEMPORARY = re.compile(rb"(?<=\0)cc[A-Za-z0-9]{6}\.(?:o|s|ltrans\d+(?:\.ltrans)?\.o)(?=\0)")
_LONGEST_STRING = 1 << 16

_FIX_PATH = (
    "Link by name (-L... -l...), with $ORIGIN or no path at all in the RPATH: with `patches` or `config_settings` "
    "(CMake: CMAKE_BUILD_WITH_INSTALL_RPATH=ON)."
)
_FIX_PYTHON = (
    "Link extension modules without -lpython: the interpreter that loads them has its symbols (`patches`, `env`). "
    "A program that runs Python needs the library in `native_deps`."
)
_FIX_CPU = (
    "Take -march=native out of the package (`patches`, `env`, `config_settings`), and let it find the compiler as "
    "`cc`: it called one that the compiler wrapper does not stand before."
)
_FIX_TEMPORARY = "Compile and link in two steps (cc -c, then cc), or link with -s: with `patches` or `env` (LDFLAGS)."


def elf_findings(data: bytes, build: Build) -> Iterator[Finding]:
    """What an ELF file tells of its build; nothing if it is damaged.

    Args:
        data: the file.
        build: what is known of the build.
    """
    try:
        elf = read_elf(data)
    except ElfError:
        return
    yield from _dynamic(elf, data, build)
    for section in elf.sections:
        if section.name == ".strtab":
            yield from _temporary_names(section)
        elif section.name == ".GCC.command.line" or section.name.startswith(".debug_"):
            yield from _switches(section)
    note = elf.section(".note.gnu.build-id")
    if note and elf.build_id():
        yield Finding(
            note.offset + 16,
            "build id",
            elf.build_id(),
            "a hash of the file with all the above",
            follows=True,
        )


def sections_of(data: bytes) -> tuple[Section, ...]:
    """The file's sections; none if it is damaged."""
    try:
        return read_elf(data).sections
    except ElfError:
        return ()


def _dynamic(elf: Elf, data: bytes, build: Build) -> Iterator[Finding]:
    table = elf.section(".dynstr")
    start = table.offset if table else 0
    for tag, value in elf.dynamic():
        if tag not in ("NEEDED", "RPATH", "RUNPATH"):
            continue
        offset = max(data.find(value.encode(), start), 0)
        for path in value.split(":") if tag != "NEEDED" else [value]:
            if is_own_place(path):
                reveals = "where the linker found a library" if tag == "NEEDED" else "where the build had libraries"
                yield Finding(offset + value.find(path), f"DT_{tag}", path, reveals, _FIX_PATH, path.encode())
        if tag == "NEEDED" and _PYTHON.match(value) and not any(map(_PYTHON.match, build.libraries)):
            reveals = "that the interpreter was one with a shared libpython; no input is this library"
            yield Finding(offset, "DT_NEEDED", value, reveals, _FIX_PYTHON)


def _temporary_names(section: Section) -> Iterator[Finding]:
    for match in _TEMPORARY.finditer(section.data):
        name = match[0].decode()
        yield Finding(
            section.offset + match.start(),
            "symbol of a temporary file",
            name,
            "a name that the compiler made at random",
            _FIX_TEMPORARY,
        )


def _switches(section: Section) -> Iterator[Finding]:
    """Compilers record the switches in DW_AT_producer, whose text is in .debug_str, and in .GCC.command.line."""
    for match in _THIS_CPU.finditer(section.data):
        start = section.data.rfind(b"\0", max(0, match.start() - _LONGEST_STRING), match.start()) + 1
        if section.name == ".GCC.command.line" or _COMPILER.match(section.data, start):
            place = section.offset if section.is_compressed else section.offset + match.start()
            yield Finding(
                place,
                f"compiler switch in {section.name}",
                match[0].decode(),
                "compiled for the CPU of the machine that built it",
                _FIX_CPU,
            )
            return
