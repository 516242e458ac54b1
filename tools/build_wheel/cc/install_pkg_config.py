"""Puts a pkg-config on PATH that knows the libraries of `native_deps`."""

from __future__ import annotations

import json
import re
import shlex
import sys
from typing import TYPE_CHECKING, Any

from build_wheel.cc.native_deps import include_flags, plain_names
from common.resources import write_bytecode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from build_wheel.params import Library, Native
    from isolation.layout import Layout

_NAMES = ("pkg-config", "pkgconf")
_OF_SEVERAL = {"openssl": ("ssl", "crypto"), "zlib": ("z",)}
"""Modules that are called as no library of theirs is."""

_LIBRARY = re.compile(r"lib(?P<name>.+?)(?:\.a|\.so(?P<version>(?:\.\d+)*))")
_VERSION = re.compile(r'^\s*#\s*define\s+\w*VERSION(?:_STR|_STRING|_TEXT)?\s+"v?(\d+(?:\.\d+)+[a-z]?)', re.MULTILINE)
_PART = r"^\s*#\s*define\s+\w*VERSION_(?:{})\s+\(?(\d+)"
_PARTS = ("MAJOR", "MINOR", "PATCH|MICRO|RELEASE|REVISION|SUBMINOR|TINY")


def install_pkg_config(layout: Layout, native: Native, tools: Iterable[str]) -> None:
    """Writes it beside the compiler wrappers; not where the target brings its own, or has no libraries.

    Args:
        layout: where.
        native: the libraries.
        tools: the names of the target's own programs.
    """
    known = modules(layout, native)
    if not known or "pkg-config" in tools:
        return
    program, data = layout.compilers / "pkg_config.pyc", layout.compilers / "pkg_config.json"
    write_bytecode(__package__, "pkg_config.py", program)
    data.write_text(json.dumps(known, indent=1, sort_keys=True), encoding="utf-8")
    line = shlex.join([sys.executable, "-I", "-S", "-B", "-X", "utf8", str(program), str(data)])
    for name in _NAMES:
        script = layout.compilers / name
        script.write_text(f'#!/bin/sh\nexec {line} "$@"\n', encoding="utf-8")
        script.chmod(0o755)


def modules(layout: Layout, native: Native) -> dict[str, dict[str, Any]]:
    """What pkg-config is to know, by the names of its modules: `libX.a` is X, and libX too."""
    found = {name: version for library in reversed(native.libraries) for name, version in _names(library)}
    headers = [layout.path(path) for path in (*native.includes, *native.system_includes)]
    flags = [flag for flag in include_flags(layout, native) if not flag.startswith("-iquote")]
    flags = [re.sub("^-isystem", "-I", flag) for flag in flags]
    known: dict[str, dict[str, Any]] = {}
    for module, parts in {**{name: (name,) for name in found}, **_OF_SEVERAL}.items():
        if not all(part in found for part in parts):
            continue
        version = next(filter(None, (found[part] for part in parts)), "")
        version = version or header_version(headers, [module, *parts])
        known[module] = {
            "cflags": flags,
            "libs": [f"-L{layout.libraries}", *(f"-l{part}" for part in parts)],
            "variables": {
                "includedir": str(headers[0]) if headers else "",
                "libdir": str(layout.libraries),
                "prefix": str(layout.root),
            },
            "version": version,
        }
        for part in parts:  # a header of the whole tells theirs, too
            known[part]["version"] = known[part]["version"] or version
    return {**{f"lib{name}": told for name, told in known.items()}, **known}


def _names(library: Library) -> Iterable[tuple[str, str]]:
    """What comes after `-l` for a library, and its version where the file's name tells that."""
    file = library.path.rpartition("/")[2]
    numbers = _LIBRARY.fullmatch(file)
    version = (numbers["version"] or "")[1:] if numbers else ""
    for name in plain_names(file) or [file]:
        match = _LIBRARY.fullmatch(name)
        if match:
            yield match["name"], version if "." in version else ""  # one number is an ABI's


def header_version(folders: Iterable[Path], names: Iterable[str]) -> str:
    """A library's version, where one of its headers defines it; else "".

    Args:
        folders: in which headers are looked for.
        names: of the library.
    """
    for name in names:
        stem = name.removeprefix("lib")
        files = [f"{stem}.h", f"{stem}_version.h", f"{stem}-version.h", f"{stem}version.h", f"{stem}v.h"]
        files += [f"{stem}/{file}" for file in ("version.h", f"{stem}.h", f"{stem}_version.h", f"{stem}v.h")]
        for place in (folder / file for folder in folders for file in files):
            if not place.is_file():
                continue
            text = place.read_text(encoding="utf-8", errors="replace")
            whole = _VERSION.search(text)
            if whole:
                return whole[1]
            parts = [re.search(_PART.format(part), text, re.MULTILINE) for part in _PARTS]
            if parts[0] and parts[1]:
                return ".".join(part[1] for part in parts if part)
    return ""
