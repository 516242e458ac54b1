"""Finds in a finished wheel what depends on where, or by whom, it was built."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_SHOWN = 10
_CONTEXT = 40


@dataclass(frozen=True)
class Secret:
    """Something that a wheel must not contain.

    Args:
        kind: "build path", "home directory", "user name" or "host name".
        value: the text.
        reveals: what it tells, for the message.
    """

    kind: str
    value: str
    reveals: str

    @property
    def is_plain_word(self) -> bool:
        """Whether the text may well be there for another reason: a name, or a path of one component, like /root."""
        return self.value.count("/") < 2

    def pattern(self) -> bytes:
        """A regular expression for the text as UTF-8 or UTF-16, not inside a longer name."""
        narrow, wide = re.escape(self.value.encode()), re.escape(self.value.encode("utf-16-le"))
        if self.is_plain_word:
            narrow, wide = rb"(?<![\w.-])" + narrow, rb"(?<![\w.-]\x00)" + wide
        return b"(?:" + narrow + b"|" + wide + rb")(?![\w-])"


@dataclass(frozen=True)
class Leak:
    """One occurrence of a secret: in which member, at which byte, with the bytes around it."""

    member: str
    offset: int
    secret: Secret
    context: str


def find_leaks(wheel: Path, secrets: Sequence[Secret], is_public: Callable[[bytes], bool]) -> list[Leak]:
    """Looks for secrets in every member, also in gzip-compressed ones.

    Args:
        wheel: the wheel.
        secrets: what to look for.
        is_public: whether a plain word is in the build's inputs anyway; asked at most once for each.

    Returns:
        the occurrences, by member and offset. RECORD has only names and hashes and is left out.
    """
    known: dict[str, bool] = {}
    searched = {secret: re.compile(secret.pattern()) for secret in dict.fromkeys(secrets) if len(secret.value) > 1}
    leaks = []
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".dist-info/RECORD"):
                continue
            for content in _contents(archive.read(name)):
                for secret, pattern in searched.items():
                    for match in pattern.finditer(content):
                        if secret.is_plain_word:
                            if secret.value not in known:
                                known[secret.value] = is_public(secret.value.encode())
                            if known[secret.value]:
                                break
                        leaks.append(Leak(name, match.start(), secret, _context(content, match.start(), match.end())))
    return leaks


def _contents(data: bytes) -> Iterator[bytes]:
    yield data
    if data.startswith(b"\x1f\x8b"):
        try:
            yield gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return


def _context(content: bytes, start: int, end: int) -> str:
    around = content[max(0, start - _CONTEXT) : end + _CONTEXT]
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in around)


def leak_error(leaks: Sequence[Leak], wheel: str) -> UserError:
    """The error for a wheel with leaks: file, offset, the bytes around, what they reveal, and the remedy."""
    lines = [
        f"  {leak.member}, byte {leak.offset}: {leak.secret.kind} {leak.secret.value!r} ({leak.secret.reveals})\n"
        f"    {leak.context}"
        for leak in leaks[:_SHOWN]
    ]
    if len(leaks) > _SHOWN:
        lines.append(f"  and {len(leaks) - _SHOWN} more")
    return UserError(
        f"{wheel} would differ on another machine: it tells where or by whom it was built.\n" + "\n".join(lines),
        where=leaks[0].member,
        fix="Keep the package from recording it, with `patches`, `env` or `config_settings`. "
        'To accept a wheel that only fits this machine, write leak_policy = "warn".',
    )
