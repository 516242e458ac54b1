"""Finds in native code what Rust tells of the build: paths of sources, which each panic has, and of build scripts."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

from build_wheel.leaks.finding import Finding, is_own_place, occurrences
from build_wheel.leaks.parts import MACHO_MAGICS
from formats.elf import MAGIC as ELF_MAGIC

if TYPE_CHECKING:
    from collections.abc import Iterator

_BINARIES = (ELF_MAGIC, b"MZ", *MACHO_MAGICS)
_MOST = 100
_RUSTC = b"rustc version "
# Of paths. Nothing need end a string: the first ".rs" ends a path, and the next string may begin there.
_CHARACTERS = b"/" + string.ascii_letters.encode() + string.digits.encode() + b"_.+@~=-"
_END = b".rs"
_LONGEST = 1024
_CRATE = re.compile(rb"(?P<root>.*?/(?:registry/src|git/checkouts)/[^/]+/(?P<name>[^/]+))/")
_TOOLCHAIN = re.compile(rb"(?P<root>.*?/toolchains/[^/]+|.*?/lib/rustlib/src/rust)/")
_KNOWN = re.compile(rb"/(?:registry/src|git/checkouts|toolchains|rustlib/src)/")  # it is one, whatever is before it
# Where cargo has a build script write, see https://doc.rust-lang.org/cargo/reference/build-cache.html
_OUTPUT = re.compile(rb"/build/(?P<name>[\w-]{1,64})-[0-9a-f]{16}/out\b")
_PROFILE = re.compile(rb"/target/(?:[\w-]{1,64}/)?(?:release|debug)\Z")
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
    for start, path, name_of in _outputs(data):
        if _is_new(path, seen):
            reveals = f"where the build script of the crate {name_of} wrote its files"
            yield Finding(start, "OUT_DIR of a crate", path.decode(), reveals, FIX_VARIABLES, path)
    for start, path in _sources(data):
        kind, root, reveals = _place(path)
        if not path.startswith(_OF_RUSTC) and b"/rustc/" not in path and _is_new(root, seen):
            yield Finding(start, kind, root.decode(), reveals, _FIX_PATH, root)
        if len(seen) == _MOST:
            return


def _outputs(data: bytes) -> Iterator[tuple[int, bytes, str]]:
    """Folders of build scripts: where each begins, its path, and the crate."""
    for place in occurrences(data, b"/build/"):
        match = _OUTPUT.match(data, place)
        start = _start(data, place) if match else place
        if match and _PROFILE.search(data[start:place]):
            yield start, data[start : match.end()], match["name"].decode()


def _sources(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Absolute paths of sources, and where they begin. A word before one may be the end of another string."""
    for place in occurrences(data, _END):
        start = _start(data, place)
        if data[start : start + 1] != b"/" and _KNOWN.search(data[start:place]):
            start = data.index(b"/", start)
        path = data[start : place + len(_END)]
        if path.startswith(b"/") and path.count(b"/") > 1 and not path.startswith(b"//"):  # that is of a URL
            yield start, path


def _start(data: bytes, end: int) -> int:
    """Where the characters of a path begin that end there, behind the end of another path."""
    low = max(0, end - _LONGEST)
    start = low + len(data[low:end].rstrip(_CHARACTERS))
    other = data.rfind(_END, start, end)
    return start if other < 0 else other + len(_END)


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
