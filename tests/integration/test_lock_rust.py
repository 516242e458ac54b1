"""The command `lock` on sdists with Rust: what it writes, what makes a lock stale, what a check shows."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from folder_index import BACKEND_WHEEL, FolderIndex, only
from rust_sdists import MANIFEST, PYPROJECT, SUM, cargo_lock, entry, fake_cargo, manifest, own
from support import REPO, make_sdist

if TYPE_CHECKING:
    from pathlib import Path

NAME = "cargo_locks/demo-1.0.Cargo.lock"
OLD = cargo_lock(own("itoa"), entry("itoa", "1.0.1"))
NEW = OLD.replace("1.0.1", "1.0.2")


@pytest.fixture
def index(tmp_path: Path) -> FolderIndex:
    made = FolderIndex(tmp_path / "index")
    made.wheel("maturin", "1.0", "maturin", BACKEND_WHEEL)
    return made


def publish(index: FolderIndex, folder: Path, **files: str) -> None:
    """An sdist of demo 1.0, and its requirements."""
    members = {"pyproject.toml": PYPROJECT, "PKG-INFO": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n", **files}
    (folder / "MODULE.bazel").touch()
    digest = index.publish(make_sdist(dict(members), index.place("demo-1.0.tar.gz")))
    (folder / "requirements.txt").write_text(f"demo==1.0 --hash=sha256:{digest}\n")


def run(index: FolderIndex, folder: Path, *arguments: str, path: str = os.defpath) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(REPO / "tools" / "lock"), "requirements.txt", "-o", "lock.json", *arguments]
    environment = {**os.environ, **only(index), "PATH": path}
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def locked(folder: Path) -> dict[str, object]:
    data: dict[str, object] = json.loads((folder / "lock.json").read_text())
    return data


def test_a_cargo_lock_in_the_sdist(tmp_path: Path, index: FolderIndex) -> None:
    """No cargo is needed, and the backend is not asked for metadata: maturin's needs cargo and all crates."""
    lock = OLD + entry("ryu", "1.0.0")
    publish(index, tmp_path, **{"Cargo.toml": manifest('itoa = "1"'), "Cargo.lock": lock})
    done = run(index, tmp_path)
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "lock.json").read_text())
    assert data["crates"] == [{"name": "itoa", "sha256": SUM, "version": "1.0.1"}]
    [demo] = data["sdists"]
    assert (demo["crates"], demo["attributes"], demo["requires_dist"]) == (["itoa-1.0.1"], {}, [])
    assert demo["wheel_tags"] == "py3-none-{platform}"
    assert not (tmp_path / "cargo_locks").exists()
    assert run(index, tmp_path, "--check").returncode == 0


def test_a_cargo_lock_that_is_made(tmp_path: Path, index: FolderIndex) -> None:
    publish(index, tmp_path, **{"Cargo.toml": manifest('itoa = "1"')})
    without = run(index, tmp_path)
    assert without.returncode == 2
    assert "There is no `cargo` on PATH to make the Cargo.lock that demo lacks." in without.stderr
    assert not (tmp_path / "lock.json").exists()

    path = f"{fake_cargo(tmp_path, OLD)}:{os.defpath}"
    missing = run(index, tmp_path, "--check", path=path)
    assert missing.returncode == 1
    assert "--- demo-1.0.Cargo.lock" in missing.stdout
    assert not (tmp_path / "cargo_locks").exists()

    assert run(index, tmp_path, path=path).returncode == 0
    assert (tmp_path / NAME).read_text() == OLD
    data = json.loads((tmp_path / "lock.json").read_text())
    assert data["inputs"][NAME] == hashlib.sha256(OLD.encode()).hexdigest()
    assert data["sdists"][0]["attributes"] == {"cargo_lock": f"//:{NAME}"}
    assert data["sdists"][0]["crates"] == ["itoa-1.0.1"]
    assert run(index, tmp_path, "--check").returncode == 0  # without cargo

    (tmp_path / "made.lock").write_text(NEW)
    assert run(index, tmp_path, path=path).returncode == 0
    assert (tmp_path / NAME).read_text() == OLD
    shown = run(index, tmp_path, "--check", "--upgrade=itoa", path=path)
    assert shown.returncode == 1
    assert '+version = "1.0.2"' in shown.stdout
    assert (tmp_path / NAME).read_text() == OLD
    assert run(index, tmp_path, "--upgrade=itoa", path=path).returncode == 0
    assert (tmp_path / NAME).read_text() == NEW

    (tmp_path / NAME).write_text(OLD)  # somebody edits it
    edited = run(index, tmp_path, "--check")
    assert edited.returncode == 1
    assert '+   "version": "1.0.1"' in edited.stdout
    assert run(index, tmp_path).returncode == 0
    assert locked(tmp_path)["crates"] == [{"name": "itoa", "sha256": SUM, "version": "1.0.1"}]


def test_several_pythons_get_one_cargo_lock(tmp_path: Path, index: FolderIndex) -> None:
    """It is made once; and it lies beside the overrides."""
    publish(index, tmp_path, **{"Cargo.toml": manifest('itoa = "1"')})
    (tmp_path / "deps").mkdir()
    (tmp_path / "deps" / "sdists.toml").write_text("")
    path = f"{fake_cargo(tmp_path, OLD)}:{os.defpath}"
    twice = ["--python", sys.executable, "--python", sys.executable]
    done = run(index, tmp_path, *twice, "--overrides", "deps/sdists.toml", path=path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("cargo makes") == 1
    assert (tmp_path / "deps" / NAME).read_text() == OLD
    assert f"deps/{NAME}" in str(locked(tmp_path)["inputs"])


def test_a_lock_from_before_there_was_rust_is_made_anew(tmp_path: Path, index: FolderIndex) -> None:
    publish(index, tmp_path, **{"Cargo.toml": MANIFEST, "Cargo.lock": cargo_lock(own())})
    assert run(index, tmp_path).returncode == 0
    text = (tmp_path / "lock.json").read_text()
    old = json.loads(text)
    del old["sdists"][0]["crates"], old["answers"]
    (tmp_path / "lock.json").write_text(json.dumps(old))
    assert run(index, tmp_path).returncode == 0
    assert (tmp_path / "lock.json").read_text() == text
