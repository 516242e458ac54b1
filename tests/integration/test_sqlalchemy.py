"""SQLAlchemy 1.3, whose wheels broke overnight."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from support import CLOSED, REPO, Workspace

from common.errors import DIFFERENT

if TYPE_CHECKING:
    from pathlib import Path

MAPPED = CLOSED.replace("closed", "mapped")
SQLALCHEMY = """
py_sdist_wheel(
    name = "sqlalchemy",
    sdist = "@sqlalchemy_sdist//:file",
    build_requires = ["@setuptools_wheel//:file"],
    wheel_tags = "{python}-{abi}-{platform}",
)
"""


def test_the_three_extensions_of_sqlalchemy_are_there_and_equal(workspace: Workspace) -> None:
    """Its setup.py goes on without those that do not compile. Two paths, with and without a sandbox."""
    workspace.package("sqlalchemy", SQLALCHEMY)
    outputs = []
    for flags in ([CLOSED], [MAPPED], [MAPPED, "--spawn_strategy=local"]):
        workspace.build("//sqlalchemy", *flags)
        (file,) = (workspace.bin() / "sqlalchemy").glob("*.whl")
        with zipfile.ZipFile(file) as wheel:
            names = {name.rpartition("/")[2].partition(".")[0] for name in wheel.namelist() if name.endswith(".so")}
        assert names == {"cprocessors", "cresultproxy", "cutils"}
        outputs.append(file.read_bytes())
    assert outputs[0] == outputs[1] == outputs[2]


DEBIAN = ("-O2", "-g", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2")
OTHER = ("-O3", "-Wall", "-U_FORTIFY_SOURCE", "-fno-stack-protector")


def test_two_containers_flags_are_named_in_wheels_and_in_environments(workspace: Workspace, tmp_path: Path) -> None:
    """SQLAlchemy as one container compiles it and as another one does: with what, and what that made of the wheel."""
    workspace.package("sqlalchemy", SQLALCHEMY)
    wheels = []
    for name, flags in (("debian", DEBIAN), ("other", OTHER)):
        copts = [f"--copt={flag}" for flag in flags]
        workspace.build("//sqlalchemy", CLOSED, *copts, "--output_groups=+buildinfo", "--strip=never")
        (tmp_path / name).mkdir()
        for file in (workspace.bin() / "sqlalchemy").glob("*.whl*"):
            shutil.copy(file, tmp_path / name)
        wheels += sorted((tmp_path / name).glob("*.whl"))

    def diff(*arguments: str | Path) -> str:
        line = [sys.executable, str(REPO / "tools" / "wheel_diff"), *map(str, arguments)]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        assert done.returncode == DIFFERENT, done.stderr
        return done.stdout

    said = diff(*wheels)
    causes = said.split("\n\n")[0]
    assert "compiler flags in " in causes
    assert "compiled with -g -fstack-protector in A" in causes  # our wheels record no flags: these show
    assert "build path" not in causes
    files = [f"{wheel}.buildinfo.json" for wheel in wheels]
    assert said.endswith(f"\nIn what they were built with: wheel_diff --environment {' '.join(files)}\n")
    told = diff("--environment", *files)
    (line,) = (line for line in told.splitlines() if line.strip().startswith("c_flags: "))
    only_a, only_b = line.partition("only A: ")[2].split("; only B: ")
    assert {*DEBIAN} - {"-O2"} <= set(only_a.split())  # which is the toolchain's, and so in both
    assert {"-O3", "-fno-stack-protector"} <= set(only_b.split())
