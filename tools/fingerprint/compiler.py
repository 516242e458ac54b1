"""What a C and C++ compiler is: GCC, Clang and those that take their options."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from fingerprint.facts import Fingerprint
from fingerprint.listing import Listing
from fingerprint.programs import PATH, add_programs, find_program
from fingerprint.system_files import (
    C_FOLDERS,
    C_LIBRARY,
    COMPILER_RUN_TIME,
    IN_C_FOLDERS,
    is_c_header,
)

if TYPE_CHECKING:
    from fingerprint.content import Contents

_PROGRAMS = (
    *("ar", "as", "addr2line", "c++filt", "dwp", "elfedit", "gprof", "ld", "ld.bfd", "ld.gold", "ld.lld", "ld.mold"),
    *("mold", "nm", "objcopy", "objdump", "ranlib", "readelf", "size", "strings", "strip"),
    *("cc1", "cc1plus", "collect2", "lto-wrapper", "lto1", "g++-mapper-server", "lld"),
    *("llvm-ar", "llvm-nm", "llvm-objcopy", "llvm-objdump", "llvm-ranlib", "llvm-readelf", "llvm-strip", "llvm-dwp"),
)
"""What a driver starts, and what stands beside it in a toolchain."""

_BESIDE = {
    "gcc": ("gcc", "g++", "c++", "cc", "cpp", "gcc-ar", "gcc-nm", "gcc-ranlib", "gcov", "gcov-tool"),
    "cc": ("cc", "c++", "cpp"),
    "clang": ("clang", "clang++", "clang-cpp"),
}
"""The other drivers that a compiler is called by; with its prefix and suffix, as in x86_64-linux-gnu-gcc-16."""

_SHARED_FOLDERS = re.compile(r"(/usr(/local)?/(include|lib(32|64)?)|/lib(32|64)?)(/[^/]*-linux-[^/]*)?")
"""Folders that hold the C library's files, and everyone else's."""

_TOO_MUCH = ("/", "/usr", "/usr/bin", "/usr/local", "/usr/local/bin", "/bin", "/opt")
_WORD = re.compile(rb"/[\w.+/@-]+")
_SCRIPT = 1 << 16


def compiler_fingerprint(compiler: str) -> Fingerprint:
    """What it says of itself, and all files that it starts, reads or adds to what it makes.

    Args:
        compiler: its path.

    Raises:
        OSError: it can't be started, or a file of it can't be read.
        ValueError: it is no compiler, or does not take the options that GCC and Clang know.
    """
    # GCC begins with the name by which it was called.
    version = _ask(compiler, "--version").splitlines()[0].removeprefix(os.path.basename(compiler)).strip()
    target = _ask(compiler, "-dumpmachine").strip()
    contents = compiler_contents(compiler)
    facts = {"kind": "compiler", "version": version, "target": target, **contents.hashed()}
    return Fingerprint(facts, contents)


def compiler_contents(compiler: str) -> Contents:
    """The files of a compiler: drivers, programs, headers and libraries.

    Args:
        compiler: its path.

    Raises:
        OSError: it can't be started.
        ValueError: it does not take the options that GCC and Clang know.
    """
    listing = Listing()
    drivers = _drivers(find_program(compiler) or compiler)
    named = _named(compiler, "-print-prog-name={}", _PROGRAMS)
    # Of a compiler that is an input these are not its own.
    plain = filter(None, map(find_program, _PROGRAMS)) if os.path.isabs(compiler) else ()
    add_programs(listing, dict.fromkeys([*drivers, *named, *plain]))
    for folder in _own_folders(compiler):
        listing.add(folder)
    for folder in _header_folders(compiler):
        _add_headers(listing, folder)
    for folder in _library_folders(compiler):
        _add_libraries(listing, folder)
    return listing.contents()


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
        env={"LC_ALL": "C", "PATH": PATH},
    )


def _ask(compiler: str, *options: str) -> str:
    done = _run(compiler, *options)
    answer = done.stdout if done.stdout.strip() else done.stderr
    if done.returncode != 0 or not answer.strip():
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ValueError(f"`{' '.join(options)}` gives nothing: {said}")
    return answer


def _named(compiler: str, option: str, names: tuple[str, ...]) -> list[str]:
    """The files that the compiler finds for these names; it repeats the names of those that it does not have."""
    found = []
    for name in names:
        path = _ask(compiler, option.format(name)).strip()
        if os.path.dirname(path) == "":
            path = find_program(path)
        if path and Path(path).is_file():
            found.append(path)
    return found


def _drivers(compiler: str) -> list[str]:
    """The compiler by all its names; of a script, also the compiler that it starts."""
    found = [compiler]
    with open(compiler, "rb") as file:
        text = file.read(_SCRIPT)
    if text.startswith(b"#!"):
        words = [os.fsdecode(word) for word in _WORD.findall(text.partition(b"\n")[2])]
        words += re.findall(r"^COLLECT_GCC=(.+)$", _verbose(compiler), re.MULTILINE)
        for word in words:
            found += filter(None, [find_program(word)])
    for driver in list(found):
        folder, name = os.path.split(os.path.realpath(driver))
        for place in {(os.path.dirname(driver), os.path.basename(driver)), (folder, name)}:
            found += _beside(*place)
    return list(dict.fromkeys(found))


def _beside(folder: str, name: str) -> list[str]:
    match = re.fullmatch(r"(?P<prefix>.*-)?(?P<kind>gcc|cc|clang)(?P<suffix>-[\d.]+)?", name)
    if not match:
        return []
    prefix, suffix = match["prefix"] or "", match["suffix"] or ""
    paths = [os.path.join(folder, prefix + other + suffix) for other in _BESIDE[match["kind"]]]
    return [path for path in paths if os.path.exists(path)]


def _verbose(compiler: str, language: str = "c") -> str:
    return _run(compiler, "-E", "-v", "-x", language, os.devnull).stderr


def _own_folders(compiler: str) -> list[str]:
    """Folders that hold nothing but what belongs to the compiler."""
    paths = _named(compiler, "-print-file-name={}", ("crtbegin.o", "libgcc.a"))
    paths += _named(compiler, "-print-prog-name={}", ("cc1", "cc1plus", "collect2"))
    folders = {os.path.dirname(os.path.realpath(path)) for path in paths}
    try:
        folders.add(_ask(compiler, "-print-resource-dir").strip())
    except ValueError:
        folders.add(os.path.dirname(_ask(compiler, "-print-file-name=include").strip()))
    if os.path.isabs(compiler):  # ar's and ld's: the plugin for link time optimisation, and linker scripts
        linker = os.path.dirname(os.path.dirname(os.path.realpath(find_program("ld"))))
        folders |= {os.path.join(linker, "lib", name) for name in ("bfd-plugins", "ldscripts")}
    found = {os.path.realpath(folder) for folder in folders if os.path.isabs(folder)}
    return sorted(folder for folder in found if not _SHARED_FOLDERS.fullmatch(folder) and folder not in _TOO_MUCH)


def _header_folders(compiler: str) -> list[str]:
    """The folders that the compiler looks for headers in, in its order."""
    found = []
    for language in ("c++", "c"):
        listed = _verbose(compiler, language).partition("#include <...> search starts here:\n")[2]
        found += [line.strip() for line in listed.partition("End of search list.")[0].splitlines()]
    return [folder for folder in dict.fromkeys(map(os.path.normpath, found)) if folder not in _TOO_MUCH]


def _add_headers(listing: Listing, folder: str) -> None:
    if not _SHARED_FOLDERS.fullmatch(os.path.realpath(folder)):
        listing.add(folder)
        return
    foreign = {name.partition("/")[0]: name.partition("/")[2] for name in IN_C_FOLDERS}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        path = os.path.join(folder, name)
        if name in C_FOLDERS and os.path.isdir(path):
            without = [other.partition("/")[2] for other in IN_C_FOLDERS if other.startswith(f"{name}/")]
            present = [other for other in without if os.path.exists(os.path.join(path, other))]
            listing.add(path, present if name in foreign else ())
        elif name.endswith(".h") and is_c_header(name):
            listing.add(path)


def _library_folders(compiler: str) -> list[str]:
    listed = re.search(r"^libraries: =?(.*)$", _ask(compiler, "-print-search-dirs"), re.MULTILINE)
    folders = listed[1].split(":") if listed else []
    return list(dict.fromkeys(os.path.normpath(folder) for folder in folders if os.path.isdir(folder)))


def _add_libraries(listing: Listing, folder: str) -> None:
    for name in sorted(os.listdir(folder)):
        if C_LIBRARY.fullmatch(name) or COMPILER_RUN_TIME.fullmatch(name):
            path = os.path.join(folder, name)
            listing.add(path)
            for named in _named_in_script(path):
                listing.add(named)


def _named_in_script(path: str) -> list[str]:
    """The files that a linker script, such as glibc's libc.so, names."""
    try:
        if os.path.getsize(path) > _SCRIPT:
            return []
        with open(path, "rb") as file:
            text = file.read()
    except OSError:
        return []
    if b"GROUP" not in text and b"INPUT" not in text:
        return []
    return [os.fsdecode(word) for word in _WORD.findall(text) if os.path.isfile(word)]
