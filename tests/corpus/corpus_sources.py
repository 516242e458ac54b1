"""What an sdist is made of, as far as its files and its build requirements tell."""

from __future__ import annotations

import re
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SUFFIXES = {"c": "C", "cc": "C++", "cpp": "C++", "cxx": "C++", "pyx": "Cython", "rs": "Rust"}
_REQUIREMENTS = {
    "cython": "Cython",
    "cffi": "CFFI",
    "pybind11": "pybind11",
    "nanobind": "nanobind",
    "swig": "SWIG",
    "meson": "Meson",
    "cmake": "CMake",
}
_NOT_BUILT = re.compile(r"/(tests?|testing|docs?|examples?|fuzz|benchmarks?|win\w*|demos?)/", re.IGNORECASE)
_CALLS_MAKE = re.compile(r"""["'](make|gmake|nmake)["']|\bmake -|make\.sh|["']\./configure|configure_command""")
_SCRIPTS = re.compile(r"[^/]+/(_?setup\w*|build\w*)\.py")


def what_it_is_made_of(sdist: Path, build_requires: Iterable[str], *, pure: bool) -> str:
    """Languages, generators and build tools, such as "C, Cython, Meson"; "Python" for a pure wheel.

    Args:
        sdist: the archive.
        build_requires: file names of the wheels that build it.
        pure: whether the wheel has nothing compiled in it.
    """
    if pure:
        return "Python"
    found = {_SUFFIXES[suffix] for suffix in _suffixes(sdist)}
    names = {name.split("-")[0].lower() for name in build_requires}
    found |= {title for name, title in _REQUIREMENTS.items() if name in names}
    if _calls_make(sdist):
        found.add("Make")
    order = list(dict.fromkeys([*_SUFFIXES.values(), *_REQUIREMENTS.values(), "Make"]))
    return ", ".join(sorted(found, key=order.index))


def read_reasons(file: Path) -> dict[str, str]:
    """Reads lines of the form "package: reason"."""
    pairs = (line.partition(":") for line in file.read_text(encoding="utf-8").splitlines() if line)
    return {name: reason.strip() for name, _, reason in pairs if not name.startswith("#")}


def _suffixes(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        names = [name for name in archive.getnames() if not _NOT_BUILT.search(name)]
    return {name.rpartition(".")[2] for name in names} & _SUFFIXES.keys()


def _calls_make(sdist: Path) -> bool:
    with tarfile.open(sdist) as archive:
        for member in archive.getmembers():
            if member.isfile() and _SCRIPTS.fullmatch(member.name):
                file = archive.extractfile(member)
                assert file
                if _CALLS_MAKE.search(file.read().decode("utf-8", "replace")):
                    return True
    return False
