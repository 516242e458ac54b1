"""Recognises why a member is in one wheel only, or has another mode or another folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formats.canonical_wheel import SHARED_OBJECT
from wheel_diff.difference import Cause
from wheel_diff.fixes import SAME_TOOLS

if TYPE_CHECKING:
    from wheel_diff.difference import Difference


@dataclass(frozen=True)
class _MemberPattern:
    pattern: re.Pattern[str]
    cause: Cause


_AUDITWHEEL = Cause(
    "repaired wheel",
    "auditwheel (or delocate) copied shared libraries into one of them",
    "Compare before the repair, or repair both with the same auditwheel and the same libraries.",
    7,
)
_MEMBERS = (
    _MemberPattern(
        re.compile(r"(\.pyc|(^|/)__pycache__/.*)$"),
        Cause("bytecode", "one of them holds compiled bytecode", "Leave .pyc files out of wheels.", 30),
    ),
    _MemberPattern(re.compile(r"^[^/]+\.libs/|/\.dylibs/|\.dist-info/sboms/auditwheel"), _AUDITWHEEL),
    _MemberPattern(
        re.compile(r"\.(so|pyd|dylib)$"),
        Cause(
            "extension module",
            "it is in one wheel only: not compiled (an optional extension that failed), or with another suffix "
            "(another Python, limited API)",
            "Look in the build's output for a compiler that failed; compare wheels for the same Python.",
            6,
        ),
    ),
    _MemberPattern(
        re.compile(r"\.dist-info/(licenses?/|[^/]*(LICEN[CS]E|COPYING|NOTICE|AUTHORS))", re.IGNORECASE),
        Cause(
            "license files",
            "another version of the build backend: setuptools 77.0 and newer put them into .dist-info/licenses",
            SAME_TOOLS,
            3,
        ),
    ),
)
_MODE_OF_SHARED_OBJECT = Cause(
    "mode of a shared object",
    "CMake installs it as 0644 where /etc/debian_version exists, as 0755 elsewhere",
    "Build it with py_sdist_wheel, which makes it 0755; by hand, give CMake -DCMAKE_INSTALL_SO_NO_EXE=0.",
    30,
)
_DIST_INFO = Cause(
    ".dist-info",
    "its name is spelt in another way, by another version of the build backend",
    SAME_TOOLS,
    3,
)


def of_member(difference: Difference) -> Cause | None:
    """The cause of a member that only one wheel has."""
    if difference.kind != "member":
        return None
    return next((entry.cause for entry in _MEMBERS if entry.pattern.search(difference.member)), None)


def of_mode(difference: Difference) -> Cause | None:
    """The cause of another execute bit."""
    mode = (difference.kind, difference.where) == ("header", "executable")
    return _MODE_OF_SHARED_OBJECT if mode and SHARED_OBJECT.search(difference.member) else None


def of_folder(difference: Difference) -> Cause | None:
    """The cause of another name of the .dist-info folder."""
    if difference.kind != "archive" or difference.packaging:
        return None
    a, b = (re.sub(r"[-_.]+", "-", name or "").lower() for name in (difference.a, difference.b))
    return _DIST_INFO if a == b else None
