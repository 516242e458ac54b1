"""What users do wrong before `lock`, and that the last lines of its message tell what to type."""

from __future__ import annotations

import json
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


def publish(index: FolderIndex, name: str, pyproject: str, asked: str, **more: str) -> str:
    """Publishes a project with a backend of its own; returns its line of requirements.txt.

    Args:
        index: where.
        name: the project's.
        pyproject: its pyproject.toml.
        asked: what its backend does when it is asked for build requirements.
        more: further files, by their names with `__` for a slash, or code by the name `code`.
    """
    code = BACKEND_WHEEL.replace("VERSION", "1.0") + ASKED + asked + "\n" + more.pop("code", "")
    files: dict[str, str | bytes] = {"pyproject.toml": pyproject, "odd.py": code, "name.txt": name, "requires.txt": ""}
    files.update({file.replace("__", "/").replace("PKG_INFO", "PKG-INFO"): text for file, text in more.items()})
    digest = index.publish(make_sdist(files, index.place(f"{name}-1.0.tar.gz")))
    return f"{name}==1.0 --hash=sha256:{digest}\n"


def lock(index: FolderIndex, folder: Path, requirements: str, overrides: str = "") -> subprocess.CompletedProcess[str]:
    (folder / "requirements.txt").write_text(requirements)
    (folder / "sdists.toml").write_text(overrides)
    line = [sys.executable, str(REPO / "tools" / "lock"), "requirements.txt", "-o", "lock.json"]
    return subprocess.run(
        [*line, "--overrides", "sdists.toml"],
        cwd=folder,
        env={**os.environ, **only(index)},
        capture_output=True,
        text=True,
        check=False,
    )


def last_lines(
    index: FolderIndex, folder: Path, *, pyproject: str, asked: str = "return []", overrides: str = ""
) -> str:
    """Locks the project `odd`, and returns the last lines of why that did not work."""
    done = lock(index, folder, publish(index, "odd", pyproject, asked), overrides)
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


@pytest.mark.parametrize("order", [("odd", "other"), ("other", "odd")])
def test_all_that_fail_are_told_at_once_and_always_in_one_order(
    tmp_path: Path, index: FolderIndex, order: tuple[str, str]
) -> None:
    asked = {"odd": "import time; time.sleep(1); raise SystemExit('no luck')", "other": "raise SystemExit('no chance')"}
    lines = {name: publish(index, name, TABLE.format(requires=""), text) for name, text in asked.items()}
    good = publish(index, "good", TABLE.format(requires=""), "return []")
    done = lock(index, tmp_path, lines[order[0]] + good + lines[order[1]])
    assert done.returncode == 2, done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    assert [line.split("-1.0.tar.gz can't be asked")[0] for line in told] == ["ERROR: odd", "ERROR: other"]
    for name in order:
        assert f"That goes under [distributions.{name}] of the overrides" in done.stderr


PKG_INFO = "Metadata-Version: 2.1\nName: odd\nVersion: 1.0\nRequires-Dist: good\n"
FAILS = """
def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    raise SystemExit("mysql_config: not found")
"""


@pytest.mark.parametrize(
    ("asked", "code", "needs"),
    [("return ['toy-backend']", FAILS, ["toy_backend-1.0-py3-none-any.whl"]), ("raise SystemExit('no gcc')", "", [])],
    ids=["it_tells_what_its_build_needs", "it_tells_nothing"],
)
def test_a_backend_that_can_not_be_asked_has_the_sdists_own_metadata(
    tmp_path: Path, index: FolderIndex, asked: str, code: str, needs: list[str]
) -> None:
    good = publish(index, "good", TABLE.format(requires=""), "return []")
    odd = publish(index, "odd", TABLE.format(requires=""), asked, PKG_INFO=PKG_INFO, code=code)
    done = lock(index, tmp_path, good + odd)
    assert done.returncode == 0, done.stderr
    why = "mysql_config: not found" if needs else "no gcc"
    assert f"NOTE: odd-1.0.tar.gz can't be asked what it needs ({why}), so its own metadata have to do." in done.stderr
    assert "that goes under [distributions.odd] of the overrides" in done.stderr
    _, locked = json.loads((tmp_path / "lock.json").read_text())["sdists"]
    assert (locked["requires"], locked["requires_dist"], locked["build_requires"]) == (["good"], ["good"], needs)


COMPILES = """\
import os, subprocess
    open("probe.c", "w").write("#include <stdio.h>\\nint main(void) { puts(\\"toy-backend\\"); return 0; }")
    subprocess.run([*os.environ["CC"].split(), "probe.c", "-o", "probe"], check=True)
    if os.path.exists("asked"):
        raise SystemExit("this tree was used before")
    open("asked", "w").close()
    return subprocess.run(["./probe"], check=True, capture_output=True, text=True).stdout.split()"""


def test_a_backend_that_compiles_before_it_answers(tmp_path: Path, index: FolderIndex) -> None:
    """It gets the machine's compiler, and no file that the first question left behind."""
    done = lock(index, tmp_path, publish(index, "odd", TABLE.format(requires=""), COMPILES))
    assert done.returncode == 0, done.stderr
    assert "can't be asked" not in done.stderr
    [locked] = json.loads((tmp_path / "lock.json").read_text())["sdists"]
    assert locked["build_requires"] == ["toy_backend-1.0-py3-none-any.whl"]


def test_a_backend_is_asked_what_its_build_needs_where_its_dependencies_are_given(
    tmp_path: Path, index: FolderIndex
) -> None:
    odd = publish(index, "odd", TABLE.format(requires=""), "return ['toy-backend']", code=FAILS)
    done = lock(index, tmp_path, odd, "[distributions.odd]\nrequires_dist = []\n")
    assert done.returncode == 0, done.stderr
    assert "NOTE" not in done.stderr
    (locked,) = json.loads((tmp_path / "lock.json").read_text())["sdists"]
    assert locked["build_requires"] == ["toy_backend-1.0-py3-none-any.whl"]
