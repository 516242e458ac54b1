"""Cargo itself makes a Cargo.lock: from the registry that its user has configured, here a folder."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from rust_sdists import PYPROJECT, SUM, find, manifest, tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.skipif(not shutil.which("cargo"), reason="there is no cargo")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of crates, which the user's cargo takes for the registry."""
    folder = tmp_path / "registry"
    config = f'[source.crates-io]\nreplace-with = "here"\n[source.here]\ndirectory = "{folder}"\n'
    monkeypatch.setenv("CARGO_HOME", str(tree(tmp_path / "home", {"config.toml": config})))
    publish(folder, "itoa", "1.0.1")
    return folder


def publish(registry: Path, name: str, version: str, *dependencies: str) -> None:
    text = manifest(*dependencies).replace('"demo"', f'"{name}"').replace("0.1.0", version)
    checksum = json.dumps({"files": {}, "package": SUM})
    files = {"Cargo.toml": text, "src/lib.rs": "", ".cargo-checksum.json": checksum}
    tree(registry / f"{name}-{version}", files)


def sdist(folder: Path, *dependencies: str, more: str = "") -> Path:
    files = {"pyproject.toml": PYPROJECT, "Cargo.toml": manifest(*dependencies) + more, "src/lib.rs": ""}
    evil = '[source.crates-io]\nreplace-with = "evil"\n[source.evil]\ndirectory = "/none"\n[build]\nrustc = "/evil"\n'
    return tree(folder / "source", {**files, ".cargo/config.toml": evil, "rust-toolchain": "none"})


def keys(folder: Path, source: Path, upgrade: Sequence[str] = ()) -> list[str]:
    """The crates; the Cargo.lock files that are made are written, as `lock` writes them."""
    found, made = find(folder, source, upgrade=upgrade)
    assert found
    for place, text in made.items():
        tree(place.parent, {place.name: text})
    shutil.rmtree(folder / "made", ignore_errors=True)
    return [crate.key for crate in found.crates]


@pytest.mark.usefixtures("registry")
def test_no_cargo_lock(tmp_path: Path) -> None:
    assert keys(tmp_path, sdist(tmp_path, 'itoa = "1"')) == ["itoa-1.0.1"]


def test_it_stays_until_it_is_upgraded(tmp_path: Path, registry: Path) -> None:
    source = sdist(tmp_path, 'itoa = "1"', 'ryu = "1"')
    publish(registry, "ryu", "1.0.0")
    assert keys(tmp_path, source) == ["itoa-1.0.1", "ryu-1.0.0"]
    publish(registry, "itoa", "1.0.2")
    publish(registry, "ryu", "1.0.2")
    assert keys(tmp_path, source) == ["itoa-1.0.1", "ryu-1.0.0"]
    assert keys(tmp_path, source, upgrade=["Itoa"]) == ["itoa-1.0.2", "ryu-1.0.0"]
    assert keys(tmp_path, source) == ["itoa-1.0.2", "ryu-1.0.0"]


def test_in_a_stale_one_only_what_has_to_change_changes(tmp_path: Path, registry: Path) -> None:
    source = sdist(tmp_path, 'itoa = "1"')
    keys(tmp_path, source)
    shutil.move(tmp_path / "cargo_locks" / "demo-1.0.Cargo.lock", source / "Cargo.lock")
    publish(registry, "itoa", "1.0.2")
    publish(registry, "ryu", "1.0.0", 'itoa = "1"')
    assert keys(tmp_path, source) == ["itoa-1.0.1"]
    assert not list((tmp_path / "cargo_locks").iterdir())
    sdist(tmp_path, 'itoa = "1"', 'ryu = "1"')
    assert keys(tmp_path, source) == ["itoa-1.0.1", "ryu-1.0.0"]
    assert [file.name for file in (tmp_path / "cargo_locks").iterdir()] == ["demo-1.0.Cargo.lock"]
