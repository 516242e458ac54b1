"""After an edit `lock` asks only the sdists that the edit touches, and writes what it would write if it asked all."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import older_python
import pytest
from folder_index import FolderIndex, only
from machine import debian_root
from support import REPO, make_sdist

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("one", "three", "two")
ALL = {f"{name}-1.0.tar.gz" for name in NAMES}


@pytest.fixture
def index(tmp_path: Path) -> FolderIndex:
    made = FolderIndex(tmp_path / "index")
    made.backend("1.0")
    made.wheel("other_backend", "1.0", "other_backend", "from toy_backend import *\n", "Requires-Dist: toy-backend\n")
    return made


@pytest.fixture
def folder(tmp_path: Path, index: FolderIndex) -> Path:
    """A project with a lock: `three` has a backend of its own, which needs the one that the others have."""
    made = tmp_path / "project"
    made.mkdir()
    require(made, one=index.sdist("one"), two=index.sdist("two", "one"), three=sdist(index, "three", "other-backend"))
    (made / "sdists.toml").write_text("")
    assert run(index, made)[0] == ALL
    return made


def sdist(index: FolderIndex, name: str, backend: str, version: str = "1.0") -> str:
    table = f'[build-system]\nrequires = ["{backend}"]\nbuild-backend = "{backend.replace("-", "_")}"\n'
    files = {"pyproject.toml": table, "name.txt": name, "requires.txt": "one"}
    return index.publish(make_sdist(files, index.place(f"{name}-{version}.tar.gz")))


def require(folder: Path, **hashes: str) -> None:
    lines = [f"{name}==1.0 --hash=sha256:{digest}\n" for name, digest in hashes.items()]
    (folder / "requirements.txt").write_text("".join(lines))


def run(index: FolderIndex, folder: Path, *arguments: str, expect: int = 0) -> tuple[set[str], str]:
    """Runs `lock`; which sdists it asked, and what it said."""
    line = [sys.executable, str(REPO / "tools" / "lock"), "requirements.txt", "-o", "lock.json"]
    line += ["--overrides", "sdists.toml", *arguments]
    env = {**os.environ, **only(index)}
    done = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stdout + done.stderr
    return set(re.findall(r"^sdists \d+/\d+: (.*)", done.stderr, re.MULTILINE)), done.stdout + done.stderr


def relock(index: FolderIndex, folder: Path, *arguments: str) -> set[str]:
    """Locks after an edit, twice: as it is, and without what is written down of answers, so that all are asked."""
    lock = folder / "lock.json"
    before = json.loads(lock.read_text())
    asked, _ = run(index, folder, *arguments)
    quick = lock.read_text()
    del before["answers"]
    lock.write_text(json.dumps(before))
    assert run(index, folder, *arguments)[0] == {item["filename"] for item in json.loads(quick)["sdists"]}
    assert lock.read_text() == quick
    return asked


def test_a_requirement_is_added_and_removed(index: FolderIndex, folder: Path) -> None:
    text = (folder / "requirements.txt").read_text()
    before = (folder / "lock.json").read_text()
    index.backend("2.0")
    (folder / "requirements.txt").write_text(f"{text}four==1.0 --hash=sha256:{index.sdist('four', 'one')}\n")
    assert relock(index, folder) == {"four-1.0.tar.gz"}
    assert "toy_backend-2.0" not in (folder / "lock.json").read_text()
    (folder / "requirements.txt").write_text(text)
    assert relock(index, folder) == set()
    assert (folder / "lock.json").read_text() == before


def test_a_requirement_gets_another_version(index: FolderIndex, folder: Path) -> None:
    text = (folder / "requirements.txt").read_text().splitlines()
    text[2] = f"three==1.1 --hash=sha256:{sdist(index, 'three', 'toy-backend', '1.1')}"
    (folder / "requirements.txt").write_text("\n".join(text))
    assert relock(index, folder) == {"three-1.1.tar.gz"}
    assert "other_backend" not in (folder / "lock.json").read_text()


def test_an_override_is_made_changed_and_removed(index: FolderIndex, folder: Path) -> None:
    before = (folder / "lock.json").read_text()
    for said in ('build_requires = ["other-backend"]', 'requires_dist = ["three"]', 'wheel_tags = "py2-none-any"'):
        (folder / "sdists.toml").write_text(f"[distributions.two]\n{said}\n")
        assert relock(index, folder) == {"two-1.0.tar.gz"}
        assert (folder / "lock.json").read_text() != before
    (folder / "sdists.toml").write_text("")
    assert relock(index, folder) == {"two-1.0.tar.gz"}
    assert (folder / "lock.json").read_text() == before


def test_a_patch_changes(index: FolderIndex, folder: Path) -> None:
    (folder / "sdists.toml").write_text('[distributions.two]\npatches = ["two.patch"]\n')
    patch = "--- a/requires.txt\n+++ b/requires.txt\n@@ -1 +1 @@\n-one\n\\ No newline at end of file\n+{}\n"
    for needed in ("three", "one"):
        (folder / "two.patch").write_text(patch.format(needed))
        assert relock(index, folder) == {"two-1.0.tar.gz"}
        two = next(item for item in json.loads((folder / "lock.json").read_text())["sdists"] if item["name"] == "two")
        assert two["requires"] == [needed]


def test_a_constraint_that_holds_asks_nobody_and_one_that_does_not_asks_who_needs_it(
    index: FolderIndex, folder: Path
) -> None:
    index.wheel("other_backend", "2.0", "other_backend", "from toy_backend import *\n", "Requires-Dist: toy-backend\n")
    (folder / "sdists.toml").write_text('constraints = ["other-backend<2", "toy-backend>=9; python_version < \'3\'"]\n')
    assert relock(index, folder) == set()
    (folder / "sdists.toml").write_text('constraints = ["other-backend>=2"]\n')
    assert relock(index, folder) == {"three-1.0.tar.gz"}
    assert "other_backend-2.0" in (folder / "lock.json").read_text()
    (folder / "sdists.toml").write_text("")
    assert relock(index, folder) == set()
    assert "other_backend-2.0" in (folder / "lock.json").read_text()


def test_upgrade_asks_who_needs_it(index: FolderIndex, folder: Path) -> None:
    index.wheel("other_backend", "2.0", "other_backend", "from toy_backend import *\n", "Requires-Dist: toy-backend\n")
    assert relock(index, folder, "--upgrade=other-backend") == {"three-1.0.tar.gz"}
    assert "other_backend-2.0" in (folder / "lock.json").read_text()
    assert relock(index, folder, "--upgrade=toy-backend") == ALL


def test_another_way_to_get_build_requirements_asks_all(index: FolderIndex, folder: Path) -> None:
    index.self_building_backend("1.0")
    from_source = ["--build-requires-from-source", "--wheel=other-backend"]
    assert run(index, folder, *from_source)[0] == {*ALL, "toy_backend-1.0.tar.gz"}
    (folder / "sdists.toml").write_text("[distributions.one]\ncpus = 2\n")
    lock = folder / "lock.json"
    old = json.loads(lock.read_text())
    assert run(index, folder, *from_source)[0] == {"one-1.0.tar.gz"}
    quick = lock.read_text()
    lock.write_text(json.dumps({key: value for key, value in old.items() if key != "answers"}))
    assert run(index, folder, *from_source)[0] == {*ALL, "toy_backend-1.0.tar.gz"}
    assert lock.read_text() == quick
    assert run(index, folder)[0] == ALL


def test_another_platform_asks_all(index: FolderIndex, folder: Path) -> None:
    platforms = ["--platform=manylinux_2_28_x86_64", "--platform=manylinux_2_28_aarch64"]
    assert relock(index, folder, *platforms) == ALL
    (folder / "sdists.toml").write_text("[distributions.one]\ncpus = 2\n")
    assert relock(index, folder, *platforms) == {"one-1.0.tar.gz"}


def test_another_python_is_asked_and_this_one_is_not(index: FolderIndex, folder: Path) -> None:
    pythons = [f"--python={sys.executable}", f"--python={another_python(folder)}"]
    asked, said = run(index, folder, *pythons)
    assert asked == ALL
    assert said.count("sdists 1/") == 1
    (folder / "sdists.toml").write_text("[distributions.one]\ncpus = 2\n")
    assert relock(index, folder, *pythons) == {"one-1.0.tar.gz"}


def another_python(folder: Path) -> Path:
    """A Python of another minor version: that of Bazel's Debian, or of an older one."""
    root = debian_root() if sys.version_info < (3, 12) else older_python.root()
    (made,) = {path.resolve() for path in root.glob("usr/bin/python3.[0-9]*") if "config" not in path.name}
    command = [str(REPO / "tools" / "debian" / "enter.sh"), str(root), f"/usr/bin/{made.name}"]
    starter = folder / "another_python"
    starter.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    starter.chmod(0o755)
    return starter


def test_a_lock_that_was_made_before_answers_were_kept_is_not_stale(index: FolderIndex, folder: Path) -> None:
    lock = folder / "lock.json"
    (folder / "sdists.toml").write_text("[distributions.one]\ncpus = 2\n")
    run(index, folder)
    old = json.loads(lock.read_text())
    assert list(old["overrides"]) == ["one"]
    del old["answers"], old["overrides"]
    lock.write_text(json.dumps(old, indent=1, sort_keys=True) + "\n")
    assert run(index, folder, "--check")[0] == ALL


@pytest.mark.parametrize("change", ["answers", "sha256"])
def test_what_another_lock_wrote_or_for_another_file_is_not_taken(
    index: FolderIndex, folder: Path, change: str
) -> None:
    """The answers of a `lock` that asked otherwise, and an entry that somebody has edited."""
    lock = folder / "lock.json"
    old = json.loads(lock.read_text())
    if change == "answers":
        old["answers"] = 0
    else:
        old["sdists"][0]["sha256"] = "0" * 64
    lock.write_text(json.dumps(old))
    (folder / "sdists.toml").write_text("# changed\n")
    assert run(index, folder)[0] == (ALL if change == "answers" else {"one-1.0.tar.gz"})


def test_a_lock_checks_itself(index: FolderIndex, folder: Path) -> None:
    """With nothing typed but --check; what is printed of a stale one makes it anew."""
    (folder / "lock.json").rename(folder / "sdists.lock.json")
    line = [sys.executable, str(REPO / "tools" / "lock")]
    env = {**os.environ, **only(index)}

    def lock(*typed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*line, *typed], cwd=folder, env=env, capture_output=True, text=True, check=False)

    assert lock("sdists.lock.json").returncode == 0  # its command has another name for it
    assert lock("--check").returncode == 0
    (folder / "sdists.toml").write_text("[distributions.one]\ncpus = 2\n")
    done = lock("--check")
    assert done.returncode == 1
    told = f"sdists.lock.json is stale.\nTo make it anew, type:\n  python3 {line[1]} sdists.lock.json\n"
    assert done.stderr.endswith(told)
    assert lock(*shlex.split(done.stderr.splitlines()[-1])[2:]).returncode == 0
    assert '"cpus": 2' in (folder / "sdists.lock.json").read_text()
    assert lock("--check").returncode == 0
