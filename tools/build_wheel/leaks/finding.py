"""What the parts of the leak check have in common: what is known of the build, and what they find."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_RESOLUTION = 2  # seconds: of a zip's times, the coarsest there are

# What every machine has there, or the compiler wrappers and rustc write in place of what a machine has.
_COMMON = frozenset(
    [
        *("usr", "lib", "lib32", "lib64", "bin", "sbin", "etc", "dev", "proc", "sys", "nix"),
        *("System", "Library", "Applications"),
        *("build", "execroot", "python", "rust", "rustc"),
    ]
)


class Inputs(Protocol):
    """What the wheel may be made from; a wheel that repeats it tells nothing of the machine."""

    def contains(self, token: bytes) -> bool:
        """Whether any input has the token as a whole word."""

    def known_texts(self, texts: Collection[bytes]) -> set[bytes]:
        """Those of the texts that any input has."""

    def has_file(self, content: bytes) -> bool:
        """Whether any input is a file with this content."""

    def modification_times(self) -> frozenset[int]:
        """When files that the build could ask were made, in seconds since 1970."""


@dataclass(frozen=True)
class Build:
    """What is known of the build.

    A number is taken for a time only if it is one of the build's own: others are hashes, or come from the inputs.

    Args:
        started: when it began, in seconds since 1970.
        ended: when its wheel was finished.
        user: the numbers of the user and group that it ran as, if they are not the superuser's.
        libraries: the file names of the shared libraries that it was given.
    """

    started: float
    ended: float
    user: frozenset[int] = frozenset()
    libraries: frozenset[str] = frozenset()

    @classmethod
    def until_now(cls, started: float, libraries: frozenset[str] = frozenset()) -> Build:
        """A build of this process that has just ended."""
        return cls(started, time.time(), frozenset({os.getuid(), os.getgid()} - {0}), libraries)

    def has_time(self, seconds: float) -> bool:
        """Whether the time is one of the build's."""
        return self.started - _RESOLUTION <= seconds <= self.ended + _RESOLUTION


@dataclass(frozen=True)
class Finding:
    """Something in a file that depends on where, when or by whom it was built.

    Args:
        offset: where, in the file's bytes.
        kind: what it is, such as "PE time stamp".
        value: what it says.
        reveals: what that tells.
        fix: what to do about it; "" if it goes away with the others.
        text: bytes that are no leak where an input has them, such as the path; b"" if only a whole file could be one.
        follows: whether it is a hash of the file, which is a leak only if something else in the file is one.
    """

    offset: int
    kind: str
    value: str
    reveals: str
    fix: str = ""
    text: bytes = field(default=b"", repr=False)
    follows: bool = False


def as_word(text: bytes) -> re.Pattern[bytes]:
    """A regular expression for a name or path that is not a part of a longer one."""
    return re.compile(rb"(?<![\w.-])" + re.escape(text) + rb"(?![\w-])")


def occurrences(content: bytes, text: bytes) -> Iterator[int]:
    """Where the text is; faster than a regular expression."""
    offset = content.find(text)
    while offset >= 0:
        yield offset
        offset = content.find(text, offset + 1)


def is_own_place(path: str) -> bool:
    """Whether an absolute path is one that another machine need not have."""
    if path[1:3] in (":\\", ":/") and path[0].isalpha():
        return True
    return path.startswith("/") and path.lstrip("/").partition("/")[0] not in _COMMON and len(path) > 1


def shown_time(seconds: float) -> str:
    """A time, for people."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
