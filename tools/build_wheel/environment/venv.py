"""The build environment: a virtual environment of links to the installed build requirements."""

from __future__ import annotations

import filecmp
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from build_wheel.environment import pinned_sysconfig
from common.errors import UserError
from common.resources import write_bytecode
from isolation.layout import plain_executable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isolation.layout import Layout


def create_venv(layout: Layout, trees: Sequence[str]) -> Path:
    """Makes the virtual environment.

    Links, not copies: a tree is installed once, by its own action. Its Python is the interpreter that runs the helper.

    Args:
        layout: where.
        trees: installed build requirements, each with `site-packages` and perhaps `bin`.

    Returns:
        the environment's `site-packages`.
    """
    site_packages = site_packages_folder(layout)
    scripts = layout.environment / "bin"
    site_packages.mkdir(parents=True)
    scripts.mkdir()
    interpreter = Path(plain_executable(getattr(sys, "_base_executable", sys.executable)))
    (layout.environment / "pyvenv.cfg").write_text(
        f"home = {interpreter.parent}\ninclude-system-site-packages = false\n", encoding="utf-8"
    )
    for name in ("python", "python3", site_packages.parent.name):
        (scripts / name).symlink_to(interpreter)
    for tree in trees:
        link_tree(layout.path(tree) / "site-packages", site_packages)
        if (layout.path(tree) / "bin").is_dir():
            link_tree(layout.path(tree) / "bin", scripts)
    (site_packages / "rules_sdist.pth").write_text("import rules_sdist_bootstrap\n", encoding="utf-8")
    write_bytecode(__package__, "bootstrap.py", site_packages / "rules_sdist_bootstrap.pyc")
    (site_packages / f"{pinned_sysconfig.MODULE}.py").write_text(pinned_sysconfig.pinned_module(), encoding="utf-8")
    return site_packages


def site_packages_folder(layout: Layout) -> Path:
    """Its `site-packages`."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return layout.environment / "lib" / version / "site-packages"


def link_tree(source: Path, target: Path) -> None:
    """Links each entry of `source` into `target`.

    Folders that both have are merged: namespace packages. The `__init__.py` of old-style ones is the same in all.

    Raises:
        UserError: two build requirements install one file with different content.
    """
    for entry in sorted(os.scandir(source), key=lambda entry: entry.name):
        place = target / entry.name
        if not place.exists():
            place.symlink_to(os.path.abspath(entry.path))  # noqa: PTH100 - resolving would lead out of the sandbox
        elif entry.is_dir() and place.is_dir():
            if place.is_symlink():
                shared = place.readlink()
                place.unlink()
                place.mkdir()
                link_tree(shared, place)
            link_tree(Path(entry.path), place)
        elif entry.is_dir() != place.is_dir() or not filecmp.cmp(entry.path, place, shallow=False):
            raise UserError(
                f"Two build requirements install different files as {entry.name}.",
                where=str(source),
                fix="Remove one of them from `build_requires`; perhaps one distribution is listed in two versions.",
            )
