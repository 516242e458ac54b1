"""Puts a Cargo.lock where cargo looks for it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from source.cargo import Workspace
from source.rust import any_rust_project, rust_project

if TYPE_CHECKING:
    from pathlib import Path

    from source.project import BuildSystem

_NAME = "Cargo.lock"


def place_cargo_lock(file: Path, source: Path, system: BuildSystem) -> None:
    """Has a Cargo.lock take the place of the sdist's, in the root of each workspace that its build gives to cargo.

    Args:
        file: the Cargo.lock.
        source: the source root.
        system: the project's build system.

    Raises:
        UserError: a Cargo.toml is damaged, missing, or names a folder outside the source tree.
    """
    project = rust_project(source, system.backend, system.requires) or any_rust_project(source)
    roots = {Workspace(manifest, source).root for manifest in project.manifests} or {source}
    for root in sorted(roots):
        place = root / _NAME
        place.unlink(missing_ok=True)
        shutil.copyfile(file, place)
