from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from common.errors import UserError
from source.project import LEGACY, check_requires_python, read_build_system

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


def refusal(source: Path, python: str) -> str:
    with pytest.raises(UserError) as caught:
        check_requires_python(read_build_system(source), python, "//x:wheel")
    return str(caught.value)


def test_an_sdist_for_other_pythons_is_refused(tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    (tmp_path / "PKG-INFO").write_text(
        "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: <3.14,>=3.9\n"
    )
    check_requires_python(read_build_system(tmp_path), "3.13.2", "//x:wheel")
    message = refusal(tmp_path, "3.14.1")
    assert "//x:wheel: this sdist is for Python <3.14,>=3.9, and this is Python 3.14.1." in message
    assert "where: Requires-Python in PKG-INFO" in message
    assert 'python.toolchain(python_version = "3.13")' in message


def test_a_source_tree_for_other_pythons_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "demo"\nrequires-python = ">=3.99.1"\n')
    message = refusal(tmp_path, "3.14.1")
    assert "is for Python >=3.99.1, and this is Python 3.14.1." in message
    assert "where: requires-python in pyproject.toml" in message
    assert "correct pyproject.toml with `patches`" in message


def test_a_prerelease_of_python_is_the_python_that_it_will_be(tmp_path: Path) -> None:
    """As pip takes it."""
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.15"\n')
    check_requires_python(read_build_system(tmp_path), "3.15.0b1", "//x:wheel")


@pytest.mark.parametrize(
    "table", ['[project]\nrequires-python = ">= three"\n', "project = 1\n", "[project]\nrequires-python = 3\n"]
)
def test_what_asks_for_no_python_that_there_is_is_left_to_the_backend(tmp_path: Path, table: str) -> None:
    (tmp_path / "pyproject.toml").write_text(table)
    (tmp_path / "PKG-INFO").write_text("Requires-Python: UNKNOWN\n")
    check_requires_python(read_build_system(tmp_path), "3.14.1", "//x:wheel")
