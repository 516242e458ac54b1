"""Ten builds of one real sdist at the same time, on one machine."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING

from support import CLOSED, REPO, Workspace, spawns

if TYPE_CHECKING:
    from pathlib import Path

LOCK = REPO / "tests" / "corpus" / "sdists.lock.json"
BUILD_FILE = """
[
    py_sdist_wheel(
        name = "contourpy_%d" % number,
        build_requires = BUILD_REQUIRES,
        cpus = 1,
        sdist = "@contourpy//:file",
        wheel_tags = "{python}-{abi}-{platform}",
    )
    for number in range(10)
]
"""


def add_contourpy(workspace: Workspace) -> list[str]:
    """Its sdist and build requirements, as the corpus has them: the labels of these."""
    locked = json.loads(LOCK.read_text())
    (sdist,) = (entry for entry in locked["sdists"] if entry["distribution"] == "contourpy")
    files = {entry["filename"]: entry for entry in locked["build_files"]}
    entries = {"contourpy": sdist} | {
        f"tool_{number}": files[name] for number, name in enumerate(sdist["build_requires"])
    }
    with (workspace.root / "MODULE.bazel").open("a") as module:
        for name, entry in entries.items():
            values = {"name": name} | {key: entry[key] for key in ("distribution", "filename", "sha256")}
            arguments = ", ".join(f'{key} = "{value}"' for key, value in values.items())
            module.write(f'sdists.file({arguments})\nuse_repo(sdists, "{name}")\n')
    return [f"@{name}//:file" for name in entries if name != "contourpy"]


def test_ten_closed_builds_of_contourpy_at_once(tmp_path: Path) -> None:
    """Each at the same path, /build; equal bytes."""
    workspace = Workspace(tmp_path / "w", tmp_path / "o", flags=["-c", "fastbuild"])
    requires = json.dumps(add_contourpy(workspace))
    for number in range(10):
        one = BUILD_FILE.replace("range(10)", f"[{number}]").replace("BUILD_REQUIRES", requires)
        workspace.package(f"contourpy/{number}", one)
    log = tmp_path / "log.json"
    at_once = ("--jobs=20", "--local_resources=cpu=20", "--local_resources=memory=20000")
    workspace.build("//contourpy/...", CLOSED, *at_once, f"--execution_log_json_file={log}")
    assert sum(spawn["mnemonic"] == "PySdistWheel" for spawn in spawns(log)) == 10
    wheels = sorted((workspace.bin() / "contourpy").glob("*/*.whl"))
    assert len(wheels) == 10
    assert len({hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels}) == 1
    workspace.shutdown()
    shutil.rmtree(tmp_path / "w")
