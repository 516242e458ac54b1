"""Gets the inputs of a build, each by its hash."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from common.errors import UserError
from common.files import sha256
from lock.package_index import PackageIndex, package_index
from rebuild.crates import Registry, place_crate

if TYPE_CHECKING:
    from buildinfo.document import BuildInfo, Input


@dataclass
class Sources:
    """Where inputs come from.

    Args:
        folders: searched first.
        downloads: an empty folder for what is downloaded.
        index_url: the package index, or "" for that of pip's configuration.
    """

    folders: tuple[Path, ...]
    downloads: Path
    index_url: str
    _known: dict[str, list[Path]] | None = field(default=None)
    _index: PackageIndex | None = field(default=None)
    _registry: Registry | None = field(default=None)

    def find(self, entry: Input, distribution: str) -> Path:
        """The file with an input's hash.

        Args:
            entry: the input.
            distribution: whose it is, if an index may have it, or "".

        Raises:
            UserError: it is nowhere, or only with another hash.
        """
        name = entry.wheel or entry.crate or Path(entry.path).name
        namesakes = self._local().get(name, [])
        for file in namesakes:
            if file.is_file() and sha256(file) == entry.sha256:
                return file
        if distribution:
            for offered in self._package_index().files(distribution):
                if offered.filename == name and offered.sha256 in ("", entry.sha256):
                    return self._package_index().download(offered, entry.sha256, self.downloads / name)
        if entry.crate:
            return self._crates().download(entry, self.downloads / name)
        others = "".join(f"\n  {path} has sha256 {sha256(path)}" for path in namesakes[:3] if path.is_file())
        raise UserError(
            f"{name} with the sha256 {entry.sha256}, from which the wheel was built, is nowhere to be found.{others}",
            where=entry.path,
            fix="Name a folder that has it: --inputs FOLDER."
            + (" A wheel that was itself built from source is beside its own .buildinfo.json." if entry.wheel else ""),
        )

    def _local(self) -> dict[str, list[Path]]:
        """All files in the folders, by name: hashing all would take long where somebody names Bazel's output base."""
        if self._known is None:
            self._known = {}
            for folder in self.folders:
                for parent, _, names in os.walk(folder.resolve()):
                    for name in sorted(names):
                        self._known.setdefault(name, []).append(Path(parent, name))
        return self._known

    def _crates(self) -> Registry:
        if self._registry is None:
            self._registry = Registry(self.downloads / "registry")
        return self._registry

    def _package_index(self) -> PackageIndex:
        if self._index is None:
            self._index = package_index(self.index_url, self.downloads)
        return self._index


def place_inputs(info: BuildInfo, sources: Sources, root: Path) -> dict[str, Path]:
    """Puts the inputs where the build expects them.

    Args:
        info: the build information, checked.
        sources: where they come from.
        root: the execution root; what links to a toolchain's repositories lead to stays, if it has the right hash.

    Returns:
        the wheels of the build requirements, by the folders to install them into, relative to `root`.

    Raises:
        UserError: one can't be had.
    """
    wheels: dict[str, Path] = {}
    crates = (info.recipe["rust"] or {}).get("crates", ())
    renamed = {crate["root"]: crate["renamed"] for crate in crates}
    for number, entry in enumerate(info.inputs):
        place = root / entry.path
        if place.resolve() != root.resolve() / entry.path:
            _check_known(entry, place)
            continue
        file = sources.find(entry, _distribution(entry, info))
        if entry.wheel:
            wheels[entry.path] = file
        elif entry.crate:
            place_crate(file, entry, renamed[entry.path], place, sources.downloads / f"crate{number}")
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
    return wheels


def _check_known(entry: Input, place: Path) -> None:
    if not place.is_file() or sha256(place) != entry.sha256:
        raise UserError(
            f"{entry.path} with the sha256 {entry.sha256}, from which the wheel was built, is not in the toolchain.",
            where=f"inputs.path of the build information: {entry.path}",
            fix="Name the folder of the toolchain that the wheel was built with: --toolchain FOLDER.",
        )


def _distribution(entry: Input, info: BuildInfo) -> str:
    """The distribution under which a package index has the file, or ""."""
    if entry.wheel:
        try:
            return str(parse_wheel_filename(entry.wheel)[0])
        except InvalidWheelFilename:
            return ""
    return str(info.recipe["expected"]["distribution"]) if entry.path == info.recipe["sdist"] else ""
