"""Two wheels with Rust, by maturin and by setuptools-rust, of which nothing was prebuilt, be it wheel or crate."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crab import NEEDS_RUST
from support import REPO, Workspace

if TYPE_CHECKING:
    from pathlib import Path

MODULE = f"""
bazel_dep(name = "rules_sdist", version = "0.1.0")
local_path_override(module_name = "rules_sdist", path = "{REPO}")
bazel_dep(name = "rules_python", version = "1.0.0")
sdists = use_extension("@rules_sdist//python:extensions.bzl", "sdists")
sdists.lock(name = "deps", lock = "//:sdists.lock.json")
use_repo(sdists, "deps")
"""
REQUIREMENTS = """
rpds-py==2026.9.1 --hash=sha256:4793ef7f78268b124b73fa933440f01d258bbae01de9fa53e9080c9ab0425a12
bcrypt==5.0.0 --hash=sha256:f748f7c2d6fd375cc93d3fba7ef4a9e3a092421b8dbf34d8d4dc06be9492dfdd
"""
OVERRIDES = """
[distributions.maturin]
allow_prebuilt = ["fat-macho-*/tests/*", "lddtree-*/tests/*", "lzma-sys-*/xz-*/tests/*"]
"""
"""What crates of maturin test themselves with; its build does not look at it."""
TESTS = """
load("@deps//:requirements.bzl", "requirement")
load("@rules_python//python:py_test.bzl", "py_test")

exports_files(glob(["cargo_locks/*"], allow_empty = True))

py_test(name = "all_test", srcs = ["all_test.py"], deps = [requirement("rpds-py"), requirement("bcrypt")])
"""
NOTHING_PREBUILT = (
    f"--experimental_downloader_config={REPO}/examples/from_source/no_wheels.cfg",
    "--@rules_sdist//python/settings:prebuilt_in_crates=refuse",
)


@NEEDS_RUST
def test_nothing_is_prebuilt(tmp_path: Path) -> None:
    root = tmp_path / "w"
    root.mkdir()
    (root / "MODULE.bazel").write_text(MODULE)
    (root / "BUILD.bazel").write_text(TESTS)
    (root / "sdists.toml").write_text(OVERRIDES)
    (root / "requirements.txt").write_text(REQUIREMENTS)
    (root / "all_test.py").write_text("import bcrypt, rpds\n")
    workspace = Workspace(root, tmp_path / "o")
    try:
        lock = (
            "requirements.txt",
            "-o",
            "sdists.lock.json",
            "--build-requires-from-source",
            "--overrides",
            "sdists.toml",
        )
        workspace.run("run", "@rules_sdist//tools/lock", "--", *lock)
        locked = json.loads((root / "sdists.lock.json").read_text())
        backends = {item["distribution"] for item in locked["build_sdists"]}
        assert {"maturin", "setuptools-rust"} <= backends
        assert not locked["wheels"]
        workspace.run("test", "//:all_test", *NOTHING_PREBUILT)
    finally:
        workspace.shutdown()
