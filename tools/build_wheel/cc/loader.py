"""Finds libraries outside of the wheel: where the dynamic loader will, and among the build requirements."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from formats.elf import ElfError
from formats.elf_dynamic import open_dynamic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formats.elf_dynamic import Dynamic

# No regular expressions: this is imported by every build, and compiling them takes longer than a small wheel's check.
_C_LIBRARY = frozenset(
    [
        *("libBrokenLocale", "libanl", "libc", "libdl", "libm", "libmvec", "libnsl", "libpthread", "libresolv"),
        *("librt", "libutil"),
    ]
)
_C_LIBRARYS_BEGINNINGS = ("ld-linux", "ld-musl-", "ld64.", "libc.musl-")
_COMPILERS = frozenset(
    [
        *("libasan", "libatomic", "libc++", "libc++abi", "libgcc_s", "libgfortran", "libgomp", "libhwasan", "libitm"),
        *("liblsan", "libobjc", "libomp", "libquadmath", "libssp", "libstdc++", "libsupc++", "libtsan", "libubsan"),
        *("libunwind",),
    ]
)


def is_system_library(name: str) -> bool:
    """Whether a library is the C library's or the compiler's own, which a wheel is not expected to bring along.

    Args:
        name: as in DT_NEEDED.
    """
    return _is_c_library(name) or name.partition(".so")[0] in _COMPILERS or name.startswith("libclang_rt.")


def is_pythons_library(name: str) -> bool:
    """Whether a library is libpython, or PyPy's."""
    return name.startswith("libpypy") or (name.startswith("libpython") and name[len("libpython") :][:1].isdigit())


def _is_c_library(name: str) -> bool:
    return name.partition(".so")[0] in _C_LIBRARY or name.startswith(_C_LIBRARYS_BEGINNINGS)


class Loader:
    """Finds libraries by their names.

    Args:
        site_packages: the build requirements: a wheel may need the libraries of another, which is imported first.
        compiler: the C compiler, which knows where its own libraries are, or "".
    """

    def __init__(self, site_packages: Path, compiler: str) -> None:
        self._site_packages = site_packages
        self._compiler = compiler
        self._opened: dict[str, Dynamic | None] = {}
        self._found: dict[tuple[str, tuple[int, int, int], tuple[str, ...]], Dynamic | None] = {}
        self._places: dict[Dynamic, Path] = {}

    @cached_property
    def interpreter(self) -> tuple[Dynamic, ...]:
        """What gives every extension symbols: the interpreter, its libpython, and the C library of these."""
        program = self._open("/proc/self/exe" if Path("/proc/self/exe").exists() else os.path.realpath(sys.executable))
        scope = [program] if program else []
        names = set()
        for member in scope:
            for name in member.needed:
                if name not in names and (_is_c_library(name) or is_pythons_library(name)):
                    names.add(name)
                    found = self.find(name, member)
                    scope += [found] if found else []
        loaded = (self._open(place) for name, place in self._mapped.items() if is_pythons_library(name))
        return tuple(dict.fromkeys([*scope, *filter(None, loaded)]))

    def find(self, name: str, asker: Dynamic) -> Dynamic | None:
        """The library that the loader takes, or None where nobody has it.

        Args:
            name: as in DT_NEEDED.
            asker: who needs it; libraries in its run path are found, too.
        """
        key = (name, asker.architecture, asker.run_path)
        if key not in self._found:
            places = (str(Path(folder, name)) for folder in self._folders(asker))
            libraries = filter(None, map(self._open, self._candidates(name, places)))
            fitting = (library for library in libraries if library.architecture == asker.architecture)
            self._found[key] = next(fitting, None)
        return self._found[key]

    def _candidates(self, name: str, places: Iterable[str]) -> Iterator[str]:
        if "/" in name:  # a path, which is relative to wherever Python is started
            yield from [name] if name.startswith("/") else []
            return
        if name in self._mapped:
            yield self._mapped[name]
        yield from places
        if name in self._build_requirements:
            yield self._build_requirements[name]
        if self._compiler and is_system_library(name):
            line = [self._compiler, f"-print-file-name={name}"]
            answer = subprocess.run(line, capture_output=True, text=True, check=False).stdout.strip()
            if Path(answer).is_absolute():
                yield answer

    def _open(self, place: str) -> Dynamic | None:
        """A library of this machine; None where there is none, or a text that is for the linker."""
        if place not in self._opened:
            try:
                self._opened[place] = found = open_dynamic(Path(place))
                self._places[found] = Path(os.path.realpath(place))
            except (OSError, ElfError):
                self._opened[place] = None
        return self._opened[place]

    def _folders(self, asker: Dynamic) -> Iterator[str]:
        origin = str(self._places[asker].parent) if asker in self._places else ""
        for path in asker.run_path:
            if "$" not in path:
                yield path
            elif origin:
                yield path.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)
        yield from self._default_folders

    @cached_property
    def _default_folders(self) -> tuple[str, ...]:
        triple = f"{platform.machine()}-linux-gnu"
        own = [str(Path(place).parent) for name, place in self._mapped.items() if _is_c_library(name)]
        folders = ["/usr/local/lib", f"/lib/{triple}", f"/usr/lib/{triple}", "/lib64", "/usr/lib64", "/lib", "/usr/lib"]
        return tuple(dict.fromkeys([*own, *folders, *_configured(Path("/etc/ld.so.conf"), 3)]))

    @cached_property
    def _mapped(self) -> dict[str, str]:
        """The libraries that this process, which is the interpreter, has loaded."""
        try:
            lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        except OSError:
            return {}
        places = [line.split(maxsplit=5)[-1] for line in lines if ".so" in line]
        return {Path(place).name: place for place in dict.fromkeys(places) if place.startswith("/")}

    @cached_property
    def _build_requirements(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for folder, _, files in os.walk(self._site_packages, followlinks=True):
            found.update((name, f"{folder}/{name}") for name in files if ".so" in name)
        return found


def _configured(file: Path, depth: int) -> Iterator[str]:
    """The folders in an ld.so.conf and what it includes."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words[:1] == ["include"] and depth:
            for pattern in words[1:]:
                base = Path("/") if pattern.startswith("/") else file.parent
                for name in sorted(base.glob(pattern.lstrip("/"))):
                    yield from _configured(name, depth - 1)
        elif words and words[0].startswith("/"):
            yield words[0]
