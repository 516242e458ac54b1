"""uv.lock."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from common.errors import UserError
from lock.inputs.own_target import OwnProject, checkout, git_of_uv
from lock.inputs.tables import (
    FIX_RELOCK,
    FIX_TWO_VERSIONS,
    basename,
    dependency,
    hash_pair,
    local_file,
    pinned_files,
    read_toml,
    sorted_once,
    strings,
    typed,
)
from lock.pinned import Pinned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lock.pinned import Found

_EXPORT = "uv export --no-emit-package {} --format pylock.toml --output-file pylock.toml"
_OWN = frozenset(("virtual", "editable", "directory", "workspace"))

# How uv writes extras and groups of which only one can be had; no other tool can evaluate that.
_CONFLICT = re.compile(r"""['"](extra|group|project)-\d+-""")


def read_uv(path: Path, text: str) -> Iterator[Found]:
    for where, package, source in _packages(path, text):
        if not _OWN & set(source):
            yield where, _package(where, package, source)


def uv_versions_apart(path: Path, text: str) -> set[str]:
    """The distributions of which the lock has several versions, whether or not their markers hold."""
    names = Counter(
        name for name, _ in {(package.get("name"), package.get("version")) for _, package, _ in _packages(path, text)}
    )
    return {str(name) for name, count in names.items() if count > 1}


def _packages(path: Path, text: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Each package of the lock: where it stands, itself, and its source."""
    table = read_toml(path, text)
    version = table.get("version")
    if not isinstance(version, int):
        what = f"{path.name} has the version {version!r}, expected 1."
        raise UserError(what, where=str(path), fix=FIX_RELOCK)
    if version != 1:
        what = f"{path.name} has the version {version}, the only one that is read is 1."
        raise UserError(
            what, where=str(path), fix="Type `uv lock` with a uv that writes version 1, or update rules_sdist."
        )
    packages = table.get("package")
    if not _is_tables(packages) or not packages:
        raise UserError(f"{path.name} has no [[package]] tables.", where=str(path), fix="Type `uv lock`.")
    for package in packages:
        where = f"{path}, package {package.get('name')}"
        yield where, package, typed(package, "source", dict, where)


def _asked(package: Mapping[str, Any], where: str) -> Iterator[str]:
    """What a project of the user's own asks for, with all its extras and groups."""
    groups = [_tables(package, "dependencies", where)]
    for key in ("optional-dependencies", "dev-dependencies"):
        table = typed(package, key, dict, where) if key in package else {}
        groups += [_tables(table, name, where) for name in table]
    for edge in (edge for group in groups for edge in group):
        marker = str(edge.get("marker") or "")
        yield dependency(edge, None if _CONFLICT.search(marker) else marker, where)


def _package(where: str, package: Mapping[str, Any], source: Mapping[str, Any]) -> Pinned:
    name = typed(package, "name", str, where)
    version = str(package.get("version", "")) if "git" in source else typed(package, "version", str, where)
    if not _valid(name, version or "0"):
        raise UserError(f"{name} {version} is no name with a version.", where=where, fix=FIX_RELOCK)
    marker, requires = _marker(package, where), _requires(package, where)
    if "git" in source:
        git = git_of_uv(typed(source, "git", str, where))
        refusal = checkout(name, where, _EXPORT.format(name))
        return Pinned(canonicalize_name(name), version, (), (), marker, requires=requires, refusal=refusal, git=git)
    artifacts = _tables(package, "wheels", where)
    artifacts += [typed(package, "sdist", dict, where)] if "sdist" in package else []
    files = pinned_files((_artifact(artifact, source, where) for artifact in artifacts), where)
    return Pinned(
        canonicalize_name(name),
        version,
        tuple(sorted({file.sha256 for file in files})),
        files,
        marker,
        requires=requires,
        refusal=local_file(name, where) if "path" in source else None,
    )


def _valid(name: str, version: str) -> bool:
    try:
        canonicalize_name(name, validate=True)
        Version(version)
    except (InvalidName, InvalidVersion):
        return False
    return True


def _artifact(artifact: Mapping[str, Any], source: Mapping[str, Any], where: str) -> tuple[str, list[tuple[str, str]]]:
    # The file of a direct URL or path has no location of its own.
    places = [artifact.get(key) for key in ("filename", "path", "url")] + [source.get(key) for key in ("path", "url")]
    location = next((place for place in places if isinstance(place, str)), "")
    return basename(location), [hash_pair(typed(artifact, "hash", str, where))] if "hash" in artifact else []


def _marker(package: Mapping[str, Any], where: str) -> str:
    joined = " or ".join(f"({marker})" for marker in strings(package, "resolution-markers", where))
    _refuse_conflicts(joined, where)
    try:
        return str(Marker(joined)) if joined else ""
    except InvalidMarker as error:
        what = f"`resolution-markers` has something that is not a marker: {joined}."
        raise UserError(what, where=where, fix="Type `uv lock`.") from error


def _refuse_conflicts(marker: str, where: str) -> None:
    if _CONFLICT.search(marker):
        what = f"What is needed depends on which of conflicting extras or groups is chosen: {marker}."
        raise UserError(what, where=where, fix=FIX_TWO_VERSIONS)


def _requires(package: Mapping[str, Any], where: str) -> tuple[str, ...]:
    optional = typed(package, "optional-dependencies", dict, where) if "optional-dependencies" in package else {}
    groups = {"": _tables(package, "dependencies", where)}
    groups.update({extra: _tables(optional, extra, where) for extra in optional})
    return sorted_once(_edge(edge, extra, where) for extra, edges in groups.items() for edge in edges)


def _edge(edge: Mapping[str, Any], extra: str, where: str) -> str:
    marker = edge.get("marker")
    _refuse_conflicts(str(marker or ""), where)
    if extra:
        condition = f'extra == "{extra}"'
        marker = f"({marker}) and {condition}" if marker else condition
    return dependency(edge, marker, where)


def _tables(table: Mapping[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    value = table.get(key, [])
    if not _is_tables(value):
        raise UserError(f"`{key}` is not a list of tables.", where=where, fix=FIX_RELOCK)
    return list(value)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def uv_roots(path: Path, text: str) -> tuple[str, ...] | None:
    """What the projects that a uv.lock was made for ask for themselves; None where it has no project."""
    own = [(package, where) for where, package, source in _packages(path, text) if _OWN & set(source)]
    return sorted_once(line for package, where in own for line in _asked(package, where)) if own else None


def uv_build_constraints(path: Path, text: str) -> tuple[str, ...]:
    """The versions of build requirements that a uv.lock was made with."""
    where = f"{path}, manifest"
    table = read_toml(path, text)
    manifest = typed(table, "manifest", dict, where) if "manifest" in table else {}
    return sorted_once(_constraint(entry, where) for entry in _tables(manifest, "build-constraints", where))


def _constraint(entry: Mapping[str, Any], where: str) -> str:
    name = typed(entry, "name", str, where)
    if {"git", "path", "url"} & entry.keys():
        raise UserError(
            f"The build constraint of {name} is no version, but an address.",
            where=where,
            fix="Write such as `setuptools<81` into `build-constraint-dependencies` of pyproject.toml, then `uv lock`.",
        )
    marker = f" ; {entry['marker']}" if entry.get("marker") else ""
    line = f"{name}{entry.get('specifier', '')}{marker}"
    try:
        return str(Requirement(line))
    except InvalidRequirement as error:
        raise UserError(f"{line!r} is not a build constraint.", where=where, fix=FIX_RELOCK) from error


def uv_own(path: Path, text: str) -> dict[str, OwnProject]:
    """The projects of the workspace itself that others in the lock need, by name."""
    found: dict[str, OwnProject] = {}
    edges: set[str] = set()
    for where, package, source in _packages(path, text):
        needs = tuple(sorted({str(edge.get("name")) for edge in _tables(package, "dependencies", where)}))
        edges.update(needs)
        if _OWN & source.keys():
            folder, version = str(next(iter(source.values()))), str(package.get("version", ""))
            found[str(package.get("name"))] = OwnProject(folder, version, needs)
    return {name: found[name] for name in sorted(found) if name in edges}
