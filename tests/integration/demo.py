"""Wheels of a project called demo, whose backend is a test's own."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from support import Workspace, backend_project, make_sdist

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


PLAIN = 'write_wheel(wheel_directory)\nreturn "demo-1.0-py3-none-any.whl"'


def contents(wheel: Path) -> dict[str, str]:
    """The text of a wheel's members."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name).decode("latin-1") for name in archive.namelist()}


def build_demo(workspace: Workspace, name: str, build_file: str, body: str) -> dict[str, str]:
    """Builds //NAME:wheel from demo-1.0.tar.gz with a backend of the given body; returns the wheel's members."""
    folder = workspace.package(name, build_file)
    make_sdist(backend_project(body), folder / "demo-1.0.tar.gz")
    workspace.build(f"//{name}:wheel")
    return contents(workspace.bin() / name / "demo-1.0-py3-none-any.whl")


def build_error(workspace: Workspace, case: str, files: Mapping[str, bytes | str], attributes: str = "") -> str:
    """Builds a project as an sdist and returns the message of its failure."""
    add_wheel(workspace, case, files, attributes)
    return workspace.error(f"//{case}:wheel")


def add_wheel(workspace: Workspace, case: str, files: Mapping[str, bytes | str], attributes: str = "") -> None:
    """Writes the package CASE with a project as an sdist."""
    folder = workspace.package(case, f'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", {attributes})')
    make_sdist(files, folder / "demo-1.0.tar.gz")
