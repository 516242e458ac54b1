"""Build information of a wheel with Rust, and the wheel that is built again from it without Bazel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crab import NEEDS_RUST, RustWorkspace

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = NEEDS_RUST


def test_crates_and_toolchain_are_recorded_and_the_wheel_is_built_again(tmp_path: Path) -> None:
    workspace = RustWorkspace(tmp_path / "w", tmp_path / "o")
    try:
        workspace.build(workspace.crab("told"), "--output_groups=+buildinfo")
        (wheel,) = (workspace.bin() / "told").glob("*.whl")
        info = json.loads(wheel.with_name(f"{wheel.name}.buildinfo.json").read_text())
        crates = [entry for entry in info["inputs"] if entry["crate"]]
        assert [(entry["crate"], entry["sha256"]) for entry in crates] == [("claw-1.2.3.crate", workspace.sha256)]
        assert info["rust"]["version"].startswith("rustc 1.")
        assert {"bin/cargo", "bin/rustc"} <= info["rust"]["files"].keys()
        inputs = ["--inputs", str(workspace.root / "told"), "--inputs", str(workspace.registry)]
        command = ["run", "@rules_sdist//tools/rebuild", "--", str(wheel), f"{wheel}.buildinfo.json", *inputs]
        said = workspace.run(*command)
        assert f"{wheel.name} was built again, with the same bytes" in said.out
        assert "interpreter, compiler, rust, helper" in said.out
    finally:
        workspace.shutdown()
