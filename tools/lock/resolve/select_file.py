"""Chooses, among what the input allows and the index has, the file that a distribution comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.tags import Tag

    from lock.pinned import Pinned
    from lock.resolve.index import IndexFile


def choose_file(
    pin: Pinned, files: Sequence[IndexFile], tags: Sequence[Tag], *, from_source: bool, target: str = "this Python"
) -> IndexFile:
    """The wheel, or else the sdist, that a distribution comes from.

    Args:
        pin: what the input allows, by hash.
        files: what the index has.
        tags: those of usable wheels, the best first.
        from_source: whether wheels do not count.
        target: where it is needed, for messages.

    Raises:
        UserError: the input allows neither a usable wheel nor an sdist that the index has, or the file is yanked, or
            belongs to another distribution or version.
    """
    file = _choose(pin, files, tags, from_source=from_source, target=target)
    _check_name(file.filename, pin)
    if file.yanked:
        raise UserError(
            f"{file.filename} was taken back by its authors (PEP 592).",
            where=f"{pin.name}=={pin.version}",
            fix="Pin another version.",
        )
    return file


def _check_name(filename: str, pin: Pinned) -> None:
    """The hash is the pinned one, but a name is what Bazel and pip go by."""
    if _identity(filename) != (canonicalize_name(pin.name), Version(pin.version)):
        raise UserError(
            f"{pin.name} {pin.version} is pinned to the hash of {filename}.",
            where=f"{pin.name}=={pin.version}",
            fix="Renew the requirements: a version that was changed needs its own hashes. If nobody has changed it, "
            "find out who put this file on the index.",
        )


def _identity(filename: str) -> tuple[str, Version]:
    """Whose file it is; raises InvalidSdistFilename or InvalidWheelFilename."""
    if filename.endswith(".whl"):
        return parse_wheel_filename(filename)[:2]
    return parse_sdist_filename(filename)


def _choose(
    pin: Pinned, files: Sequence[IndexFile], tags: Sequence[Tag], *, from_source: bool, target: str = "this Python"
) -> IndexFile:
    allowed = [file for file in files if file.sha256 in pin.hashes]
    wheel = None if from_source else best_wheel(allowed, tags)
    if wheel:
        return wheel
    sdists = [file for file in allowed if _is_sdist(file.filename)]
    if sdists:
        return min(sdists, key=lambda file: file.filename)
    of_version = [file.filename for file in files if f"-{pin.version}" in file.filename and _is_sdist(file.filename)]
    raise UserError(
        f"{pin.name} {pin.version} has no sdist whose hash the requirements allow, and no wheel for {target}.",
        where=f"on the index: {', '.join(of_version) or 'no sdist of this version'}",
        fix="Renew the requirements with the hashes of all files (`--generate-hashes` of pip-compile, uv pip compile), "
        "or pin a version that has an sdist.",
    )


def best_wheel(files: Iterable[IndexFile], tags: Sequence[Tag]) -> IndexFile | None:
    """The wheel with the best of the tags; of equals, the first."""
    order = {tag: place for place, tag in enumerate(tags)}
    ranked = [
        (min(order[tag] for tag in common), file)
        for file in files
        for common in [wheel_tags(file.filename) & order.keys()]
        if common
    ]
    return min(ranked, key=lambda item: item[0])[1] if ranked else None


def wheel_tags(filename: str) -> frozenset[Tag]:
    """A wheel's tags; none where it is no wheel."""
    try:
        return parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return frozenset()


def sdist_of(name: str, version: str, files: Iterable[IndexFile]) -> IndexFile:
    """The sdist of one version.

    Raises:
        UserError: the index has none with a hash.
    """
    for file in files:
        try:
            found = parse_sdist_filename(file.filename)
        except InvalidSdistFilename:
            continue
        if found == (canonicalize_name(name), Version(version)) and file.sha256 and not file.yanked:
            return file
    raise UserError(
        f"The index has no sdist of {name} {version}, which a build needs.",
        where=name,
        fix=f"Take it as a wheel: --wheel {name}.",
    )


def _is_sdist(filename: str) -> bool:
    try:
        parse_sdist_filename(filename)
    except InvalidSdistFilename:
        return False
    return True
