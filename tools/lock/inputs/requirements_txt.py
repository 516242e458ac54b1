"""requirements.txt with hashes, as pip-compile and uv write it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from common.errors import UserError
from lock.inputs.own_target import checkout, git_of_requirement
from lock.inputs.tables import basename, distribution_of, hash_pair, read_text, sha256_hashes
from lock.pinned import Pinned, PinnedFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lock.pinned import Found
_FIX_COMPILE = "Write the file with `pip-compile --generate-hashes` or `uv pip compile --generate-hashes`."


@dataclass(frozen=True)
class _Line:
    path: Path
    number: int
    text: str

    @property
    def where(self) -> str:
        return f"{self.path}:{self.number}"

    def error(self, what: str, fix: str = _FIX_COMPILE) -> UserError:
        return UserError(what, where=self.where, fix=fix)


# pip's options that say where and in which form to look for files: configuration, not part of what is pinned.
_IGNORED_WITH_VALUE = {
    *("-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "--find-links"),
    *("--no-binary", "--only-binary", "--trusted-host", "--use-feature"),
}
_IGNORED_FLAGS = {"--no-index", "--prefer-binary", "--pre", "--require-hashes"}
_INCLUDE = {"-r", "--requirement"}
_EDITABLE = {"-e", "--editable"}
_WITH_VALUE = _IGNORED_WITH_VALUE | _INCLUDE | _EDITABLE | {"--hash"}

_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTIONS = re.compile(r"\s-.*")
_LEAVE_OUT = "remove its line"
_VCS = re.compile(r"(^|@\s*)(git|hg|bzr|svn)\+", re.IGNORECASE)


def read_requirements(path: Path, text: str) -> Iterator[Found]:
    return _pins_of(path, text, ())


def _pins_of(path: Path, text: str, including: tuple[Path, ...]) -> Iterator[Found]:
    including = (*including, path.resolve())
    for line in _logical_lines(path, text):
        if not line.text.startswith("-"):
            yield line.where, _requirement(line)
            continue
        for option, value in _options(line, line.text):
            if option in _EDITABLE:
                what = f"The editable requirement {value} has no sha256 that it could be locked by."
                raise line.error(what, "Leave it out, as with `uv export --no-emit-local`; it is a target of your own.")
            if option in _INCLUDE:
                yield from _include(line, value, including)
            elif option not in _IGNORED_WITH_VALUE | _IGNORED_FLAGS:
                raise line.error(f"The option {option} is not known here.", "Remove it from the file.")


def _include(line: _Line, value: str, including: tuple[Path, ...]) -> Iterator[Found]:
    if "://" in value:
        raise line.error(f"-r {value} is not a local file.", "Save it next to this file and include that.")
    other = line.path.parent / value
    if other.resolve() in including:
        raise line.error(f"-r {value} includes itself.", "Remove one of the `-r` lines of the cycle.")
    if not other.is_file():
        raise line.error(f"-r {value} does not exist.", "Correct the path; it is relative to the including file.")
    yield from _pins_of(other, read_text(other), including)


def _logical_lines(path: Path, text: str) -> Iterator[_Line]:
    """Joins continued lines and drops comments, as pip does it: a comment ends a continued line."""
    parts: list[str] = []
    start = 0
    for number, raw in enumerate([*text.splitlines(), ""], start=1):
        start = start if parts else number
        comment = _COMMENT.match(raw) is not None
        parts.append(" " + raw if comment else raw.rstrip("\\") if raw.endswith("\\") else raw)
        if comment or not raw.endswith("\\"):
            joined = _COMMENT.sub("", "".join(parts)).strip()
            parts = []
            if joined:
                yield _Line(path, start, joined)


def _options(line: _Line, text: str) -> Iterator[tuple[str, str]]:
    try:
        tokens = shlex.split(text)
    except ValueError as error:
        raise line.error(f"The options can't be split into words: {error}.", "Balance the quotes.") from error
    while tokens:
        token = tokens.pop(0)
        if token.startswith("--") or token[:2] not in _WITH_VALUE:
            option, equals, value = token.partition("=")
        else:
            option, equals, value = token[:2], token[2:], token[2:]
        if option in _WITH_VALUE and not equals:
            if not tokens:
                raise line.error(f"The option {option} has no value.", "Add its value, or remove it.")
            value = tokens.pop(0)
        yield option, value


def _requirement(line: _Line) -> Pinned:
    options = _OPTIONS.search(line.text)
    text = (line.text[: options.start()] if options else line.text).strip()
    hashes = []
    for option, value in _options(line, options.group() if options else ""):
        if option != "--hash":
            what = f"The option {option} of {text} is not known here."
            raise line.error(what, "Remove it; how a package is built is said by its target's attributes.")
        hashes.append(hash_pair(value))
    if _VCS.search(text):
        return _checkout(line, text)
    requirement = _parse_requirement(line, text)
    if requirement.url:
        return _direct(line, requirement, requirement.url, hashes)
    specifiers = list(requirement.specifier)
    if len(specifiers) != 1 or not _exact(specifiers[0].operator, specifiers[0].version):
        raise line.error(f"{text} does not say one version with `==`.")
    return Pinned(
        canonicalize_name(requirement.name),
        specifiers[0].version,
        sha256_hashes(hashes, text, line.where, _FIX_COMPILE),
        marker=_marker_of(requirement),
        extras=_extras_of(requirement),
    )


def _checkout(line: _Line, text: str) -> Pinned:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:  # git+https://..., with or without a name behind it
        what, where, fix = checkout(text, line.where, _LEAVE_OUT, git=text.lower().startswith("git+"))
        raise UserError(what, where=where, fix=fix) from None
    refusal = checkout(text, line.where, _LEAVE_OUT)
    marker, extras, git = _marker_of(requirement), _extras_of(requirement), git_of_requirement(requirement.url or "")
    return Pinned(canonicalize_name(requirement.name), "", (), (), marker, extras, refusal=refusal, git=git)


def _exact(operator: str, version: str) -> bool:
    try:
        Version(version)
    except InvalidVersion:  # ==1.*
        return False
    return operator in ("==", "===")


def _parse_requirement(line: _Line, text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        target, _, rest = text.partition(" ")
        if not re.search(r"[/\\]", target):
            what = f"{text!r} is not a requirement: {str(error).splitlines()[0].rstrip(':.')}."
            raise line.error(what) from error
        known = distribution_of(basename(target))
        if known is None:
            what = f"{target} is neither a wheel nor an sdist by its name, and has no sha256 to be locked by."
            raise line.error(what, "Leave it out, as with `uv export --no-emit-local`.") from error
    try:
        return Requirement(f"{known[0]} @ {target} {rest}")
    except InvalidRequirement as error:
        raise line.error(f"{rest!r} can't follow {target}.", "Write `NAME @ URL ; MARKER`.") from error


def _direct(line: _Line, requirement: Requirement, url: str, hashes: list[tuple[str, str]]) -> Pinned:
    filename = basename(url)
    known = distribution_of(filename)
    name = canonicalize_name(requirement.name)
    if known is None or known[0] != name:
        what = f"The file name of {url} is not that of a wheel or an sdist of {name}, so its version is not known."
        raise line.error(what, "Ask for a release, NAME==VERSION, or for a file with the standard name.")
    fragment = [hash_pair(part.replace("=", ":", 1)) for part in urlsplit(url).fragment.split("&")]
    given = [*hashes, *(pair for pair in fragment if re.fullmatch(r"sha\d+|md5", pair[0]))]
    found = sha256_hashes(given, f"{name} @ {url}", line.where, "Add `--hash=sha256:...` of the file to the line.")
    files = (PinnedFile(filename, found[0]),) if len(found) == 1 else ()
    return Pinned(name, known[1], found, files, _marker_of(requirement), _extras_of(requirement))


def _marker_of(requirement: Requirement) -> str:
    return str(requirement.marker or "")


def _extras_of(requirement: Requirement) -> tuple[str, ...]:
    return tuple(sorted(canonicalize_name(extra) for extra in requirement.extras))


def all_options(path: Path, text: str) -> Iterator[tuple[str, str]]:
    """The options on lines of their own, in order, with those of included files; `read_requirements` has checked it."""
    for line in _logical_lines(path, text):
        for option, value in _options(line, line.text) if line.text.startswith("-") else ():
            if option in _INCLUDE:
                yield from all_options(path.parent / value, read_text(path.parent / value))
            else:
                yield option, value


def bare_text(content: bytes) -> bytes:
    """What a change of a requirements.txt is told by: its text without comments and blank lines.

    python/private/hub/lock.bzl has the same function, which knows ASCII only: any other content is returned as it is.

    Args:
        content: the file's.
    """
    lines = [line.replace(b"\t", b" ").strip(b" \r") for line in content.split(b"\n")]
    bare = [line.partition(b" #")[0].rstrip(b" ") for line in lines if not line.startswith(b"#")]
    text = b"".join(line + b"\n" for line in bare if line)
    return text if text.isascii() else content


def included(path: Path, text: str) -> list[Path]:
    """The files that a requirements.txt includes with `-r`, but those at an address."""
    lines = [line for line in _logical_lines(path, text) if line.text.startswith("-")]
    options = [pair for line in lines for pair in _options(line, line.text)]
    return [path.parent / value for option, value in options if option in _INCLUDE and "://" not in value]
