"""Reads a Cargo.lock, of versions 1 to 4."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from common.errors import UserError
from common.toml import TomlError, parse_toml
from lock.rust.versions import is_version

NAME = "Cargo.lock"
NEWEST = 4
_CRATES_IO = "/rust-lang/crates.io-index"
"""How the source ends that cargo writes for the public registry, whatever mirror it is configured with."""
_CRATE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile("[0-9a-f]{64}")


def own_lock(distribution: str) -> str:
    """What a user does who writes a Cargo.lock, as the end of a sentence that begins with "or"."""
    return (
        f"write a Cargo.lock, such as {distribution}.Cargo.lock, beside the overrides, and under "
        f'[distributions.{distribution}] in them: cargo_lock = "//:{distribution}.Cargo.lock".'
    )


def git_error(crate: str, address: str, where: str, distribution: str) -> UserError:
    """The error of a crate that comes from git."""
    return UserError(
        f"The crate {crate} comes from the git repository {address}, not from a registry.",
        where=where,
        fix=f"{_patch(distribution)} Cargo.toml takes a version from the registry "
        f'(`{crate.split(" ")[0]} = "VERSION"` in place of `git = ...`); and {own_lock(distribution)}',
    )


def _patch(distribution: str) -> str:
    return f"Write under [distributions.{distribution}] of the overrides a patch (`patches`) by which"


@dataclass(frozen=True)
class LockedPackage:
    """An entry of a Cargo.lock.

    Args:
        name: a crate's, or that of a package in the source tree.
        version: its version.
        source: where it comes from, as cargo writes it; "" for the source tree.
        checksum: the sha256 of the crate's file, or "".
        dependencies: as cargo writes them: the name, where needed the version, and the source.
    """

    name: str
    version: str
    source: str
    checksum: str
    dependencies: tuple[str, ...]

    @property
    def key(self) -> str:
        """Such as "itoa-1.0.19"."""
        return f"{self.name}-{self.version}"


class CargoLock:
    """A Cargo.lock.

    Args:
        text: its content.
        where: what it is called in messages.
        distribution: whose it is.

    Raises:
        UserError: it is damaged, or newer than what is known.
    """

    def __init__(self, text: str, where: str, distribution: str) -> None:
        self.where = where
        self._text = text
        self._distribution = distribution
        try:
            table = parse_toml(text)
        except (TomlError, RecursionError) as error:
            raise self._damaged(str(error)) from error
        version = table.get("version", 1)
        if not isinstance(version, int) or version > NEWEST:
            raise UserError(
                f"{where} is of version {version}; versions 1 to {NEWEST} are known.",
                where=where,
                fix=f"Use a newer rules_sdist, or {own_lock(distribution)}",
            )
        items = table.get("package", [])
        root = table.get("root")  # of the oldest ones
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise self._damaged("`package` is no list of tables")
        items = [*items, *([root] if isinstance(root, dict) else [])]
        checksums = table.get("metadata", {})
        self.packages = tuple(self._package(item, checksums if isinstance(checksums, dict) else {}) for item in items)
        self._by_name: dict[str, list[LockedPackage]] = {}
        for package in self.packages:
            self._by_name.setdefault(package.name, []).append(package)

    def named(self, name: str) -> list[LockedPackage]:
        """The packages of a name."""
        return self._by_name.get(name, [])

    def dependencies(self, package: LockedPackage) -> list[LockedPackage]:
        """What a package depends on.

        Raises:
            UserError: one of them is not in the file.
        """
        found = []
        for text in package.dependencies:
            name, _, rest = text.partition(" ")
            version, _, source = rest.partition(" ")
            fitting = [item for item in self.named(name) if version in ("", item.version)]
            if source and len(fitting) > 1:
                fitting = [item for item in fitting if item.source.split("#")[0] == source.strip("()").split("#")[0]]
            if not fitting:
                what = f"{package.name} depends on {text[:100]!r}, which is missing"
                raise self._damaged(what, package.name, package.version)
            found += fitting
        return found

    def check(self, package: LockedPackage) -> None:
        """Checks that a package is a crate that can be fetched by its hash.

        Raises:
            UserError: it comes from git or from another registry, or has no checksum.
        """
        source, where = package.source.split("#")[0], self._place(package.name, package.version)
        if source.startswith("git+"):
            address = source.split("?")[0].partition("+")[2]
            raise git_error(f"{package.name} {package.version}", address, where, self._distribution)
        if not source.endswith(_CRATES_IO):
            what = f"comes from the registry {source.partition('+')[2]}, not from the public one or a mirror of it"
            fix = f"{_patch(self._distribution)} Cargo.toml takes it from there; and {own_lock(self._distribution)}"
        elif not package.checksum:
            what, fix = "has no checksum", f"Let cargo make a new Cargo.lock: {own_lock(self._distribution)}"
        else:
            return
        raise UserError(f"The crate {package.name} {package.version} {what}.", where=where, fix=fix)

    def _package(self, item: dict[str, Any], checksums: dict[str, Any]) -> LockedPackage:
        name, version, source = item.get("name"), item.get("version"), item.get("source", "")
        if not isinstance(name, str) or not _CRATE.fullmatch(name):
            raise self._damaged(f"{name!r:.100} is no name of a crate", name)
        if not isinstance(version, str) or not is_version(version):
            raise self._damaged(f"{version!r:.100} is no version of {name}", name, version)
        needed = item.get("dependencies", [])
        checksum = item.get("checksum", checksums.get(f"checksum {name} {version} ({source})", ""))
        if not isinstance(source, str) or not isinstance(needed, list) or not all(isinstance(n, str) for n in needed):
            raise self._damaged(f"the entry of {name} is not of the form that cargo writes", name, version)
        if checksum == "<none>":
            checksum = ""
        if checksum and not (isinstance(checksum, str) and _SHA256.fullmatch(checksum)):
            raise self._damaged(f"the checksum of {name} is {checksum!r:.100}", name, version)
        return LockedPackage(name, version, source, checksum, tuple(needed))

    def _place(self, name: object, version: object = None) -> str:
        """Where an entry is: the file, and the line of its name."""
        lines = self._text.splitlines()
        places = [number for number, line in enumerate(lines, 1) if line.split() == ["name", "=", f'"{name}"']]
        versioned = [place for place in places if f'"{version}"' in "".join(lines[place : place + 1])]
        return ", line ".join([self.where, *map(str, (versioned or places)[:1])])

    def _damaged(self, why: str, name: object = None, version: object = None) -> UserError:
        return UserError(
            f"{self.where} is damaged: {why}.",
            where=self._place(name, version),
            fix=f"Check that the sdist is whole; correct it with `patches`. Or {own_lock(self._distribution)}",
        )
