"""What the interpreter that runs this is."""

from __future__ import annotations

import importlib
import json
import os
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from fingerprint.content import Contents
from fingerprint.facts import Fingerprint
from fingerprint.listing import Listing
from fingerprint.programs import add_programs, add_shared_libraries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_VARIABLES = ("ABIFLAGS", "CC", "CFLAGS", "CONFIG_ARGS", "CXX", "EXT_SUFFIX", "LDFLAGS", "LDSHARED", "SOABI")

# Modules that bring shared libraries with them.
_MODULES = ("_bz2", "_ctypes", "_decimal", "_hashlib", "_lzma", "_sqlite3", "_ssl", "pyexpat", "zlib")

_NO_PART = ("dist-packages", "idlelib", "site-packages", "test", "tests", "turtledemo")
"""What is in the standard library's folder and no part of what builds see: what was installed, and tests."""

BASE = getattr(sys, "_base_executable", sys.executable)
"""The interpreter that runs this: in a virtual environment, that which it was made with."""

_ASK = """import json, sys
sys.path.insert(0, sys.argv[1])
from fingerprint.interpreter import interpreter_contents, interpreter_fingerprint
"""


def interpreter_fingerprint(path: str) -> Fingerprint:
    """What it says of itself, its executable and the shared libraries that it uses, its standard library and headers.

    Args:
        path: that of the interpreter which runs this: perhaps a script that starts it.

    Raises:
        OSError: a file of it can't be read.
    """
    contents = interpreter_contents(path)
    prefix = os.path.realpath(sys.base_prefix)
    facts = {
        "kind": "interpreter",
        "implementation": platform.python_implementation(),
        "version": sys.version,
        "platform": sysconfig.get_platform(),
        "c_library": _c_library(),
        "sysconfig": {name: str(sysconfig.get_config_var(name) or "").replace(prefix, "") for name in _VARIABLES},
        **contents.hashed(),
    }
    return Fingerprint(facts, contents)


def interpreter_contents(path: str) -> Contents:
    """The files of the interpreter that runs this.

    Args:
        path: its path: perhaps a script that starts it.
    """
    listing = Listing()
    add_programs(listing, [path, BASE])
    for library in sorted(set(_mapped_libraries())):
        listing.add(library)
    for folder in sorted({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}):
        listing.add(folder, _present(folder))
        loaded = Path(folder, "lib-dynload")
        add_shared_libraries(listing, map(str, loaded.glob("*.so")))
    for folder in _header_folders():
        listing.add(folder)
    return listing.contents()


def own_fingerprint() -> Fingerprint:
    """The fingerprint of `BASE`: without what a virtual environment adds, and the modules that this process has loaded.

    Raises:
        OSError: a file of it can't be read.
    """
    facts = _asked("interpreter_fingerprint(sys.argv[2]).facts")
    return Fingerprint(facts, Contents.read(facts))


def own_contents() -> Contents:
    """The files of `BASE`, likewise."""
    return Contents.read(_asked("interpreter_contents(sys.argv[2]).as_json()"))


def _asked(question: str) -> dict[str, Any]:
    """What a process of `BASE` answers."""
    code = f"{_ASK}json.dump({question}, sys.stdout)"
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    line = [BASE, "-I", "-S", "-B", "-X", "utf8", "-c", code, here, BASE]
    done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{BASE} can't be asked: {done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _present(folder: str) -> list[str]:
    return [name for name in _NO_PART if os.path.exists(os.path.join(folder, name))]


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


def _header_folders() -> list[str]:
    """The folders of Python's headers; on Debian, pyconfig.h includes one for the architecture."""
    own = {sysconfig.get_path("include"), sysconfig.get_path("platinclude")}
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    others = {os.path.join(os.path.dirname(folder), multiarch, os.path.basename(folder)) for folder in own if multiarch}
    config = os.path.dirname(sysconfig.get_config_h_filename())
    found = sorted({*own, *others, config})
    return [folder for folder in found if os.path.basename(folder).startswith("python") and os.path.isdir(folder)]
