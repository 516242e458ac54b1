"""The causes that a comparison knows by itself, from where the difference is."""

from __future__ import annotations

from wheel_diff.difference import Cause
from wheel_diff.fixes import MAP_PATHS, SAME_COMPILER, SAME_CRATES, SAME_RUST

ORDER = Cause(
    "order",
    "the same content in another order, as directory listings or sets without a fixed hash seed give it",
    "Build with PYTHONHASHSEED=0 and sorted directory listings, as py_sdist_wheel does; else sort it, with `patches`.",
    30,
)
LINE_ENDS = Cause(
    "line ends",
    "the files end their lines in different ways",
    "Check out or pack the source with the same line ends (`* -text` in .gitattributes).",
    40,
)
BUILD_ID_ONLY = Cause(
    "build id",
    "only the build id differs: debug information differed (its paths or flags) and was stripped after linking",
    MAP_PATHS.replace(";", " and leaves build ids out;", 1),
    15,
)
OTHER_CODE = Cause(
    "machine code",
    "no flags or versions that differ are recorded: other optimisation flags, other headers or another source",
    SAME_COMPILER,
    20,
)
STRIPPED = Cause(
    "symbols",
    "one of them was stripped of its symbol table (strip, -s, auditwheel)",
    "Link both with the same flags, and strip both or none.",
    25,
)
AR_HEADER = Cause(
    "archive header",
    "ar recorded a time, an owner or a mode",
    "Build it with py_sdist_wheel, whose archiver wrapper adds D; by hand, call `ar Dcr` or set ZERO_AR_DATE=1.",
    30,
)
GZIP_HEADER = Cause(
    "gzip header",
    "the time or the name of the file was recorded",
    "Compress with `gzip -n`, or gzip.GzipFile(..., filename='', mtime=0).",
    30,
)
PYC_TIME = Cause(
    "bytecode",
    "it records the time of its source",
    "Leave .pyc files out of wheels, as py_sdist_wheel does, or compile with --invalidation-mode checked-hash.",
    30,
)
PYC_PYTHON = Cause("bytecode", "compiled by another version of Python", "Leave .pyc files out of wheels.", 30)

CRATE_HASHES = Cause(
    "crate hashes",
    "rustc was given other metadata (-C metadata) for the same crates: cargo makes it from version, source, features, "
    "profile and RUSTFLAGS, and from rustc's version and host",
    SAME_RUST,
    8,
)
BILL_OF_MATERIALS = Cause(
    "bill of materials",
    "its tool writes a random serial number, the time and the folder of the build into it",
    "Build it with py_sdist_wheel, which leaves them out; by hand, build with SOURCE_DATE_EPOCH at one path, or without"
    " it (maturin: `rust = false` in [tool.maturin.sbom]).",
    13,
)


def crate_versions(what: str) -> Cause:
    """The cause of other versions of crates.

    Args:
        what: which they are, on each side.
    """
    return Cause("crate versions", what, SAME_CRATES, 3)


def rust_flags(what: str) -> Cause:
    """The cause of code that rustc has compiled with other flags.

    Args:
        what: which they are, on each side.
    """
    return Cause("Rust flags", what, SAME_RUST, 5)


def compiler_flags(what: str) -> Cause:
    """The cause of code that was compiled with other flags.

    Args:
        what: which they are, on each side.
    """
    return Cause("compiler flags", what, SAME_COMPILER, 5)
