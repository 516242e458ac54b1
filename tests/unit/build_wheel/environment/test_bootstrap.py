"""What every Python of a build is answered: names in order, temporary names counted, a fixed machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from archives import TOOLS
from pythons import pythons

HERE = TOOLS / "build_wheel" / "environment"
PROGRAM = """
import json, sys
if sys.argv[1] == "on":
    import bootstrap
import glob, os, pathlib, platform, tempfile
with os.scandir("many") as entries:
    scanned = [entry.name for entry in entries]
walked = [(folders, files) for _, folders, files in os.walk("many")]
first, second = tempfile.mkdtemp(dir="."), tempfile.mkdtemp(dir=".")
with tempfile.NamedTemporaryFile(dir=".") as file:
    third = file.name
with tempfile.TemporaryDirectory(dir=".") as folder:
    os.makedirs(folder + "/a/b")
print(json.dumps({
    "listdir": os.listdir("many"),
    "bytes": [os.fsdecode(name) for name in os.listdir(b"many")],
    "scandir": scanned,
    "walk": walked,
    "glob": glob.glob("many/*"),
    "iterdir": [path.name for path in pathlib.Path("many").iterdir()],
    "rglob": [path.name for path in pathlib.Path("many").rglob("*")],
    "temporary": [os.path.basename(name) for name in (first, second, third)],
    "removed": not os.path.exists(folder),
    "cpus": [os.cpu_count(), len(os.sched_getaffinity(0))],
    "uname": list(os.uname()),
    "node": platform.node(),
}))
"""

NAMES = [f"{number * 7919 % 1000:03d}" for number in range(60)]


def answers(folder: Path, *, on: bool, python: str = sys.executable) -> dict[str, object]:
    (folder / "many").mkdir(parents=True)
    for name in NAMES:
        (folder / "many" / name).touch()
    done = subprocess.run(
        [python, "-c", PROGRAM, "on" if on else "off"],
        cwd=folder,
        env={
            "RULES_SDIST_CPUS": "3",
            "PYTHONPATH": str(HERE),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("python", pythons())
def test_answers_are_sorted_counted_and_fixed(tmp_path: Path, python: str) -> None:
    found = answers(tmp_path / "on", on=True, python=python)
    for way in ("listdir", "bytes", "scandir", "iterdir", "rglob"):
        assert found[way] == sorted(NAMES), way
    assert found["walk"] == [[[], sorted(NAMES)]]
    assert found["glob"] == [f"many/{name}" for name in sorted(NAMES)]
    assert found["temporary"] == ["tmp00000000", "tmp00000001", "tmp00000002"]
    assert found["removed"] is True
    assert found["cpus"] == [3, 3]
    system, machine = os.uname().sysname, os.uname().machine
    assert found["uname"] == [system, "localhost", "5.10.0", "0", machine]
    assert found["node"] == "localhost"


def test_without_it_names_are_random_and_the_host_is_told(tmp_path: Path) -> None:
    """The negative control."""
    found = answers(tmp_path, on=False)
    assert "tmp00000000" not in str(found["temporary"])
    assert found["uname"] == list(os.uname())


def test_names_are_counted_also_where_tempfile_was_there_first(tmp_path: Path) -> None:
    """A build requirement's `.pth` file may import it before ours is read."""
    program = "import tempfile; tempfile.mkdtemp(dir='.'); import bootstrap; print(tempfile.mkdtemp(dir='.'))"
    environment = {"RULES_SDIST_CPUS": "1", "PYTHONPATH": str(HERE)}
    line = [sys.executable, "-c", program]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).name == "tmp00000000"


def test_nothing_changes_without_its_variable(tmp_path: Path) -> None:
    program = "import os; before = os.listdir, os.uname; import bootstrap; assert before == (os.listdir, os.uname)"
    line = [sys.executable, "-c", program]
    subprocess.run(line, cwd=tmp_path, env={"PYTHONPATH": str(HERE)}, check=True)


def test_two_processes_in_one_folder_never_share_a_name(tmp_path: Path) -> None:
    """Both at once: each name goes to one of them, and none is left out."""
    program = (
        "import bootstrap, tempfile; print(flush=True); input()\nfor _ in range(200): print(tempfile.mkdtemp(dir='.'))"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={"RULES_SDIST_CPUS": "1", "PYTHONPATH": str(HERE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout
        assert process.stdout.readline() == "\n"  # it has started
    for process in both:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    names = [Path(line).name for process in both for line in process.communicate()[0].split()]
    assert sorted(names) == [f"tmp{number:08}" for number in range(400)]


CHILD = """
import os, {first}tempfile
print(os.getpid(), *(os.path.basename(tempfile.mkdtemp(dir=".")) for _ in range(5)))
"""


def twelve_at_once(folder: Path, *, on: bool) -> tuple[set[int], list[str]]:
    """The process ids of twelve children that run at the same time, and all names that they made."""
    folder.mkdir()
    program = CHILD.format(first="bootstrap, " if on else "")
    line = [sys.executable, "-c", program]
    environment = {"RULES_SDIST_CPUS": "1", "PYTHONPATH": str(HERE)}
    children = [
        subprocess.Popen(line, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(12)
    ]
    said = [child.communicate()[0].split() for child in children]
    return {int(words[0]) for words in said}, sorted(name for words in said for name in words[1:])


def test_twelve_children_at_once_make_the_same_names_in_every_run(tmp_path: Path) -> None:
    """None of them twice, whatever the processes' numbers."""
    pids, names = twelve_at_once(tmp_path / "one", on=True)
    for _ in range(3):
        subprocess.run(["true"], check=True)
    other_pids, other_names = twelve_at_once(tmp_path / "two", on=True)
    assert pids.isdisjoint(other_pids)
    assert names == other_names == [f"tmp{number:08d}" for number in range(60)]
    assert twelve_at_once(tmp_path / "off", on=False)[1] != names  # the negative control
