from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from build_wheel.project import LEGACY, read_build_system
from errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


def test_build_system(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["a>=1"]\nbuild-backend = "back:end"\nbackend-path = ["."]\n'
    )
    system = read_build_system(tmp_path)
    assert (system.requires, system.backend, system.backend_path) == (("a>=1",), "back:end", (".",))


def test_setup_py_alone(tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    assert read_build_system(tmp_path) == LEGACY


def test_pyproject_without_a_build_system(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.x]\n")
    assert read_build_system(tmp_path) == LEGACY


def test_build_system_without_a_backend(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["setuptools", "Cython"]\n')
    system = read_build_system(tmp_path)
    assert (system.requires, system.backend) == (("setuptools", "Cython"), LEGACY.backend)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[build-system\n", "not valid TOML"),
        ("\xff", "not valid TOML"),
        ('[build-system]\nrequires = "setuptools"\n', "PEP 518"),
        ("[build-system]\nbuild-backend = 'x'\n", "PEP 518"),
        ("[build-system]\nrequires = []\nbuild-backend = 1\n", "PEP 518"),
    ],
)
def test_broken(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=message) as caught:
        read_build_system(tmp_path)
    assert "patches" in str(caught.value)


def test_no_project(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").touch()
    with pytest.raises(UserError, match="neither") as caught:
        read_build_system(tmp_path)
    assert "readme.txt" in str(caught.value)
