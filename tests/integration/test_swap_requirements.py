"""A swap builds what the project's own tool, or an option, says, whatever hashes the requirements allow."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from folder_index import FolderIndex, only
from machine import CERTIFICATES, cache_folder
from support import REPO, make_sdist

COMPILERS = Path(__file__).parent / "compilers.txt"
PYTHON = f"{sys.version_info[0]}{sys.version_info[1]}"
WHEEL = f"deps_{PYTHON}_six_py2_none_any_4721f391"
SDIST = f"deps_{PYTHON}_six_sdist_ff70335d"
PROJECT = """
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.9"
dependencies = ["six==1.17.0"]
"""


def lock(folder: Path, *arguments: str, **variables: str) -> str:
    """Runs `lock` for a swap; returns the included file, and what it says."""
    line = [sys.executable, str(REPO / "tools" / "lock"), *arguments, "-o", "lock.json"]
    line += ["--swap", "swap.MODULE.bazel", "--pip-hub=deps"]
    done = subprocess.run(
        line, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return (folder / "swap.MODULE.bazel").read_text() + str(done.stdout) + str(done.stderr)


@pytest.fixture(scope="module")
def compilers() -> Path:
    """Folder of the programs `pip-compile` and `uv`."""
    key = hashlib.sha256(COMPILERS.read_bytes() + sys.version.encode() + sys.executable.encode()).hexdigest()[:12]
    venv = cache_folder() / f"compilers-{key}"
    done = venv / "done"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        pip = f"{venv}/bin/pip install --quiet --only-binary=:all: --require-hashes -r {COMPILERS}"
        subprocess.run(pip.split(), check=True)
        done.touch()
    return venv / "bin"


@pytest.mark.parametrize(
    ("line", "made", "expected"),
    [
        ("pip-compile --quiet --generate-hashes --pip-args='--no-binary six' r.in -o r.txt", "r.txt", SDIST),
        ("uv pip compile --quiet --generate-hashes --no-binary six --emit-build-options r.in -o r.txt", "r.txt", WHEEL),
        ("uv lock --quiet", "uv.lock", WHEEL),
    ],
)
def test_what_the_tools_write_counts(tmp_path: Path, compilers: Path, line: str, made: str, expected: str) -> None:
    """docs/how_to/pip_parse.md has these three ways."""
    (tmp_path / "r.in").write_text("six==1.17.0\n")
    setting = '[tool.uv]\nno-binary-package = ["six"]\n' if made == "uv.lock" else ""
    (tmp_path / "pyproject.toml").write_text(PROJECT + setting)
    environment = {**os.environ, "PATH": f"{compilers}:{os.environ['PATH']}", "UV_PYTHON": sys.executable}
    environment.setdefault("SSL_CERT_FILE", CERTIFICATES)
    subprocess.run(line, shell=True, cwd=tmp_path, env=environment, check=True)
    text = lock(tmp_path, made)
    assert f'    {expected} = "sdists_hub__spoke_six",\n' in text
    assert text.count(' = "sdists_hub__spoke_') == 1
    (six,) = json.loads((tmp_path / "lock.json").read_text())["sdists"]
    assert six["filename"] == "six-1.17.0.tar.gz"
    typed = lock(tmp_path, made, "--wheel=six")
    assert ("Nothing is swapped" in typed) == (expected == WHEEL)


def test_option_goes_before_what_hashes_allow(tmp_path: Path) -> None:
    """rules_python would take the wheel, so that one's repository is swapped."""
    index = FolderIndex(tmp_path / "index")
    index.backend("1.0")
    sdist, wheel = index.sdist("one"), index.wheel("one", "1.0", "one", "")
    (tmp_path / "r.txt").write_text(f"one==1.0 --hash=sha256:{sdist} --hash=sha256:{wheel}\n")
    assert "Nothing is swapped" in lock(tmp_path, "r.txt", **only(index))
    name = f"deps_{PYTHON}_one_py3_none_any_{wheel[:8]}"
    text = lock(tmp_path, "r.txt", "--build=one", **only(index))
    assert f'        "{name}",\n' in text
    assert f'    {name} = "sdists_hub__spoke_one",\n' in text
    lines = (tmp_path / "r.txt").read_text()
    (tmp_path / "r.txt").write_text("--no-binary :all:\n" + lines)
    assert f"    {name} = " in lock(tmp_path, "r.txt", **only(index))
    assert "Nothing is swapped" in lock(tmp_path, "r.txt", "--wheel=one", **only(index))


def test_other_systems_are_locked_by_tag(tmp_path: Path) -> None:
    """No code runs there. What has no wheel stays an sdist; whether builds there have all they need is said."""
    index = FolderIndex(tmp_path / "index")
    index.backend("1.0")
    mac = index.wheel("one", "1.0", "one", "", tag="py3-none-macosx_11_0_arm64")
    index.wheel("more_tools", "1.0", "more_tools", "", tag="py3-none-manylinux_2_17_x86_64")
    table = '[build-system]\nrequires = ["toy-backend", "more-tools"]\nbuild-backend = "toy_backend"\n'
    files = {"pyproject.toml": table, "name.txt": "odd", "requires.txt": ""}
    odd = index.publish(make_sdist(files, index.place("odd-1.0.tar.gz")))
    lines = [
        f"one==1.0 --hash=sha256:{index.sdist('one')} --hash=sha256:{mac}",
        f'two==1.0 ; sys_platform == "win32" --hash=sha256:{index.sdist("two")}',
        f'odd==1.0 ; platform_system != "Windows" --hash=sha256:{odd}',
    ]
    (tmp_path / "r.txt").write_text("\n".join(lines) + "\n")
    platforms = ["--platform=manylinux_2_28_x86_64", "--platform=macosx_11_0_arm64", "--platform=win_amd64"]
    text = lock(tmp_path, "r.txt", *platforms, **only(index))
    data = json.loads((tmp_path / "lock.json").read_text())
    here, there, windows = (f"cp{PYTHON}_{name}" for name in ("linux_x86_64", "osx_aarch64", "windows_x86_64"))
    assert data["environments"] == [here, there, windows]
    found = {
        (item["filename"], *item["environments"]): item.get("build_requires")
        for item in (*data["sdists"], *data["wheels"])
    }
    backend, tools = "toy_backend-1.0-py3-none-any.whl", "more_tools-1.0-py3-none-manylinux_2_17_x86_64.whl"
    assert found == {
        ("odd-1.0.tar.gz", here): [tools, backend],
        ("odd-1.0.tar.gz", there): [],
        ("one-1.0.tar.gz", here, windows): [backend],
        ("one-1.0-py3-none-macosx_11_0_arm64.whl", there): None,
        ("two-1.0.tar.gz", windows): [backend],
    }
    assert f"NOTE: odd-1.0.tar.gz can't be built for {there}: pip finds no wheels for the build requirements" in text
    assert f"deps_{PYTHON}_odd_sdist_{odd[:8]} = " in text
    assert "none_macosx" not in text  # rules_python's own wheel
