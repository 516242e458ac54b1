"""Reads Cargo.toml files as cargo does: where a workspace's root is, and what its packages depend on."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common.errors import UserError
from common.toml import TomlError, parse_toml
from source.rust import MANIFEST, strings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KINDS = (
    ("dependencies", False),
    ("build-dependencies", False),
    ("build_dependencies", False),
    ("dev-dependencies", True),
    ("dev_dependencies", True),
)


@dataclass(frozen=True)
class Dependency:
    """What a package of a workspace depends on.

    Args:
        name: the other package's own.
        requirement: on its version, as cargo has it; "" for any.
        features: those asked for.
        optional: whether only some feature needs it.
        development: whether only tests need it.
        build: whether build scripts need it.
        git: the address of a git repository, or "".
        folder: where it is, if it is in the source tree.
    """

    name: str
    requirement: str
    features: tuple[str, ...]
    optional: bool
    development: bool
    build: bool
    git: str
    folder: Path | None


@dataclass(frozen=True)
class Package:
    """A package of the source tree.

    Args:
        folder: where its Cargo.toml is.
        name: its name.
        version: its version.
        dependencies: all of them, for whatever platform.
        features: its own features, and what each turns on.
        library_types: what its library is compiled to, such as "cdylib".
        is_member: whether it belongs to the workspace, so that its tests count.
    """

    folder: Path
    name: str
    version: str
    dependencies: tuple[Dependency, ...]
    features: dict[str, list[str]]
    library_types: tuple[str, ...]
    is_member: bool


class Workspace:
    """The workspace that a Cargo.toml belongs to; its root may be that file.

    Args:
        manifest: the file.
        top: the source root; nothing outside is read.

    Raises:
        UserError: a Cargo.toml is damaged, missing, or names a folder outside the source tree.
    """

    def __init__(self, manifest: Path, top: Path) -> None:
        self.top = top.resolve()
        self._read: dict[Path, dict[str, Any]] = {}
        self.manifest = manifest.resolve()
        """Both without links."""
        self.root = self._root_of(self.manifest.parent)
        """The folder in which Cargo.lock belongs."""

    def packages(self) -> tuple[Package, ...]:
        """All packages of the source tree that cargo locks for it: members, and what they name by path."""
        found: dict[Path, Package] = {}
        waiting = [(folder, True) for folder in self._members()]
        table = self._table(self.root)
        for patches in _table_of(table, "patch").values():
            if isinstance(patches, dict):
                named = [self._dependency(self.root, self.root, key, value) for key, value in patches.items()]
                waiting += [(item.folder, False) for item in named if item.folder]
        is_workspace = "workspace" in table
        while waiting:
            folder, is_member = waiting.pop(0)
            if folder in found:
                continue
            found[folder] = package = self._package(folder, is_member=is_member)
            below = [item.folder for item in package.dependencies if item.folder]
            waiting += [(item, is_workspace and is_member and self._is_inside(item)) for item in below]
        return tuple(found.values())

    def _is_inside(self, folder: Path) -> bool:
        belongs = folder.is_relative_to(self.root) or self._root_of(folder) == self.root
        return belongs and not self._is_excluded(self.root, folder)

    def _members(self) -> list[Path]:
        table = self._table(self.root)
        found = [self.root] if "package" in table else []
        for pattern in strings(_table_of(table, "workspace").get("members")):
            folder = self._below(self.root, pattern) if not _is_pattern(pattern) else None
            folders = [folder] if folder else sorted(self.root.glob(pattern))
            found += [at for at in folders if (at / MANIFEST).is_file() and not self._is_excluded(self.root, at)]
        own = self.manifest.parent
        return list(dict.fromkeys([*found, own] if "package" in self._table(own) else found))

    def _root_of(self, folder: Path) -> Path:
        """The folder of the workspace root that a package's folder belongs to, as cargo finds it."""
        table = self._table(folder)
        if "workspace" in table:
            return folder
        named = _table_of(table, "package").get("workspace")
        if isinstance(named, str):
            return self._below(folder, named)
        for above in folder.parents:
            if not above.is_relative_to(self.top):
                break
            if not (above / MANIFEST).is_file():
                continue
            other = self._table(above)
            if "workspace" in other and not self._is_excluded(above, folder):
                return above
        return folder

    def _is_excluded(self, root: Path, folder: Path) -> bool:
        if not folder.is_relative_to(root):
            return False
        workspace = _table_of(self._table(root), "workspace")
        name = folder.relative_to(root).as_posix()

        def has(key: str) -> bool:
            return any(_covers(pattern, name) for pattern in strings(workspace.get(key)))

        return has("exclude") and not has("members")

    def _package(self, folder: Path, *, is_member: bool) -> Package:
        table = self._table(folder)
        package = _table_of(table, "package")
        root = self._root_of(folder)
        version = package.get("version", "0.0.0")
        if isinstance(version, dict):
            version = _table_of(_table_of(self._table(root), "workspace"), "package").get("version", "0.0.0")
        features = {key: strings(value) for key, value in _table_of(table, "features").items()}
        dependencies = tuple(self._dependencies(table, folder, root, is_member=is_member))
        library = _table_of(table, "lib")
        types = strings(library.get("crate-type")) or strings(library.get("crate_type"))
        return Package(
            folder, str(package.get("name", "")), str(version), dependencies, features, tuple(types), is_member
        )

    def _dependencies(
        self, table: dict[str, Any], folder: Path, root: Path, *, is_member: bool
    ) -> Iterator[Dependency]:
        targets = _table_of(table, "target").values()
        for part in (table, *(item for item in targets if isinstance(item, dict))):
            for kind, development in _KINDS:
                if development and not is_member:
                    continue
                for key, value in _table_of(part, kind).items():
                    yield self._dependency(folder, root, key, value, kind)

    def _dependency(self, folder: Path, root: Path, key: str, value: Any, kind: str = "") -> Dependency:
        own: dict[str, Any] = value if isinstance(value, dict) else {"version": value}
        said, base = own, folder
        if own.get("workspace") is True:
            shared = _table_of(_table_of(self._table(root), "workspace"), "dependencies").get(key, {})
            said, base = (shared if isinstance(shared, dict) else {"version": shared}), root
        path = said.get("path")
        features = [*strings(said.get("features")), *(strings(own.get("features")) if own is not said else ())]
        return Dependency(
            name=str(said.get("package", key)),
            requirement=str(said.get("version", "")),
            features=tuple(features),
            optional=own.get("optional") is True,
            development=kind.startswith("dev"),
            build=kind.startswith("build"),
            git=str(said.get("git", "")),
            folder=self._below(base, path) if isinstance(path, str) else None,
        )

    def _below(self, folder: Path, path: str) -> Path:
        found = (folder / path).resolve()
        if not found.is_relative_to(self.top):
            raise UserError(
                f"A Cargo.toml names {path!r}, which is outside the source tree.",
                where=self._name(folder),
                fix="Correct it with `patches`, under [distributions.NAME] of the overrides.",
            )
        return found

    def _name(self, folder: Path) -> str:
        return (folder / MANIFEST).relative_to(self.top).as_posix()

    def _table(self, folder: Path) -> dict[str, Any]:
        if folder not in self._read:
            self._read[folder] = self._parse(folder)
        return self._read[folder]

    def _parse(self, folder: Path) -> dict[str, Any]:
        try:
            return parse_toml((folder / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            what, fix = "is not there", "Check that the sdist is whole; add it, or leave it out, with `patches`."
            raise UserError(f"{self._name(folder)} {what}.", where=self._name(folder), fix=fix) from error
        except (TomlError, UnicodeDecodeError, RecursionError, OSError) as error:
            what, fix = f"is not valid TOML: {error}", "Correct it with `patches`."
            raise UserError(f"{self._name(folder)} {what}.", where=self._name(folder), fix=fix) from error


def _table_of(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _is_pattern(text: str) -> bool:
    return any(letter in text for letter in "*?[")


def _covers(path: str, name: str) -> bool:
    """Whether a folder is the one that a path of a workspace names, or in it; patterns are none here."""
    wanted = posixpath.normpath(path)
    return name == wanted or name.startswith(f"{wanted}/")
