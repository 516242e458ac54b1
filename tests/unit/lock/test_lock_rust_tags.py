"""The tags of wheels with Rust, as Cargo.toml and pyproject.toml tell them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from rust_sdists import PYPROJECT, manifest, tree

from lock.cargo_locks import Rust
from lock.resolve.ask import Metadata
from lock.resolve.inspect_sdist import EXTENSION_TAGS, Inspection, guess_tags
from lock.rust.wheel_tags import EXTENSION, PROGRAM, rust_wheel_tags
from lock.target_platforms import target_platforms
from source.cargo import Workspace
from source.rust import rust_project

if TYPE_CHECKING:
    from pathlib import Path

PYO3 = "pyo3 = '0.29'"
ABI = "pyo3 = { version = '0.29', features = ['abi3-py39', 'abi3-py311'] }"
FEATURES = "\n[features]\ndefault = ['limited']\nlimited = ['pyo3/abi3-py310']\nextra = ['pyo3?/abi3-py38']\n"


def tags(source: Path, files: dict[str, str], backend: str = "maturin", *requires: str) -> str:
    tree(source, files)
    project = rust_project(source, backend, requires)
    assert project
    packages = [item for file in project.manifests for item in Workspace(file, source).packages()]
    return rust_wheel_tags(project, source, packages)


@pytest.mark.parametrize(
    ("settings", "cargo", "expected"),
    [
        ("", manifest(PYO3), EXTENSION),
        ("", manifest("pyo3-ffi = '0.29'"), EXTENSION),
        ("", manifest(ABI), "cp39-abi3-{platform}"),
        ("", manifest("pyo3 = { version = '0.29', features = ['abi3'] }"), "{python}-abi3-{platform}"),
        ("", manifest(PYO3) + "[dev-dependencies]\n" + ABI, EXTENSION),
        ("features = ['pyo3/abi3-py38']", manifest(PYO3), "cp38-abi3-{platform}"),
        ("", manifest(PYO3, more=FEATURES), "cp310-abi3-{platform}"),
        ("no-default-features = true", manifest(PYO3, more=FEATURES), EXTENSION),
        ("features = ['extra']", manifest(PYO3, more=FEATURES), "cp38-abi3-{platform}"),
        ("features = [{ feature = 'pyo3/abi3-py39', python-version = '>3' }]", manifest(PYO3), "cp39-abi3-{platform}"),
        ("features = [{ feature = 'pyo3/abi3', python-version = '<3.9' }]", manifest(PYO3), EXTENSION),
        ("features = [{ feature = 'pyo3/abi3', python-implementation = 'pypy' }]", manifest(PYO3), EXTENSION),
        ("bindings = 'bin'", manifest(PYO3), PROGRAM),
        ("bindings = 'uniffi'", manifest(), PROGRAM),
        ("bindings = 'cffi'", manifest(), PROGRAM),
        ("", manifest("libc = '1'"), PROGRAM),
    ],
)
def test_maturin(tmp_path: Path, settings: str, cargo: str, expected: str) -> None:
    files = {"pyproject.toml": f"{PYPROJECT}[tool.maturin]\n{settings}\n", "Cargo.toml": cargo}
    assert tags(tmp_path, files) == expected


def test_maturin_takes_features_from_all_packages(tmp_path: Path) -> None:
    cargo = manifest(PYO3, "core = { path = 'core' }")
    files = {"Cargo.toml": cargo, "core/Cargo.toml": manifest(ABI).replace("demo", "core")}
    assert tags(tmp_path, files) == "cp39-abi3-{platform}"


def test_maturin_and_a_program_that_embeds_python(tmp_path: Path) -> None:
    cargo = manifest(PYO3).replace('crate-type = ["cdylib"]', "")
    assert tags(tmp_path, {"Cargo.toml": cargo, "src/main.rs": ""}) == PROGRAM


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, EXTENSION),
        ({"setup.cfg": "[bdist_wheel]\npy_limited_api = cp38\n"}, "cp38-abi3-{platform}"),
        ({"setup.cfg": "[bdist_wheel]\npy-limited-api = cp39\n"}, "cp39-abi3-{platform}"),
        ({"pyproject.toml": "[tool.distutils.bdist_wheel]\npy-limited-api = 'cp37'\n"}, "cp37-abi3-{platform}"),
        ({"setup.py": "setup(options={'bdist_wheel': {'py_limited_api': 'cp310'}})"}, "cp310-abi3-{platform}"),
        ({"setup.py": "RustExtension('a', py_limited_api=True)"}, EXTENSION),
        ({"setup.cfg": "[bdist_wheel"}, EXTENSION),
    ],
)
def test_setuptools_rust(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    everything = {"Cargo.toml": manifest(ABI), **files}
    assert tags(tmp_path, everything, "setuptools.build_meta", "setuptools-rust") == expected


def test_they_go_before_the_wheels_on_the_index() -> None:
    """bcrypt's wheels are made with an option that its sdist doesn't have."""
    rust = Rust(wheel_tags="{python}-{abi}-{platform}")
    inspection = Inspection("", (), (), Metadata("", (), None), True, is_universal=False, rust=rust)
    here = target_platforms(())[0].tags()
    names = ["demo-1.0-cp38-abi3-manylinux_2_17_x86_64.whl"]
    assert guess_tags("1.0", names, inspection, here) == EXTENSION_TAGS


def test_a_python_without_the_stable_abi() -> None:
    inspection = Inspection(
        "", (), (), Metadata("", (), None), True, is_universal=False, rust=Rust(wheel_tags="cp38-abi3-{platform}")
    )
    here = target_platforms(())[0].tags()
    assert guess_tags("1.0", [], inspection, here) == "cp38-abi3-{platform}"
    own = f"cp{sys.version_info.major}{sys.version_info.minor}"
    free_threaded = [tag for tag in here if tag.abi != "abi3" and tag.interpreter == own]
    assert guess_tags("1.0", [], inspection, free_threaded) == EXTENSION_TAGS
