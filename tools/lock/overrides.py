"""Reads the TOML file with what nobody can find out by looking at sdists."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from common.errors import UserError
from common.files import sha256
from common.toml import parse_toml
from lock.typed import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

_TABLES = {"constraints", "distributions", "requirement_cycles"}
_BOOLEANS = {"allow_no_native_code", "entry_points", "rust", "sbom"}
_NUMBERS = {"cpus", "memory_per_cpu_mib", "patch_strip"}
_STRINGS = {"cargo_lock", "leak_policy", "version", "wheel_tags"}
_LISTS = {
    "allow_compile_failures",
    "allow_host_files",
    "allow_prebuilt",
    "allow_unresolved",
    "build_requires",
    "data",
    "fixed",
    "native_deps",
    "patches",
    "requires_dist",
    "tools",
}
_DICTS = {"config_settings", "env", "exec_properties"}
_ATTRIBUTES = (
    "allow_compile_failures",
    "allow_host_files",
    "allow_no_native_code",
    "allow_prebuilt",
    "allow_unresolved",
    "cargo_lock",
    "cpus",
    "data",
    "exec_properties",
    "fixed",
    "leak_policy",
    "memory_per_cpu_mib",
    "native_deps",
    "sbom",
    "tools",
)
"""Those that `py_sdist_wheel` gets as they are."""
_KNOWN = sorted({*_BOOLEANS, *_NUMBERS, *_STRINGS, *_LISTS, *_DICTS})


@dataclass(frozen=True)
class Override:
    """What is said about one distribution.

    Args:
        build_requires: build requirements that the project forgot, PEP 508.
        patches: files, applied to its source before anything else.
        patch_strip: as in `py_sdist_wheel`.
        wheel_tags: the wheel's tags, or "".
        config_settings: PEP 517 config settings.
        env: variables for the backend.
        requires_dist: its dependencies at run time, PEP 508, where it can't be asked; else None.
        entry_points: whether its wheel has an entry_points.txt, where `lock` was wrong; else None.
        rust: whether its build needs Rust, where `lock` was wrong; else None.
        version: of a git source, where it does not tell; else "".
        attributes: more attributes of `py_sdist_wheel`; labels are as seen from the lock's workspace.
    """

    build_requires: tuple[str, ...] = ()
    patches: tuple[Path, ...] = ()
    patch_strip: int = 1
    wheel_tags: str = ""
    config_settings: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    requires_dist: tuple[str, ...] | None = None
    entry_points: bool | None = None
    rust: bool | None = None
    version: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Overrides:
    """The whole file.

    Args:
        constraints: on the versions of all build requirements, PEP 508.
        cycles: groups of distributions that need each other, besides those that the lock finds.
        distributions: by normalised name.
    """

    constraints: tuple[str, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    distributions: dict[str, Override] = field(default_factory=dict)

    def of(self, distribution: str) -> Override:
        """What is said about one distribution, perhaps nothing."""
        return self.distributions.get(distribution, Override())

    def without_rust(self) -> set[str]:
        """The distributions that are said to need no Rust."""
        return {name for name, override in self.distributions.items() if override.rust is False}

    def check_names(self, known: set[str], place: Path | None, said: str = "is not built from source") -> None:
        """Compares the names with those of the distributions for which something can be said.

        Args:
            known: those, normalised.
            place: the file.
            said: what the others are.

        Raises:
            UserError: one is not among them, so nothing would come of what is said about it.
        """
        for name in sorted(set(self.distributions) - known):
            built = f", or build it with --build {name}" if "built" in said else ""
            raise UserError(
                f"{name} {said}, so nothing can be overridden for it.",
                where=f"[distributions.{name}] in {place}",
                fix=f"{did_you_mean(name, known)} Else remove the table{built}.".strip(),
            )

    def check_versions(self, known: set[str], place: Path | None) -> None:
        """Compares the distributions whose version is told with those from git, for which alone it can be.

        Args:
            known: those, normalised.
            place: the file.

        Raises:
            UserError: one is not among them.
        """
        for name in sorted(name for name, override in self.distributions.items() if override.version):
            if name not in known:
                raise UserError(
                    f"{name} is no git source, so its version is that of its file.",
                    where=f"[distributions.{name}] in {place}",
                    fix="Remove `version`.",
                )


def digest_of(override: Override) -> str:
    """A hash of all that an override says, with the content of its patches."""
    said = {**asdict(override), "patches": [sha256(patch) for patch in override.patches]}
    said = {key: value for key, value in said.items() if key != "version" or value}  # locks are older than it
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def read_overrides(place: Path) -> Overrides:
    """Reads the file.

    Raises:
        UserError: it can't be read, or says something that is not known; nothing is ignored.
    """
    try:
        table = parse_toml(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"{place.name} can't be read: {error.strerror}.",
            where=str(place),
            fix="Check the name, or make the file; docs/how_to/overrides.md of rules_sdist shows one.",
        ) from error
    except ValueError as error:
        raise UserError(f"{place.name} is not valid TOML: {error}.", where=str(place), fix="Correct it.") from error
    _only(table, _TABLES, place.name)
    groups = _of_type(table.get("requirement_cycles", {}), dict, f"requirement_cycles in {place.name}")
    tables = _of_type(table.get("distributions", {}), dict, f"distributions in {place.name}")
    return Overrides(
        constraints=_requirements(table.get("constraints", []), f"constraints in {place.name}"),
        cycles=tuple(
            tuple(canonicalize_name(item) for item in _strings(members, f"requirement_cycles.{name}"))
            for name, members in groups.items()
        ),
        distributions={
            str(canonicalize_name(name)): _override(values, place, f"[distributions.{name}] in {place.name}")
            for name, values in tables.items()
        },
    )


def _override(table: Any, place: Path, where: str) -> Override:
    _of_type(table, dict, where)
    _only(table, set(_KNOWN), where)
    for kinds, check in ((_LISTS, _strings), (_DICTS, _string_dict)):
        for key in sorted(kinds & table.keys()):
            check(table[key], f"{key} {where}")
    for keys, kind in ((_BOOLEANS, bool), (_NUMBERS, int), (_STRINGS, str)):
        for key in sorted(keys & table.keys()):
            _of_type(table[key], kind, f"{key} {where}")
    patches = tuple(place.parent / name for name in table.get("patches", []))
    for patch in patches:
        if not patch.is_file():
            raise UserError(f"The patch {patch} is not there.", where=where, fix="Paths are relative to this file.")
    return Override(
        build_requires=_requirements(table.get("build_requires", []), f"build_requires {where}"),
        patches=patches,
        patch_strip=table.get("patch_strip", 1),
        wheel_tags=table.get("wheel_tags", ""),
        config_settings=table.get("config_settings", {}),
        env=table.get("env", {}),
        requires_dist=(
            _requirements(table["requires_dist"], f"requires_dist {where}") if "requires_dist" in table else None
        ),
        entry_points=table.get("entry_points"),
        rust=table.get("rust"),
        version=_version(table.get("version", ""), f"version {where}"),
        attributes={key: table[key] for key in _ATTRIBUTES if key in table},
    )


def _only(table: dict[str, Any], known: set[str], where: str) -> None:
    for key in table:
        if key not in known:
            meant = did_you_mean(key, known)
            fix = meant if meant.startswith("Did") else f"Known are {', '.join(sorted(known))}."
            raise UserError(f"{key!r} is not known here.", where=where, fix=fix)


def _of_type(value: Any, kind: type, where: str) -> Any:
    if not isinstance(value, kind):
        names = {bool: "boolean", dict: "table", int: "number", list: "list", str: "string"}
        raise UserError(f"{value!r} is not a {names[kind]}.", where=where, fix=f"Write a {names[kind]}.")
    return value


def _strings(value: Any, where: str) -> list[str]:
    for item in _of_type(value, list, where):
        _of_type(item, str, where)
    return list(value)


def _string_dict(value: Any, where: str) -> dict[str, str]:
    for item in _of_type(value, dict, where).values():
        _of_type(item, str, where)
    return dict(value)


def _version(value: str, where: str) -> str:
    try:
        return str(Version(value)) if value else ""
    except InvalidVersion as error:
        raise UserError(f"{value!r} is no version.", where=where, fix='Write such as "1.0" (PEP 440).') from error


def _requirements(value: Any, where: str) -> tuple[str, ...]:
    lines = _strings(value, where)
    for line in lines:
        try:
            Requirement(line)
        except InvalidRequirement as error:
            raise UserError(
                f"{line!r} is no requirement: {error}.", where=where, fix='Write such as "setuptools<81" (PEP 508).'
            ) from error
    return tuple(lines)
