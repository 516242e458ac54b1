"""The case that rules_sdist began with: setuptools writes `License-File`, and reproducible builds break overnight.

Such an old setuptools needs a Python before 3.12: not that of Bazel's toolchain. So the helper is started without
Bazel.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import older_python
from code_blocks import blocks_run_by
from machine import index_url
from support import REPO

from build_wheel.params import BuildParams, Expected, Fingerprints, Native
from install_wheel.install import InstallParams
from lock.lockfile import LockedFile, LockedSdist, read_lock
from lock.resolve.index import PackageIndex

if TYPE_CHECKING:
    from pathlib import Path

SIX = "six==1.11.0 --hash=sha256:70e8a77beed4562e7f14fe23a786b54f6296e34344c23bc42f07b15018ff98e9\n"
OVERRIDES = """
constraints = ["setuptools{}"]
[distributions.six]
build_requires = ["wheel==0.36.2"]
env = {{ SETUPTOOLS_USE_DISTUTILS = "local" }}
"""


def test_license_file(tmp_path: Path) -> None:
    """The lock keeps the setuptools it has; another one makes another wheel, and wheel_diff says why."""
    (tmp_path / "requirements.txt").write_text(SIX)
    before = lock(tmp_path, "==56.2.0")
    assert setuptools(before) == "setuptools-56.2.0-py3-none-any.whl"
    assert setuptools(lock(tmp_path, "<58")) == "setuptools-56.2.0-py3-none-any.whl"
    after = lock(tmp_path, "<=57.0.0", "--upgrade", "setuptools")
    assert setuptools(after) == "setuptools-57.0.0-py3-none-any.whl"

    first, second = build(tmp_path / "before", before), build(tmp_path / "after", after)
    assert "License-File" not in member(first, "METADATA")
    assert "License-File: LICENSE" in member(second, "METADATA")
    assert record(first) == "sha256=vfvF0GW2vCjz99oMyLbw15XSkmo1IxC-G_339_ED4h8,1607"
    assert record(second) == "sha256=Beq9GTDD6nYVwLYrN3oOcts0HSPHotfRWQ_Zn8_9a7g,1629"
    line = [sys.executable, str(REPO / "tools" / "wheel_diff"), *(f"{f.parent.name}/{f.name}" for f in (first, second))]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (block,) = blocks_run_by("docs/reference/wheel_diff.md", __file__)
    assert done.stdout.rstrip() == block.text.rstrip()


def test_the_same_lock_makes_the_same_wheel(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(SIX)
    made = lock(tmp_path, "==56.2.0")
    one, two = build(tmp_path / "one", made), build(tmp_path / "another" / "folder", made)
    assert one.read_bytes() == two.read_bytes()


def lock(folder: Path, setuptools: str, *arguments: str) -> dict[str, LockedFile | LockedSdist]:
    """Locks six 1.11.0 with the real index; returns the lock's entries by file name."""
    (folder / "sdists.toml").write_text(OVERRIDES.format(setuptools))
    line = [*older_python.command(), str(REPO / "tools" / "lock"), "requirements.txt", "-o", "lock.json"]
    line += ["--overrides", "sdists.toml", *arguments]
    # /etc, where pip's configuration may be, may be another.
    env = {**os.environ, "PIP_INDEX_URL": index_url(), "PYTHONPATH": older_python.search_path()}
    done = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = read_lock(folder / "lock.json")
    entries: list[LockedFile | LockedSdist] = [*made.build_files, *made.sdists]
    return {entry.filename: entry for entry in entries}


def setuptools(entries: dict[str, LockedFile | LockedSdist]) -> str:
    (name,) = (name for name in entries if name.startswith("setuptools-"))
    return name


def build(folder: Path, entries: dict[str, LockedFile | LockedSdist]) -> Path:
    """Builds six from what a lock names, with nothing else."""
    folder.mkdir(parents=True)
    index = PackageIndex(index_url())
    trees = []
    for name, entry in entries.items():
        (file,) = (file for file in index.files(entry.distribution) if file.filename == name)
        index.download(file, entry.sha256, folder / name)
        if name.endswith(".whl"):
            trees.append(f"trees/{name}")
            run(folder, "install_wheel", InstallParams(name, trees[-1], bytecode=False))
    wheel = "six-1.11.0-py2.py3-none-any.whl"
    params = BuildParams(
        label="six",
        sdist="six-1.11.0.tar.gz",
        sources=(),
        build_root="root",
        output=wheel,
        expected=Expected("six", "1.11.0", "py2.py3-none-any", ()),
        build_requires=tuple(trees),
        patches=(),
        patch_strip=1,
        config_settings={},
        env={"SETUPTOOLS_USE_DISTUTILS": "local"},  # Debian's Python comes without
        tools={},
        cpus=1,
        compression="stored",
        leak_policy="error",
        allow_compile_failures=(),
        allow_no_native_code=False,
        allow_unresolved=(),
        allow_host_files=(),
        undeclared_host_files="record",
        host_files_output="host_files.json",
        max_unpacked_bytes=1 << 30,
        cc=None,
        native=Native((), (), (), (), (), ()),
        rust=None,
        keep_build_root=False,
        sbom=False,
        fingerprints=Fingerprints((), None, (), None),
        isolation="mapped",
        runfiles={},
        fixed=(),
        preload=None,
        from_lock=False,
    )
    run(folder, "build_wheel", params)
    return folder / wheel


def run(folder: Path, job: str, params: BuildParams | InstallParams) -> None:
    """Starts the helper as an action does."""
    (folder / "params.json").write_text(json.dumps(dataclasses.asdict(params)))
    done = subprocess.run(
        [*older_python.command(), "-B", str(REPO / "tools"), job, "params.json"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": older_python.search_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def member(wheel: Path, name: str) -> str:
    """A file of the .dist-info folder."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(f"six-1.11.0.dist-info/{name}").decode()


def record(wheel: Path) -> str:
    """What RECORD says of METADATA."""
    (line,) = (line for line in member(wheel, "RECORD").splitlines() if "/METADATA," in line)
    return line.partition(",")[2]
