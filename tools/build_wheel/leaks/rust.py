"""Finds in native code what Rust tells of the build: paths of sources, which each panic has, and of build scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from build_wheel.leaks.finding import Finding, is_own_place
from build_wheel.leaks.parts import MACHO_MAGICS
from formats.elf import MAGIC as ELF_MAGIC

if TYPE_CHECKING:
    from collections.abc import Iterator

_BINARIES = (ELF_MAGIC, b"MZ", *MACHO_MAGICS)
_MOST = 100
_RUSTC = b"rustc version "
# Nothing need end a string: the first ".rs" ends a path, and the next string may begin there.
_SOURCE = re.compile(rb"(?:/(?:(?!\.rs)[\w.+@~=-]){1,255}){2,64}\.rs")
_CRATE = re.compile(rb"(?P<root>.*?/(?:registry/src|git/checkouts)/[^/]+/(?P<name>[^/]+))/")
_TOOLCHAIN = re.compile(rb"(?P<root>.*?/toolchains/[^/]+|.*?/lib/rustlib/src/rust)/")
_KNOWN = re.compile(rb"/(?:registry/src|git/checkouts|toolchains|rustlib/src)/")  # it is one, whatever is before it
_PATH_CHARACTER = re.compile(rb"[\w.+@~=-]")
# Where cargo has a build script write, see https://doc.rust-lang.org/cargo/reference/build-cache.html
_OUTPUT = re.compile(
    rb"(?:/(?:(?!\.rs/)[\w.+@~=-]){1,255}){0,64}?/target/(?:[\w-]{1,64}/)?(?:release|debug)/build/(?P<name>[\w-]{1,64})-[0-9a-f]{16}/out\b"
)
_OF_RUSTC = b"/cargo/registry/"  # up to rustc 1.80, its own crates were there when it was built

_FIX_PATH = (
    "Let the package call `cargo` and `rustc` by these names, whose wrappers map all paths. Take what names others "
    "(RUSTC, RUSTC_WRAPPER, a toolchain file) out of it, with `patches` or `env`."
)
FIX_VARIABLES = (
    'Rust: rustc maps paths of sources, not what env!("CARGO_MANIFEST_DIR") and env!("OUT_DIR") put into strings. '
    "Take these out of the crate, with `patches`."
)
"""What to do about a path of the build in code that rustc made."""


def is_rust(data: bytes) -> bool:
    """Whether a file is native code that rustc made, which names itself in it."""
    return data.startswith(_BINARIES) and (_RUSTC in data or b"/rustc/" in data)


def rust_findings(name: str, data: bytes) -> Iterator[Finding]:
    """The places of crates, toolchains and other sources of Rust, each once.

    rustc's own sources, /rustc/COMMIT/library, are no leak: these paths are in every rustc of that commit.

    Args:
        name: the file's name, or that of a section of debug information.
        data: its content. Only native code is looked at.
    """
    if not data.startswith(_BINARIES) and not name.startswith(".debug_"):
        return
    seen: set[bytes] = set()
    for match in _OUTPUT.finditer(data) if b"/build/" in data else ():
        if _is_new(match[0], seen):
            crate = match["name"].decode()
            reveals = f"where the build script of the crate {crate} wrote its files"
            yield Finding(match.start(), "OUT_DIR of a crate", match[0].decode(), reveals, FIX_VARIABLES, match[0])
    for match in _SOURCE.finditer(data) if b".rs" in data else ():
        kind, root, reveals = _place(match[0])
        if _is_of_build(data, match) and _is_new(root, seen):
            yield Finding(match.start(), kind, root.decode(), reveals, _FIX_PATH, root)
        if len(seen) == _MOST:
            return


def _is_of_build(data: bytes, match: re.Match[bytes]) -> bool:
    """Whether it is a whole path, and none of rustc's own."""
    path, before = match[0], data[max(0, match.start() - 3) : match.start()]
    if path.startswith(_OF_RUSTC) or b"/rustc/" in path:
        return False
    return bool(_KNOWN.search(path)) or before.endswith(b".rs") or not _PATH_CHARACTER.match(before[-1:])


def _is_new(path: bytes, seen: set[bytes]) -> bool:
    if path in seen or not is_own_place(path.decode()):
        return False
    seen.add(path)
    return True


def _place(path: bytes) -> tuple[str, bytes, str]:
    """What a source belongs to: the kind of the finding, the folder that tells it, and what that reveals."""
    crate, toolchain = _CRATE.match(path), _TOOLCHAIN.match(path)
    if crate:
        reveals = f"where cargo had the crate {crate['name'].decode()} when it was compiled"
        return "path of a crate", crate["root"], reveals
    if toolchain:
        return "path of a Rust toolchain", toolchain["root"], "where rustc was installed, with its sources"
    return "path of a Rust source", path, "where it was when it was compiled"
