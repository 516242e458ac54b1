"""What the interpreter that runs this is."""

from __future__ import annotations

import importlib
import os
import platform
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from fingerprint.content import Fingerprint, group, hashes

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLES = ("ABIFLAGS", "CC", "CFLAGS", "CONFIG_ARGS", "CXX", "EXT_SUFFIX", "LDFLAGS", "LDSHARED", "SOABI")

# Modules that bring shared libraries with them.
_MODULES = ("_bz2", "_ctypes", "_decimal", "_hashlib", "_lzma", "_sqlite3", "_ssl", "pyexpat", "zlib")

_SKIPPED = {"__pycache__", "dist-packages", "idlelib", "site-packages", "test", "tests", "turtledemo"}


def interpreter_fingerprint(path: str) -> Fingerprint:
    """What it says of itself, its executable and the shared libraries that it uses, its standard library and headers.

    Paths are relative to its prefix: the same interpreter in another folder is the same.

    Args:
        path: that of the interpreter which runs this: perhaps a script that starts it.

    Raises:
        OSError: a file of it can't be read.
    """
    prefix = os.path.realpath(sys.base_prefix)
    executables = [os.path.realpath(getattr(sys, "_base_executable", sys.executable)), os.path.realpath(path)]
    standard_library = sysconfig.get_path("stdlib")
    libraries = sorted(path for path in _mapped_libraries() if not path.startswith(standard_library + "/"))
    headers = sorted(_headers())
    facts = {
        "kind": "interpreter",
        "implementation": platform.python_implementation(),
        "version": sys.version,
        "platform": sysconfig.get_platform(),
        "c_library": _c_library(),
        "sysconfig": {name: str(sysconfig.get_config_var(name) or "").replace(prefix, "") for name in _VARIABLES},
        "files": hashes([*executables, *libraries], prefix),
        "standard_library": group(_sources(standard_library), prefix),
        "headers": group(headers, prefix),
    }
    config = sysconfig.get_config_h_filename()
    return Fingerprint(facts, (*executables, *libraries, config))


def _c_library() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):
        return " ".join(platform.libc_ver())


def _mapped_libraries() -> Iterator[str]:
    """The shared libraries of this process: libpython, the C library, and what the standard library's modules use."""
    for name in _MODULES:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    maps = Path("/proc/self/maps")
    if maps.exists():
        for line in maps.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            path = line.partition("/")
            file = "/" + path[2]
            if path[1] and ".so" in os.path.basename(file) and os.path.exists(file):
                yield file


def _sources(folder: str) -> Iterator[str]:
    """The files of the standard library, without bytecode, tests and what was installed."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - _SKIPPED)
        for name in files:
            path = os.path.join(parent, name)
            if os.path.exists(path):  # some distributions ship links that lead nowhere
                yield path


def _headers() -> Iterator[str]:
    folders = {sysconfig.get_path("include"), sysconfig.get_path("platinclude")}
    for folder in filter(None, folders):
        yield from _sources(folder)
    config = sysconfig.get_config_h_filename()
    if os.path.exists(config):
        yield config
