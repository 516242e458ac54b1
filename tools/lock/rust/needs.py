"""Compares the Cargo.toml files of an sdist with its Cargo.lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lock.rust.versions import satisfies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lock.rust.cargo_lock import CargoLock, LockedPackage
    from source.cargo import Dependency, Package


@dataclass(frozen=True)
class Needs:
    """What a source tree needs of a Cargo.lock.

    Args:
        packages: those that are reached from the packages of the source tree, without these; sorted.
        lacking: what the source tree asks for and the file has not, such as "pyo3 ^0.29 (for demo)".
        vanished: the packages of the source tree that only the file has.
    """

    packages: tuple[LockedPackage, ...]
    lacking: tuple[str, ...]
    vanished: tuple[str, ...]


def needs(local: Iterable[Package], lock: CargoLock) -> Needs:
    """Compares them; versions that the file has stay what they are, as with cargo.

    Args:
        local: the packages of the source tree.
        lock: the file.

    Raises:
        UserError: the file names a package that it does not have.
    """
    own = {package.name for package in local}
    lacking: list[str] = []
    waiting: list[LockedPackage] = []
    for package in local:
        entries = [item for item in lock.named(package.name) if not item.source]
        known = [item for entry in entries for item in lock.dependencies(entry)]
        for dependency in package.dependencies:
            if dependency.folder and dependency.name in own:
                continue
            found = _fitting(dependency, known) or _fitting(dependency, lock.named(dependency.name))
            waiting += found
            # Of what lies outside the workspace, only what some feature asks for is locked.
            if not found and (package.is_member or not dependency.optional):
                lacking.append(f"{dependency.name} {dependency.requirement}".rstrip() + f" (for {package.name})")
    reached: dict[str, LockedPackage] = {}
    while waiting:
        item = waiting.pop()
        if (item.source or item.name not in own) and item.key not in reached:
            reached[item.key] = item
            waiting += lock.dependencies(item)
    vanished = {item.name for item in lock.packages if not item.source} - own
    return Needs(
        tuple(sorted((item for item in reached.values() if item.source), key=lambda item: (item.name, item.version))),
        tuple(dict.fromkeys(lacking)),
        tuple(sorted(vanished)),
    )


def _fitting(dependency: Dependency, packages: Iterable[LockedPackage]) -> list[LockedPackage]:
    return [
        item for item in packages if item.name == dependency.name and satisfies(item.version, dependency.requirement)
    ]
