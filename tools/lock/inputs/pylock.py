"""pylock.toml (PEP 751)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.pylock import Package, Pylock, PylockValidationError
from packaging.version import InvalidVersion, Version

from common.errors import UserError
from lock.git_source import GitSource
from lock.inputs.own_target import checkout, plain_folder
from lock.inputs.tables import (
    FIX_RELOCK,
    basename,
    dependency,
    distribution_of,
    pinned_files,
    plain_name,
    read_toml,
    sorted_once,
)
from lock.pinned import Pinned, PinnedFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lock.pinned import Found


def read_pylock(path: Path, text: str) -> Iterator[Found]:
    table = read_toml(path, text)
    # Before all else: a newer form may differ in everything, and its version is then what to say.
    _check_pylock_version(path, table.get("lock-version"))
    try:
        packages = Pylock.from_dict(table).packages
    except PylockValidationError as error:
        place = f" in {error.context}" if error.context else ""
        reason = (error.message.splitlines() or [""])[0]
        what = f"{path.name} is not of the form that PEP 751 asks for: {reason}{place}."
        raise UserError(what, where=_place(path, table, error), fix=FIX_RELOCK) from error
    for package, raw in zip(packages, table["packages"]):
        # A folder is a project of the user's own, as it is in uv.lock.
        if package.directory is None:
            where = f"{path}, package {package.name}"
            yield where, _package(where, package, raw)


def _check_pylock_version(path: Path, found: Any) -> None:
    try:
        major = Version(found).major
    except (InvalidVersion, TypeError) as error:
        what = f"{path.name} has the lock-version {found!r}, expected 1.0."
        raise UserError(what, where=str(path), fix=FIX_RELOCK) from error
    if major != 1:
        what = f"{path.name} has the lock-version {found}, the newest that is read is 1.x."
        raise UserError(what, where=str(path), fix="Write it with an older lock tool, or update rules_sdist.")


def _place(path: Path, table: Mapping[str, Any], error: PylockValidationError) -> str:
    index = re.match(r"packages\[(\d+)\]", error.context or "")
    name = table["packages"][int(index.group(1))].get("name") if index else None
    return f"{path}, package {name}" if name else str(path)


def _package(where: str, package: Package, raw: Mapping[str, Any]) -> Pinned:
    if package.vcs is not None:
        marker, version = str(package.marker or ""), raw.get("version") or ""
        refusal, git = checkout(package.name, where, "remove its [[packages]] table"), None
        if package.vcs.type == "git":
            folder = plain_folder(package.vcs.subdirectory or "")
            git = GitSource(package.vcs.url or package.vcs.path or "", package.vcs.commit_id, folder)
        return Pinned(package.name, version, (), (), marker, extras=("*",), refusal=refusal, git=git)
    if package.archive is not None:
        location = package.archive.path or package.archive.url or ""
        artifacts = [(basename(location), package.archive.hashes)]
    else:
        artifacts = [(plain_name(wheel.filename), wheel.hashes) for wheel in package.wheels or ()]
        artifacts += [(plain_name(package.sdist.filename), package.sdist.hashes)] if package.sdist else []
    files = pinned_files(((name, list(hashes.items())) for name, hashes in artifacts), where)
    edges = package.dependencies
    return Pinned(
        package.name,
        raw.get("version") or _version_of(files[0], where),
        tuple(sorted({file.sha256 for file in files})),
        files,
        str(package.marker or ""),
        extras=("*",),
        requires=None if edges is None else sorted_once(_edge(edge, where) for edge in edges),
    )


def _version_of(file: PinnedFile, where: str) -> str:
    known = distribution_of(file.filename)
    if known is None:
        what = f"The version is not given, and can't be told from the file name {file.filename}."
        raise UserError(what, where=where, fix="Ask for a release, NAME==VERSION, and lock again.")
    return known[1]


def _edge(edge: Mapping[str, Any], where: str) -> str:
    # PEP 751: as much of the other package's entry as tells it apart.
    return dependency(edge, edge.get("marker"), where)
