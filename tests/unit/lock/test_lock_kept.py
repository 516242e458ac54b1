"""Which answers of an old lock hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lock.kept import ANSWERS, Kept
from lock.lockfile import Lock, LockedCrate, LockedFile, LockedSdist
from lock.options import parse_options
from lock.overrides import Override, Overrides, digest_of
from lock.resolve.index import IndexFile
from lock.target_platforms import target_platforms

if TYPE_CHECKING:
    from pathlib import Path

SHA = "0" * 64
FILE = IndexFile("demo-1.tar.gz", "https://files.example/demo-1.tar.gz", SHA, yanked=False)
ENTRY = LockedSdist(
    "demo", "1", FILE.filename, SHA, "back:end", "py3-none-any", ("x-1-py3-none-any.whl",), (), ("six",)
)
HERE = target_platforms(())[0].name
OLD = Lock(
    environments=(HERE,),
    inputs={},
    command=("r.txt", "-o", "lock.json"),
    sdists=(ENTRY,),
    wheels=(),
    build_files=(LockedFile("x", "1", "x-1-py3-none-any.whl", SHA), LockedFile("y", "1", "y-1-cp27-none-any.whl", SHA)),
    build_sdists=(),
    cycles=(),
    crates=(LockedCrate("itoa", "1", SHA),),
    answers=ANSWERS,
)
SAID = Override(env={"A": "1"})


def is_kept(
    folder: Path, old: Lock, *typed: str, overrides: Overrides | None = None, constraints: tuple[str, ...] = ()
) -> bool:
    options = parse_options(["r.txt", "-o", "lock.json", *typed], folder)
    targets = target_platforms(options.platforms)
    host = target_platforms(())[0]
    return Kept(old, options, overrides or Overrides(), targets, host, constraints).find(FILE) is not None


def test_nothing_has_changed(tmp_path: Path) -> None:
    assert is_kept(tmp_path, OLD)
    assert is_kept(tmp_path, OLD, "--upgrade=other", "--build-all")
    assert is_kept(tmp_path, replace(OLD, sdists=(), build_sdists=(ENTRY,)))
    assert is_kept(tmp_path, replace(OLD, sdists=(replace(ENTRY, crates=("itoa-1",)),)))


@pytest.mark.parametrize(
    "old",
    [
        replace(OLD, answers=ANSWERS - 1),
        replace(OLD, environments=("cp39_linux_x86_64",)),
        replace(OLD, command=(*OLD.command, "--platform=manylinux_2_28_x86_64")),
        replace(OLD, overrides={"demo": digest_of(SAID)}),
        replace(OLD, sdists=(replace(ENTRY, sha256="1" * 64),)),
        replace(OLD, sdists=(replace(ENTRY, filename="demo-1.zip"),)),
        replace(OLD, sdists=(replace(ENTRY, requires_dist=None),)),
        replace(OLD, sdists=(replace(ENTRY, attributes={"cargo_lock": "//:demo.Cargo.lock"}),)),
        replace(OLD, sdists=(replace(ENTRY, build_requires=("y-1-cp27-none-any.whl",)),)),
    ],
)
def test_another_lock(tmp_path: Path, old: Lock) -> None:
    assert not is_kept(tmp_path, old)


@pytest.mark.parametrize("typed", ["--check", "--upgrade=x", "--build-requires-from-source", "--platform=win_amd64"])
def test_another_command(tmp_path: Path, typed: str) -> None:
    assert not is_kept(tmp_path, OLD, typed)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("x<2", True),
        ("x>1", False),
        ("x>1; python_version < '3'", True),
        ("X>1", False),
        ("z>1", True),
        ("x @ https://files.example/x-1-py3-none-any.whl", False),
    ],
)
def test_constraints(tmp_path: Path, constraint: str, expected: bool) -> None:
    assert is_kept(tmp_path, OLD, constraints=(constraint,)) == expected


def test_what_is_said_of_it(tmp_path: Path) -> None:
    said = replace(OLD, overrides={"demo": digest_of(SAID)})
    assert is_kept(tmp_path, said, overrides=Overrides(distributions={"demo": SAID}))
    assert not is_kept(tmp_path, OLD, overrides=Overrides(distributions={"demo": SAID}))
    assert is_kept(tmp_path, OLD, overrides=Overrides(distributions={"other": SAID}))
    patch = tmp_path / "a.patch"
    patch.write_text("1")
    patched = Override(patches=(patch,))
    before = digest_of(patched)
    patch.write_text("2")
    assert digest_of(patched) != before


def test_no_wheels_elsewhere_are_looked_for_again(tmp_path: Path) -> None:
    platforms = ["--platform=manylinux_2_28_x86_64", "--platform=win_amd64"]
    options = parse_options(["r.txt", "-o", "lock.json", *platforms], tmp_path)
    here, there = (target.name for target in target_platforms(options.platforms))
    entries = (replace(ENTRY, environments=(here,)), replace(ENTRY, environments=(there,), build_requires=()))
    old = replace(OLD, environments=(here, there), command=(*OLD.command, *platforms), sdists=entries)
    assert not is_kept(tmp_path, old, *platforms)
    assert is_kept(tmp_path, replace(old, sdists=(ENTRY,)), *platforms)
