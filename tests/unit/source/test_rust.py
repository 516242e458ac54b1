"""Whether a source tree needs Rust, and the Cargo.toml that its build gives to cargo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rust_sdists import tree

from common.errors import UserError
from source.rust import rust_project

if TYPE_CHECKING:
    from pathlib import Path

BELOW = {"rust/Cargo.toml": ""}
BOTH = {**BELOW, "Cargo.toml": ""}


def manifests(source: Path, backend: str, *requires: str) -> list[str] | None:
    project = rust_project(source, backend, requires)
    return None if project is None else [file.relative_to(source).as_posix() for file in project.manifests]


@pytest.mark.parametrize(
    ("pyproject", "files", "expected"),
    [
        ("", BOTH, "Cargo.toml"),
        ("", BELOW, "rust/Cargo.toml"),
        ("[project]\nname = 'my-demo'", {**BOTH, "src/my_demo/__init__.py": ""}, "rust/Cargo.toml"),
        ("[tool.maturin]\npython-source = 'python'", BOTH, "rust/Cargo.toml"),
        ("[tool.maturin]\nmanifest-path = 'Cargo.toml'", BOTH, "Cargo.toml"),
        ("[tool.maturin]\nmanifest-path = 'a/../rust/Cargo.toml'", {**BOTH, "a/x": ""}, "rust/Cargo.toml"),
    ],
)
def test_maturin(tmp_path: Path, pyproject: str, files: dict[str, str], expected: str) -> None:
    tree(tmp_path, {"pyproject.toml": pyproject, **files})
    assert manifests(tmp_path, "maturin") == [expected]
    assert manifests(tmp_path, "own_backend", "Maturin[patchelf]>=1; python_version > '3'") == [expected]


@pytest.mark.parametrize(
    ("pyproject", "setup", "expected"),
    [
        ("", "setup(rust_extensions=[RustExtension('a')])", ["Cargo.toml"]),
        ("", "setup(rust_extensions=[rust.RustExtension('a', path='rust/Cargo.toml')])", ["rust/Cargo.toml"]),
        ("", "x = [RustBin('a', 'rust/Cargo.toml'), RustExtension('b')]", ["rust/Cargo.toml", "Cargo.toml"]),
        ("", "x = RustExtension('a', path=here())", ["Cargo.toml"]),
        ("", "print 'Python 2'", ["Cargo.toml"]),
        ("[[tool.setuptools-rust.ext-modules]]\ntarget = 'a'\npath = 'rust/Cargo.toml'", "", ["rust/Cargo.toml"]),
        ("[[tool.setuptools-rust.bins]]\ntarget = 'a'", "", ["Cargo.toml"]),
    ],
)
def test_setuptools_rust(tmp_path: Path, pyproject: str, setup: str, expected: list[str]) -> None:
    tree(tmp_path, {"pyproject.toml": pyproject, "setup.py": setup, **BOTH})
    assert manifests(tmp_path, "setuptools.build_meta", "setuptools", "setuptools_rust>=1") == expected


def test_others(tmp_path: Path) -> None:
    assert manifests(tmp_path, "hatchling.build", "hatchling", "hatch-rs") is None
    tree(tmp_path, BOTH)
    assert manifests(tmp_path, "hatchling.build", "hatchling", "hatch-rs") == ["Cargo.toml"]
    assert manifests(tmp_path, "hatchling.build", "hatchling", "demo @ ???") is None
    assert manifests(tmp_path, "setuptools.build_meta", "setuptools") is None


@pytest.mark.parametrize("path", ["none/Cargo.toml", "../Cargo.toml", "/etc/passwd"])
def test_a_manifest_that_is_not_in_the_sdist(tmp_path: Path, path: str) -> None:
    (tmp_path / "Cargo.toml").touch()
    source = tree(tmp_path / "source", {"pyproject.toml": f"[tool.maturin]\nmanifest-path = '{path}'"})
    with pytest.raises(UserError, match="which the build gives to cargo, is not in the source tree"):
        rust_project(source, "maturin", [])
    with pytest.raises(UserError, match=r"Cargo\.toml, which the build gives to cargo"):
        rust_project(tree(tmp_path / "empty", {"x": ""}), "maturin", [])
