"""Finds texts of the machine, such as the path of the build, however they are written in a file.

To be fast, a file is first searched for a few bytes that each way of writing a text has in it; only around these it is
decoded, and the decoded text compared as a whole.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from build_wheel.leaks.finding import occurrences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from build_wheel.leaks.secret import Secret

_AROUND = 1024  # characters that are decoded before and after what was found
_MOST_SEEN = 100_000
_MOST_DECODED = 1000
_LONGEST_NEEDLE = 64
_LONG = 8  # of a component: what is hardly there by chance
_SHORTEST_PATH = 6  # that is searched for in hexadecimal and base64
_PACKED = 48  # bytes of it: less than a line of base64
_SHORT = 4  # below, a name may be there by chance
_TEXT_BEFORE, _TEXT_AFTER = re.compile(rb"[\s\S]{0,2}\0|[\t-\r -~]{0,3}"), re.compile(rb"\0[\s\S]*|[\t-\r -~]{0,3}")
_SEPARATOR = rb"(?:/+|\\+/?|%(?:25)*(?:2[Ff]|5[Cc])"
_LEADING = re.compile(rb"(?:[/\\]|%(?:25)*(?:2[Ff]|5[Cc]))\Z")
_PLAIN = re.compile(rb"[A-Za-z0-9_.-]+")
_NEWLINE = re.compile(rb"\\?[\r\n][ \t]*|\\[nr]")
_BLANK = re.compile(rb"[\s\\]+")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/_\s\\-]+")
_NO_HEX = re.compile(rb"[^0-9A-Fa-f]+")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True)
class Mention:
    """A secret in a file.

    Args:
        secret: which.
        start: where it begins.
        end: where it ends.
        how: how it is written: "" as text, or "UTF-16", "base64" and so on.
        text: it as it is written, decoded.
    """

    secret: Secret
    start: int
    end: int
    how: str
    text: bytes


@dataclass(frozen=True)
class _Decoded:
    """A piece of a file, decoded.

    Args:
        text: the decoded bytes.
        place: where in `text` that is for which it was decoded.
        start: where in the file `text` begins.
        width: how many bytes of the file one byte of `text` takes.
        how: the encoding.
    """

    text: bytes
    place: int
    start: int
    width: float
    how: str


class Finder:
    """Finds secrets in files.

    Args:
        secrets: which.
    """

    def __init__(self, secrets: Iterable[Secret]) -> None:
        groups: dict[bytes, list[Secret]] = {}
        for secret in sorted(set(secrets), key=lambda one: (len(one.value), one.kind, one.value)):
            if len(secret.value) > 1:
                groups.setdefault(_needle(secret), []).append(secret)
        self._groups = [_Group(needle, members) for needle, members in groups.items()]

    def mentions(self, text: bytes) -> Iterator[Mention]:
        """All secrets in a file, not ordered; some may be there twice."""
        present = _Present(text)
        for group in self._groups:
            if group.needle in present:
                yield from group.plain(text)
            yield from group.encoded(text, present)


class _Present:
    """What is in a text; what has something absent in it, a home the name of its user, is not looked for."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._absent: list[bytes] = []

    def __contains__(self, needle: bytes) -> bool:
        if any(shorter in needle for shorter in self._absent):
            return False
        if needle in self._text:
            return True
        self._absent.append(needle)
        return False


class _Group:
    """Secrets that have the same bytes in them, such as an execution root and a folder in it."""

    def __init__(self, needle: bytes, secrets: Iterable[Secret]) -> None:
        self.needle = needle
        self.secrets = [(secret, _pattern(secret)) for secret in secrets]
        encoded = [secret for secret, _ in self.secrets if not secret.only_text]
        paths = [secret for secret in encoded if secret.is_path]
        widths = (2, 4) if paths else (2,) if encoded else ()
        self._wide = [(_widened(needle, width), width) for width in widths]
        self._exact = [form for secret in encoded if not secret.value.isascii() for form in _exact_forms(secret)]
        self._hex: list[bytes] = []
        self._base64: list[tuple[bytes, int]] = []
        for beginning in _beginnings(paths):
            self._hex += [beginning.hex().encode(), beginning.hex().upper().encode()]
            self._base64 += _base64_pieces(beginning)

    def plain(self, text: bytes) -> Iterator[Mention]:
        for secret, pattern in self.secrets:
            for match in itertools.islice(pattern.finditer(text), _MOST_SEEN):
                start = _start(text, match.start(), secret)
                if start is not None and (len(secret.text) >= _SHORT or _is_in_text(text, start, match.end())):
                    yield Mention(secret, start, match.end(), "", text[start : match.end()])

    def encoded(self, text: bytes, present: _Present) -> Iterator[Mention]:
        """The secrets in other encodings.

        Args:
            text: the file.
            present: what is in it.
        """
        for needle, width in self._wide:
            for place in itertools.islice(occurrences(text, needle) if needle in present else (), _MOST_SEEN):
                yield from self._in(_narrowed(text, place, width))
        for secret, needle, how in self._exact:
            for place in itertools.islice(occurrences(text, needle), _MOST_SEEN):
                yield Mention(secret, place, place + len(needle), how, secret.value.encode())
        for needle in self._hex:
            for place in itertools.islice(occurrences(text, needle), _MOST_DECODED):
                yield from self._in(_from_hex(text, place))
        for needle, phase in self._base64:
            for place in itertools.islice(occurrences(text, needle), _MOST_DECODED):
                yield from self._in(_from_base64(text, place, phase))

    def _in(self, decoded: _Decoded) -> Iterator[Mention]:
        """The secrets at the place for which a piece was decoded."""
        for mention in self.plain(decoded.text):
            if mention.start <= decoded.place < mention.end:
                start = decoded.start + int(mention.start * decoded.width)
                length = max(1, int(len(mention.text) * decoded.width))
                yield Mention(mention.secret, start, start + length, decoded.how, mention.text)


def _needle(secret: Secret) -> bytes:
    """Bytes that the secret has in it however it is written: of a path, the first component that is long and plain."""
    if not secret.is_path:
        return secret.text[-_LONGEST_NEEDLE:]
    components = [part.encode() for part in secret.components]
    plain = [part for part in components if _PLAIN.fullmatch(part)]
    return next((part for part in plain if len(part) >= _LONG), max(plain or components, key=len))


def _pattern(secret: Secret) -> re.Pattern[bytes]:
    """The secret without its leading slash, with any separators, not inside of a longer name."""
    if not secret.is_path:
        return re.compile(re.escape(secret.text) + rb"(?![\w-])")
    components = secret.components
    dots = rb"|\.)" if len(components) > 2 else b")"  # `home.user` is a variable's name
    return re.compile((_SEPARATOR + dots).join(map(_written, components)) + rb"(?![\w-])")


def _written(component: str) -> bytes:
    """A component as it is, in URLs and in JSON."""
    forms = dict.fromkeys((component, urllib.parse.quote(component), json.dumps(component)[1:-1]))
    escaped = [re.escape(form.encode()) for form in forms]
    return escaped[0] if len(escaped) == 1 else b"(?:" + b"|".join(escaped) + b")"


def _start(text: bytes, start: int, secret: Secret) -> int | None:
    """Where what was found really begins; None if it is the end of a longer name."""
    if secret.is_path:
        leading = _LEADING.search(text, max(0, start - 12), start)
        if leading:
            return leading.start()
    before = text[max(0, start - 1) : start]
    if before.isalnum() or before in (b"_", b"-") or (before == b"." and not secret.is_path):
        return None
    return start


def _is_in_text(text: bytes, start: int, end: int) -> bool:
    """Whether there are letters around, or an end of a string: three bytes of machine code may well be a name."""
    before, after = text[max(0, start - 3) : start], text[end : end + 3]
    return bool(_TEXT_BEFORE.fullmatch(before) and _TEXT_AFTER.fullmatch(after))


def _beginnings(paths: Iterable[Secret]) -> Iterator[bytes]:
    """How the paths begin, each once: an execution root as the output base."""
    last = b""
    for beginning in sorted({path.text[:_PACKED] for path in paths}):
        if len(beginning) >= _SHORTEST_PATH and not (last and beginning.startswith(last)):
            last = beginning
            yield beginning


def _widened(text: bytes, width: int) -> bytes:
    """The text with several bytes for a letter, without the zeros at its ends, so in either byte order."""
    return bytes(width - 1).join(text[index : index + 1] for index in range(len(text)))


def _exact_forms(secret: Secret) -> Iterator[tuple[Secret, bytes, str]]:
    """A text that is not ASCII."""
    for how in ("UTF-16", "UTF-32"):
        for order in ("LE", "BE"):
            yield secret, secret.value.encode(f"{how}-{order}"), how


def _narrowed(text: bytes, place: int, width: int) -> _Decoded:
    before = min(_AROUND, place // width)
    start = place - before * width
    return _Decoded(text[start : place + _AROUND * width : width], before, start, width, f"UTF-{8 * width}")


def _from_hex(text: bytes, place: int) -> _Decoded:
    before = _NO_HEX.split(text[max(0, place - 2 * _AROUND) : place])[-1]
    after = _NO_HEX.split(text[place : place + 4 * _AROUND], maxsplit=1)[0]
    length = len(before) // 2
    digits = before[len(before) % 2 :] + after
    data = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
    return _Decoded(data, length, place - 2 * length, 2, "hexadecimal")


def _base64_pieces(text: bytes) -> Iterator[tuple[bytes, int]]:
    """What of the text's base64 depends on it alone, for each of the three ways in which it may be aligned.

    In two halves, for a line may end in one of them.

    Returns:
        pieces, with the number of characters by which each begins behind a multiple of four.
    """
    for skipped, first in enumerate((0, 2, 3)):
        whole = bytes(skipped) + text
        for encoded in {base64.b64encode(whole), base64.urlsafe_b64encode(whole)}:
            last = len(whole) * 8 // 6
            middle = (first + last) // 2
            for start, end in ((first, middle), (middle, last)):
                yield encoded[start:end], start % 4


def _from_base64(text: bytes, place: int, phase: int) -> _Decoded:
    before = _NEWLINE.sub(b"", _NO_BASE64.split(text[max(0, place - _AROUND) : place])[-1])
    after = _NEWLINE.sub(b"", _NO_BASE64.split(text[place : place + 2 * _AROUND], maxsplit=1)[0])
    left, right = _BLANK.split(before)[-1], _BLANK.split(after, maxsplit=1)[0]
    left = left[(len(left) - phase) % 4 :]
    letters = (left + right).translate(_URL_SAFE)
    data = base64.b64decode(letters + b"A" * (-len(letters) % 4))[: len(letters) * 6 // 8]
    return _Decoded(data, -(-len(left) * 3 // 4), place - len(left), 4 / 3, "base64")
