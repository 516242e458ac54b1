"""What users do wrong before `lock`, and that the last lines of its message tell what to type."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from folder_index import BACKEND_WHEEL, FolderIndex, only
from support import REPO, make_sdist

if TYPE_CHECKING:
    from pathlib import Path

LINES = 12
TABLE = '[build-system]\nrequires = [{requires}]\nbuild-backend = "odd"\nbackend-path = ["."]\n'
ASKED = "def get_requires_for_build_wheel(config_settings=None):\n    "


@pytest.fixture
def index(tmp_path: Path) -> FolderIndex:
    made = FolderIndex(tmp_path / "index")
    made.backend("1.0")
    return made


def last_lines(
    index: FolderIndex, folder: Path, *, pyproject: str, asked: str = "return []", overrides: str = ""
) -> str:
    """Locks the project `odd`, and returns the last lines of why that did not work."""
    code = BACKEND_WHEEL.replace("VERSION", "1.0") + ASKED + asked + "\n"
    files = {"pyproject.toml": pyproject, "odd.py": code, "name.txt": "odd", "requires.txt": ""}
    digest = index.publish(make_sdist(files, index.place("odd-1.0.tar.gz")))
    (folder / "requirements.txt").write_text(f"odd==1.0 --hash=sha256:{digest}\n")
    (folder / "sdists.toml").write_text(overrides)
    line = [sys.executable, str(REPO / "tools" / "lock"), "requirements.txt", "-o", "lock.json"]
    done = subprocess.run(
        [*line, "--overrides", "sdists.toml"],
        cwd=folder,
        env={**os.environ, **only(index)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    return "\n".join(done.stderr.partition("\n/")[0].rstrip().splitlines()[-LINES:])


def test_an_sdist_for_other_pythons(tmp_path: Path, index: FolderIndex) -> None:
    pyproject = TABLE.format(requires="") + '[project]\nname = "odd"\nversion = "1.0"\nrequires-python = ">=3.99"\n'
    said = last_lines(index, tmp_path, pyproject=pyproject, asked="raise SystemExit('it was run')")
    assert "odd-1.0.tar.gz: this sdist is for Python >=3.99, and this is Python 3." in said
    assert "where: requires-python in pyproject.toml" in said
    assert "it was run" not in said


def test_a_constraint_that_leaves_nothing(tmp_path: Path, index: FolderIndex) -> None:
    pyproject = TABLE.format(requires='"toy-backend"')
    said = last_lines(index, tmp_path, pyproject=pyproject, overrides='constraints = ["toy-backend>=2"]\n')
    assert 'Loosen or remove in `constraints` of the overrides: "toy-backend>=2".' in said


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("import subprocess; subprocess.run(['cmake', '--version'], check=True)", 'build_requires = ["cmake"]'),
        ("raise SystemExit(\"No package 'geos' found\")", 'native_deps = ["@geos//:geos"]'),
    ],
)
def test_what_an_sdist_needs_is_told_as_toml(tmp_path: Path, index: FolderIndex, asked: str, line: str) -> None:
    said = last_lines(index, tmp_path, pyproject=TABLE.format(requires=""), asked=asked)
    assert f"    {line}\n" in said
    assert "That goes under [distributions.odd] of the overrides" in said
