"""What the formats share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

from common.errors import UserError
from common.toml import TomlError, parse_toml
from lock.pinned import PinnedFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
FIX_RELOCK = "Write the file anew with the tool that made it."
FIX_FORMAT = "Give a requirements.txt with hashes, a pylock.toml or a uv.lock."
FIX_TWO_VERSIONS = (
    "Lock all requirements together; of conflicting extras or groups export one, as with"
    " `uv export --extra NAME --format pylock.toml --output-file pylock.toml`."
)


def read_text(path: Path) -> str:
    """The text of an input.

    Raises:
        UserError: there is none.
    """
    if not path.is_file():
        found = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise UserError(f"{path.name} {found}.", where=str(path), fix="Correct the path; " + _lower(FIX_FORMAT))
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        # What `>` of some Windows shells writes.
        fix = "Save it as UTF-8; pip-compile's and uv's `-o` write that."
        raise UserError(f"{path.name} is not UTF-8 text.", where=str(path), fix=fix) from error
    except OSError as error:
        fix = "Make the file readable."
        raise UserError(f"{path.name} can't be read: {error.strerror}.", where=str(path), fix=fix) from error


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def read_toml(path: Path, text: str) -> dict[str, Any]:
    """The table that a TOML input is.

    Raises:
        UserError: it is no TOML.
    """
    try:
        return parse_toml(text)
    except TomlError as error:
        raise UserError(f"{path.name} is not valid TOML: {error}.", where=str(path), fix=FIX_RELOCK) from error


def basename(location: str) -> str:
    """Takes the file's name from a URL or a path.

    Args:
        location: a URL, or a path with either kind of slash.

    Returns:
        the last part, without query, fragment and percent signs; "" if that is no plain file name.
    """
    try:
        path = urlsplit(location).path
    except ValueError:  # https://[
        return ""
    return plain_name(unquote(re.split(r"[/\\]", path)[-1]))


def plain_name(filename: str) -> str:
    # The name becomes a path on disk, and %2F of a URL or `name` of a pylock.toml can hold a slash.
    return "" if re.search(r"[/\\\0]", filename) or filename in (".", "..") else filename


def distribution_of(filename: str) -> tuple[str, str] | None:
    """Tells name and version from the name of a wheel or an sdist; None if it is neither."""
    try:
        if filename.endswith(".whl"):
            name, version, *_ = parse_wheel_filename(filename)
        else:
            name, version = parse_sdist_filename(filename)
    except (InvalidSdistFilename, InvalidWheelFilename):
        return None
    return name, str(version)


def sha256_hashes(hashes: Iterable[tuple[str, str]], subject: str, where: str, fix: str) -> tuple[str, ...]:
    """Picks the sha256 digests.

    Args:
        hashes: pairs of algorithm and digest.
        subject: what the hashes are of, for the message.
        where: the place of it.
        fix: what to type if there are none.

    Returns:
        them in lower case, sorted.

    Raises:
        UserError: there is no sha256 among them, or one that is none.
    """
    pairs = [(algorithm.lower(), digest.lower()) for algorithm, digest in hashes]
    found = sorted({digest for algorithm, digest in pairs if algorithm == "sha256"})
    if not found:
        others = ", ".join(sorted({algorithm for algorithm, _ in pairs}))
        what = f"{subject} has a hash of {others} only, not of sha256." if others else f"{subject} has no hash."
        raise UserError(what, where=where, fix=fix)
    for digest in found:
        if not re.fullmatch("[0-9a-f]{64}", digest):
            what = f"{subject} has the hash sha256:{digest}, which is not 64 hexadecimal digits."
            raise UserError(what, where=where, fix=fix)
    return tuple(found)


def hash_pair(text: str) -> tuple[str, str]:
    algorithm, _, digest = text.partition(":")
    return algorithm, digest


def pinned_files(artifacts: Iterable[tuple[str, Iterable[tuple[str, str]]]], where: str) -> tuple[PinnedFile, ...]:
    """Makes the files of a package.

    Args:
        artifacts: file names with their pairs of algorithm and digest.
        where: the package.

    Returns:
        them, sorted; at least one.

    Raises:
        UserError: there is none, or one without a name or a sha256.
    """
    files = set()
    for filename, hashes in artifacts:
        if not filename:
            raise UserError("A file of the package has no usable name.", where=where, fix=FIX_RELOCK)
        found = sha256_hashes(hashes, filename, where, "Lock again with an index that gives sha256 hashes.")
        files.add(PinnedFile(filename, found[0]))
    if not files:
        raise UserError("The package has neither an sdist nor wheels.", where=where, fix=FIX_RELOCK)
    return tuple(sorted(files))


def dependency(edge: Mapping[str, Any], marker: str | None, where: str) -> str:
    text = typed(edge, "name", str, where)
    text += f"[{','.join(strings(edge, 'extra', where))}]" if "extra" in edge else ""
    text += f"=={edge['version']}" if "version" in edge else ""
    text += f" ; {marker}" if marker else ""
    try:
        return str(Requirement(text))
    except InvalidRequirement as error:
        raise UserError(f"{text!r} is not a dependency.", where=where, fix=FIX_RELOCK) from error


def typed(table: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    value = table.get(key)
    if not isinstance(value, kind):
        form = "table" if kind is dict else "string"
        found = "is not there" if value is None else f"is {value!r}"
        raise UserError(f"`{key}` {found}, expected a {form}.", where=where, fix=FIX_RELOCK)
    return value


def strings(table: Mapping[str, Any], key: str, where: str) -> list[str]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UserError(f"`{key}` is not a list of strings.", where=where, fix=FIX_RELOCK)
    return list(value)


def sorted_once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


def local_file(name: str, where: str) -> tuple[str, str, str]:
    """Why a file on disk can't be locked, likewise."""
    fix = "Leave it out, and make it a target: `py_sdist_wheel(sdist = ...)` or `py_wheel_library(wheel = ...)`."
    return f"{name} is a file of your own, which no index has.", where, fix
