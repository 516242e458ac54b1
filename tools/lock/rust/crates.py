"""Finds the crates that an sdist's build needs; makes a Cargo.lock where there is none that will do."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from common.errors import UserError
from lock.cargo_locks import Rust
from lock.lockfile import LockedCrate
from lock.rust.cargo_lock import NAME, CargoLock, git_error
from lock.rust.needs import Needs, needs
from lock.rust.wheel_tags import rust_wheel_tags
from source.cargo import Workspace
from source.rust import MANIFEST, any_rust_project, rust_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from lock.cargo_locks import CargoLocks
    from lock.overrides import Override
    from lock.pinned import Pinned
    from lock.rust.run_cargo import Cargo
    from source.cargo import Package

_SHOWN = 3


@dataclass(frozen=True)
class _Found:
    """A Cargo.lock, what a workspace needs of it, and where it lies if not in the sdist."""

    lock: CargoLock
    needed: Needs
    place: Path | None = None


class CrateFinder:
    """Finds crates.

    Args:
        cargo: what makes a Cargo.lock.
        locks: those that are kept beside the lock.
        upgrade: names of crates that may change, as PEP 503 normalises them.
    """

    def __init__(self, cargo: Cargo, locks: CargoLocks, upgrade: Iterable[str]) -> None:
        self._cargo = cargo
        self._locks = locks
        self._upgrade = frozenset(upgrade)

    def find(self, pin: Pinned, override: Override, source: Path, backend: str, requires: Sequence[str]) -> Rust | None:
        """What an sdist needs.

        Args:
            pin: what it is.
            override: what the user says about it.
            source: its source root, patched; nothing of it has run.
            backend: its backend object.
            requires: its build requirements, PEP 508.

        Returns:
            None where it needs no Rust.

        Raises:
            UserError: there is no Cargo.lock and none can be made, it is damaged, or has a crate that can't be locked.
        """
        top, said = source.resolve(), override.attributes.get("cargo_lock")
        where = f"[distributions.{pin.name}] of the overrides"
        project = None if override.rust is False else rust_project(top, backend, requires)
        if project is None and override.rust:
            project = any_rust_project(top)
        if said and not (project and project.manifests):
            what = f"`cargo_lock` of {pin.name} is for nothing: no Cargo.toml is given to cargo."
            raise UserError(what, where=where, fix="Remove it; or add `rust = true`, if it needs Rust after all.")
        if project is None:
            return None
        spaces = [Workspace(manifest, top) for manifest in project.manifests]
        local = {space.root: space.packages() for space in spaces}
        found = [
            self._said(said, where, local[space.root], pin) if said else self._own(space, local[space.root], pin)
            for space in {space.root: space for space in spaces}.values()
        ]
        places = [item.place for item in found if item.place]
        if len(places) > 1:
            what = f"{pin.name} has several workspaces, of which {len(places)} need another Cargo.lock."
            raise UserError(what, where=where, fix="Put their Cargo.lock files into the sdist with `patches`.")
        crates = set()
        for item in found:
            for package in item.needed.packages:
                item.lock.check(package)
                crates.add(LockedCrate(package.name, package.version, package.checksum))
        tags = rust_wheel_tags(project, top, [package for packages in local.values() for package in packages])
        return Rust(tuple(sorted(crates)), tags, places[0] if places else None)

    def _said(self, label: str, where: str, local: Sequence[Package], pin: Pinned) -> _Found:
        """The Cargo.lock that the user wrote."""
        place = self._locks.place_of(label, where)
        found = _found(self._locks.read_label(label, where), place.name, local, pin, place)
        if found.needed.lacking:
            raise UserError(
                f"{place.name} lacks what Cargo.toml asks for: {_some(found.needed.lacking)}.",
                where=f"`cargo_lock` under {where}",
                fix="Renew it: unpack the sdist, copy it there as Cargo.lock, and type `cargo update --workspace`. Or "
                "remove `cargo_lock`; then `lock` makes one.",
            )
        return found

    def _own(self, space: Workspace, local: Sequence[Package], pin: Pinned) -> _Found:
        """The sdist's own Cargo.lock, or the one that is made in its place."""
        name = (space.root / NAME).relative_to(space.top).as_posix()
        old, why = None, f"has no {name}"
        if (space.root / NAME).is_file():
            old = _text(space.root / NAME, f"{name} of {pin.name}")
            found = _found(old, f"{name} of {pin.name}", local, pin)
            if not found.needed.lacking:
                if found.needed.vanished:
                    _note(f"{pin.name} {pin.version} leaves out what its {name} names: {_some(found.needed.vanished)}.")
                return found
            why = f"has a stale {name}, which lacks {_some(found.needed.lacking)}"
        _check_no_git(space, local, pin)
        place, kept = self._locks.kept(pin)
        upgrade: list[str] = []
        if kept is not None:
            found = _found(kept, place.name, local, pin, place)
            upgrade = [] if self._locks.is_made(place) else self._upgraded(found.lock)
            if not found.needed.lacking and not upgrade:
                return found
            why = f"gets another {_some(upgrade)}" if upgrade else f"needs {_some(found.needed.lacking)}"
        file = f"{place.parent.name}/{place.name}"
        _note(f"{pin.name} {pin.version} {why}; cargo makes {file}, to be checked in, and exported (exports_files).")
        text = self._cargo.make_lock(space, old if kept is None else kept, upgrade, pin.name)
        self._locks.add(place, text)
        return _found(text, place.name, local, pin, place)

    def _upgraded(self, lock: CargoLock) -> list[str]:
        crates = [item for item in lock.packages if item.source and canonicalize_name(item.name) in self._upgrade]
        return sorted({f"{item.name}@{item.version}" for item in crates})


def _found(text: str, where: str, local: Sequence[Package], pin: Pinned, place: Path | None = None) -> _Found:
    lock = CargoLock(text, where, pin.name)
    return _Found(lock, needs(local, lock), place)


def _text(file: Path, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fix = "Check that the sdist is whole; correct it with `patches`."
        raise UserError(f"{where} can't be read: {error}.", where=where, fix=fix) from error


def _check_no_git(space: Workspace, local: Iterable[Package], pin: Pinned) -> None:
    """Before cargo fetches what can't be locked."""
    for package in local:
        for dependency in package.dependencies:
            if dependency.git:
                where = f"{(package.folder / MANIFEST).relative_to(space.top)} of {pin.name}"
                raise git_error(dependency.name, dependency.git, where, pin.name)


def _note(text: str) -> None:
    print(f"NOTE: {text}", file=sys.stderr)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
