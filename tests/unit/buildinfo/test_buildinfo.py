"""The action that writes build information."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from actions import build_params
from archives import TOOLS, make_wheel

from build_wheel.params import Crate, Rust
from buildinfo.document import BuildInfo, Input, crate_parts
from buildinfo.provenance import provenance
from buildinfo.record import RecordParams, build_info
from common.files import sha256
from wheel_diff.environment import environment_report

if TYPE_CHECKING:
    from pathlib import Path

RUSTC = """#!/bin/sh
[ "$1" = -vV ] && echo 'rustc 1.95.0 (59807616e 2026-04-14)' && echo 'host: x86_64-unknown-linux-gnu' &&
echo 'LLVM version: 22.1.2'
"""


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "params.json").write_text(json.dumps(dataclasses.asdict(build_params())))
    make_wheel(tmp_path, {"demo.py": ""})
    (tmp_path / "host_files.json").write_text("[]")
    zipfile.ZipFile(tmp_path / "helper.zip", "w").close()
    wheel = "demo-1.0-py3-none-any.whl"
    params = RecordParams(
        "params.json", "helper.zip", wheel, {}, (), {}, "host_files.json", "1", "urn:x", "/dev/full", "/dev/full"
    )
    (tmp_path / "record.json").write_text(json.dumps(dataclasses.asdict(params)))
    program = (
        "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_module('buildinfo', run_name='__main__')"
    )
    line = [sys.executable, "-c", program, str(TOOLS), "buildinfo", "record.json"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ERROR: The disk is full" in done.stderr
    assert "Traceback" not in done.stderr


def rust_info(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str = "1.0.2", library: str = "std") -> BuildInfo:
    """The build information of a wheel with one crate."""
    for name in ("rust/bin", "rust/lib"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "rust/bin/rustc").write_text(RUSTC)
    (folder / "rust/bin/rustc").chmod(0o755)
    (folder / "rust/bin/cargo").write_text("cargo")
    (folder / "rust/lib/libstd.rlib").write_text(library)
    crate = Crate("serde", version, "a" * 64, "external/crates__serde/crate", ("BUILD",))
    rust = Rust("rust/bin/cargo", "rust/bin/rustc", ("rust/bin/cargo", "rust/lib/libstd.rlib"), (crate,), None)
    (folder / "params.json").write_text(json.dumps(dataclasses.asdict(build_params(rust=rust))))
    make_wheel(folder, {"demo.py": ""})
    (folder / "host_files.json").write_text("{}")
    zipfile.ZipFile(folder / "helper.zip", "w").close()
    wheel = "demo-1.0-py3-none-any.whl"
    monkeypatch.chdir(folder)
    return build_info(
        RecordParams("params.json", "helper.zip", wheel, {}, (), {}, "host_files.json", "1", "urn:x", "a", "b")
    )


def test_crates_and_the_rust_toolchain_are_told_by_their_hashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = rust_info(tmp_path, monkeypatch)
    assert info.inputs == (Input("external/crates__serde/crate", "a" * 64, crate="serde-1.0.2.crate"),)
    assert info.rust == {
        "version": "rustc 1.95.0 (59807616e 2026-04-14)",
        "host": "x86_64-unknown-linux-gnu",
        "llvm": "22.1.2",
        "files": {name: sha256(tmp_path / "rust" / name) for name in ("bin/cargo", "bin/rustc", "lib/libstd.rlib")},
    }
    assert "files" not in info.recipe["rust"]
    file = tmp_path / "buildinfo.json"
    file.write_text(info.text())
    assert BuildInfo.read(file) == dataclasses.replace(info, recipe=json.loads(json.dumps(info.recipe)))


def test_provenance_names_crates_by_their_package_urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = json.loads(provenance(rust_info(tmp_path, monkeypatch, "1.0.2+build.1"), "urn:x"))
    definition = statement["predicate"]["buildDefinition"]
    assert definition["resolvedDependencies"] == [
        {
            "name": "serde-1.0.2+build.1.crate",
            "uri": "pkg:cargo/serde@1.0.2%2Bbuild.1",
            "digest": {"sha256": "a" * 64},
        }
    ]
    assert definition["internalParameters"]["rust"]["version"].startswith("rustc 1.95.0")


def test_what_differs_in_the_rust_of_two_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a = rust_info(tmp_path, monkeypatch)
    b = rust_info(tmp_path, monkeypatch, "1.0.3", library="other")
    report = environment_report(a, b, ("A", "B"))
    assert "crates: " in report
    assert "  serde 1: A 1.0.2 (sha256 aaaaaaaaaaaaaaaa), B 1.0.3 (sha256 aaaaaaaaaaaaaaaa)" in report
    assert "Rust: " in report
    assert "libstd.rlib" in report


def test_documents_without_rust_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that were written before."""
    document = json.loads(rust_info(tmp_path, monkeypatch).text())
    del document["rust"]
    document["inputs"] = [{"path": "x", "sha256": "b" * 64, "wheel": ""}]
    (tmp_path / "old.json").write_text(json.dumps(document))
    old = BuildInfo.read(tmp_path / "old.json")
    assert old.rust is None
    assert old.inputs == (Input("x", "b" * 64),)


@pytest.mark.parametrize(
    ("file", "parts"),
    [
        ("serde-1.0.2.crate", ("serde", "1.0.2")),
        ("proc-macro2-1.0.107.crate", ("proc-macro2", "1.0.107")),
        ("wasip2-1.0.4+wasi-0.2.12.crate", ("wasip2", "1.0.4+wasi-0.2.12")),
        ("a_b-0.1.0-rc.1.crate", ("a_b", "0.1.0-rc.1")),
    ],
)
def test_names_of_crates(file: str, parts: tuple[str, str]) -> None:
    assert crate_parts(file) == parts
