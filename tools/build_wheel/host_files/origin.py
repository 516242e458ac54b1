"""Whose a file is that a build used: an input's, the build's own, a toolchain's, the interpreter's, or the host's."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fingerprint.system_files import BASE_UTILITIES, C_LIBRARY, COMPILER_RUN_TIME, is_c_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from build_wheel.params import CcToolchain
    from fingerprint.content import Contents
    from isolation.layout import Layout

_PASSING = ("/tmp", "/var/tmp", "/dev", "/proc")
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/opt")


_LIBPYTHON = f"libpython{sys.version_info.major}.{sys.version_info.minor}"
_MOST_LINKS = 40
_TOO_MUCH = ("/", "/usr", "/usr/local", "/opt")

_COMPILERS_OWN = re.compile(r"/usr/(local/)?lib(32|64|exec)?/(gcc|gcc-cross|clang|llvm[^/]*/lib/clang)/")
_SHARED = re.compile(r"/usr(?:/local)?/include(?:/[^/]*-linux-[^/]*)?(?:/(.+))?")


@dataclass(frozen=True)
class Origins:
    """Tells the host's files from others.

    Args:
        layout: the build's directories.
        real: the same as they are outside of the build's mount namespace.
        inputs: more folders that hold inputs, such as the execution root that links in a sandbox lead to.
        cc: the C++ toolchain.
        source: the source root.
        tools: what the fingerprints list, which the build's key knows; names decide only where there are none, for the
            execution platform is trusted to name the machine.
    """

    layout: Layout
    real: Layout
    inputs: tuple[str, ...]
    cc: CcToolchain | None
    source: Path
    tools: tuple[Contents, ...] = ()

    def of_host(self, path: str, kind: str) -> str:
        """The file as it is called on the host, when it is the host's and no part of a toolchain; else "".

        Args:
            path: absolute, as the build saw it.
            kind: "header", "library" or "program".
        """
        outside = self._outside(path)
        if not outside or _below(outside, _PASSING):
            return ""
        folder, name = os.path.split(outside)
        plain = os.path.join(os.path.realpath(folder), name)  # /lib or /usr/lib: where both are one, it is called so
        if any(tool.has(plain) or plain in tool.links for tool in self.tools):
            return ""
        if self.tools and kind != "program":
            return plain
        known = {"header": self._is_known_header, "library": self._is_known_library, "program": self._is_known_program}
        return "" if known[kind](plain) else plain

    def in_source(self, path: str) -> str:
        """A path of the build as a message names it: relative to the source root, where it is below it."""
        for root in (str(self.source), *self._roots):
            if _below(path, [root]):
                return os.path.relpath(path, root)
        return path

    @functools.cached_property
    def _roots(self) -> tuple[str, ...]:
        roots = (str(self.layout.root), str(self.real.root))
        return tuple(dict.fromkeys((*roots, *map(os.path.realpath, roots))))

    def _outside(self, path: str) -> str:
        """Where a path leads that is no input and not the build's own; "" where it leads to one of these.

        Step by step: a link in the build may lead out of it, and one among the inputs is an input, wherever it leads.
        """
        steps = path.split("/")[::-1]
        place, links = "/", 0
        while steps:
            step = steps.pop()
            if step == "..":
                place = os.path.dirname(place if _below(place, self._roots) else os.path.realpath(place))
                continue
            place = os.path.join(place, step)
            if self._is_input(place):
                return ""
            if _below(place, self._roots) and os.path.islink(place) and links < _MOST_LINKS:
                links += 1
                steps += os.readlink(place).split("/")[::-1]
                place = os.path.dirname(place)
                if steps[-1] == "":
                    place = "/"
        return "" if _below(place, self._roots) else place

    def _is_input(self, place: str) -> bool:
        if _below(place, self._roots) or any(_below(root, [place]) for root in self._roots):
            return False
        if str(self.real.execroot) == "/" and not _below(place, _SYSTEM):
            return True  # as on some remote workers: the inputs are beside the system's folders
        return _below(place, [root for root in self._input_roots if root != "/"])

    @functools.cached_property
    def _input_roots(self) -> tuple[str, ...]:
        roots = (str(self.layout.execroot), str(self.real.execroot), *self.inputs)
        return tuple(dict.fromkeys((*roots, *map(os.path.realpath, roots))))

    def _is_known_header(self, path: str) -> bool:
        shared = _SHARED.fullmatch(path)
        name = shared[1] if shared else None
        return _is_python_header(path) or (is_c_header(name) if name else self._is_compilers(path))

    def _is_known_library(self, path: str) -> bool:
        name = os.path.basename(path)
        return (
            bool(C_LIBRARY.fullmatch(name) or COMPILER_RUN_TIME.fullmatch(name))
            or name.startswith(_LIBPYTHON)
            or self._is_compilers(path)
        )

    def _is_known_program(self, path: str) -> bool:
        if os.path.basename(path) in BASE_UTILITIES and _below(path, ("/usr/bin", "/bin")):
            return True
        tools = [getattr(sys, "_base_executable", sys.executable)]
        if self.cc:
            tools += [self.cc.c_compiler, self.cc.cxx_compiler, self.cc.archiver, self.cc.linker]
            tools += self.cc.other_tools.values()
        return os.path.realpath(path) in {os.path.realpath(self.layout.path(tool)) for tool in tools}

    def _is_compilers(self, path: str) -> bool:
        return bool(_COMPILERS_OWN.match(path)) or _below(path, self._compilers_folders)

    @functools.cached_property
    def _compilers_folders(self) -> tuple[str, ...]:
        """Asked of the compiler only where a file is in none of the usual places."""
        if not self.cc:
            return ()
        flags = [flag for flag in self.cc.cxx_flags if flag.startswith(("--sysroot", "--target", "-stdlib", "-m32"))]
        return tuple(compilers_folders(str(self.layout.path(self.cc.cxx_compiler)), flags))


def compilers_folders(compiler: str, flags: Sequence[str]) -> list[str]:
    """Folders that hold nothing but what belongs to a compiler: its headers, its libraries, its sysroot.

    Args:
        compiler: a C++ compiler.
        flags: those that decide on the folders.
    """
    line = [compiler, *flags, "-E", "-v", "-x", "c++", os.devnull]
    plain = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(line, env=plain, capture_output=True, text=True, errors="replace", check=False)
    listed = done.stderr.partition("#include <...> search starts here:\n")[2].partition("End of search list.")[0]
    found = []
    for word in listed.splitlines():
        folder = os.path.realpath(word.strip())
        if not _SHARED.fullmatch(folder):
            # In a sysroot everything is the toolchain's; libgcc.a is beside .../gcc/x86_64-linux-gnu/12/include.
            sysroot = folder.removesuffix("/usr/include")
            found += [folder, os.path.dirname(folder) if sysroot == folder else sysroot]
    return [folder for folder in dict.fromkeys(found) if folder not in _TOO_MUCH]


def _below(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


def _is_python_header(path: str) -> bool:
    """Whether a header came with the interpreter; not one that a package put beside those."""
    folders = _python_include_folders()
    names = {os.path.basename(folder) for folder in folders}
    shared = _SHARED.fullmatch(path)
    relative = next((os.path.relpath(path, folder) for folder in folders if _below(path, [folder])), "")
    if not relative and shared and shared[1]:  # Debian has pyconfig.h in /usr/include/x86_64-linux-gnu/python3.14
        first, _, rest = shared[1].partition("/")
        relative = rest if first in names else ""
    folder = relative.rpartition("/")[0]
    return bool(relative) and (not folder or folder.split("/")[0] in ("cpython", "internal"))


@functools.cache  # sysconfig takes long to answer, and there are hundreds of headers
def _python_include_folders() -> frozenset[str]:
    folders = {sysconfig.get_path("include"), sysconfig.get_path("platinclude")}
    return frozenset(folders | {os.path.realpath(folder) for folder in folders})
