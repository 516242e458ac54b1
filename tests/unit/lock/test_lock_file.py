"""The lock as a file: written, read again, merged."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest
from sample_locks import SHA, sample, sdist

from common.errors import UserError
from lock.lockfile import Lock, LockedCrate, LockedFile, LockedSdist, read_lock, write_whole
from lock.merge import merge

if TYPE_CHECKING:
    from pathlib import Path


def test_a_lock_with_a_path_for_a_file_name(tmp_path: Path) -> None:
    file = LockedFile("x", "1", "../x-1-py3-none-any.whl", "0" * 64)
    made = Lock(("cp314_linux_x86_64",), {}, (), sdists=(), wheels=(), build_files=(file,), build_sdists=(), cycles=())
    (tmp_path / "x.lock.json").write_text(made.text())
    with pytest.raises(UserError, match=r"x\.lock\.json is damaged: .*is a path"):
        read_lock(tmp_path / "x.lock.json")


def test_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_whole(tmp_path / "lock.json", sample().text())
    assert read_lock(tmp_path / "lock.json") == sample()
    assert (tmp_path / "lock.json").read_text() == sample().text()
    assert [path.name for path in tmp_path.iterdir()] == ["lock.json"]


def test_a_lock_that_leaves_something_out(tmp_path: Path) -> None:
    """Those that leave nothing out, and those made before, say nothing of it."""
    assert "left_out" not in sample().text()
    lock = dataclasses.replace(sample(), left_out={"colorama": 'sys_platform == "win32"'})
    write_whole(tmp_path / "lock.json", lock.text())
    assert read_lock(tmp_path / "lock.json") == lock
    assert lock.without_names() == sample().without_names()


def test_locks_of_several_pythons_become_one() -> None:
    """What is equal is there once; what differs says for which Pythons it is."""
    older = dataclasses.replace(
        sample(), environments=("cp39_linux_x86_64",), sdists=(sdist("demo", "x.whl", needs=("six", "tomli")),)
    )
    both = merge([sample(), older])
    assert both.environments == ("cp314_linux_x86_64", "cp39_linux_x86_64")
    assert both.wheels == sample().wheels
    assert [(item.requires, item.environments) for item in both.sdists] == [
        (("six",), ("cp314_linux_x86_64",)),
        (("six", "tomli"), ("cp39_linux_x86_64",)),
    ]
    third = dataclasses.replace(older, environments=("cp310_linux_x86_64",))
    assert [item.environments for item in merge([both, third]).sdists] == [
        ("cp310_linux_x86_64", "cp39_linux_x86_64"),
        ("cp314_linux_x86_64",),
    ]
    assert merge([both, third]) == merge([sample(), merge([older, third])])


ITOA, RYU = LockedCrate("itoa", "1.0.19", SHA), LockedCrate("ryu", "1.0.0", SHA)


def with_crates(*crates: LockedCrate, environment: str = "cp314_linux_x86_64") -> Lock:
    """The sample, whose only sdist needs these crates."""
    rust = dataclasses.replace(sdist("demo", "x.whl", needs=("six",)), crates=tuple(crate.key for crate in crates))
    return dataclasses.replace(sample(), environments=(environment,), sdists=(rust,), crates=crates)


def test_crates_are_there_where_there_is_rust(tmp_path: Path) -> None:
    assert "crates" not in sample().text()
    made = with_crates(ITOA, RYU)
    data = json.loads(made.text())
    assert data["crates"] == [
        {"name": "itoa", "sha256": SHA, "version": "1.0.19"},
        {"name": "ryu", "sha256": SHA, "version": "1.0.0"},
    ]
    assert data["sdists"][0]["crates"] == ["itoa-1.0.19", "ryu-1.0.0"]
    assert "crates" not in data["build_sdists"][0]
    (tmp_path / "lock.json").write_text(made.text())
    assert read_lock(tmp_path / "lock.json") == made
    bare = json.loads(with_crates().text())
    assert bare["sdists"][0]["crates"] == []
    assert "crates" not in bare


def test_merged_crates() -> None:
    both = merge([with_crates(RYU), with_crates(ITOA, environment="cp39_linux_x86_64")])
    assert both.crates == (ITOA, RYU)
    assert [(item.crates, item.environments) for item in both.sdists] == [
        (("ryu-1.0.0",), ("cp314_linux_x86_64",)),
        (("itoa-1.0.19",), ("cp39_linux_x86_64",)),
    ]
    alike = merge([with_crates(ITOA), with_crates(ITOA, environment="cp39_linux_x86_64")])
    assert [(item.crates, item.environments) for item in alike.sdists] == [(("itoa-1.0.19",), ())]


def test_a_lock_from_before_there_was_rust() -> None:
    """It has to be made anew, once."""
    maturin = LockedFile("maturin", "1", "maturin-1-py3-none-any.whl", SHA)
    old: LockedSdist = sdist("demo", maturin.filename)
    lock = dataclasses.replace(sample(), sdists=(old,), build_files=(maturin,))
    assert lock.lacks_crates()
    assert not lock.lacks_crates({"demo"})
    assert not dataclasses.replace(lock, sdists=(dataclasses.replace(old, crates=()),)).lacks_crates()
    assert not sample().lacks_crates()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('"name": "itoa"', '"name": "it/oa"'), "itoa-1.0.19, which demo needs, is missing"),
        (lambda text: text.replace("itoa", "../itoa"), "a crate is called '../itoa-1.0.19'"),
        (lambda text: text.replace(f'"{SHA}",\n   "version": "1.0.19"', '"12",\n   "version": "1.0.19"'), "is '12'"),
        (lambda text: text.replace('"version": "1.0.19"', '"version": 1'), "is damaged"),
    ],
)
def test_lock_with_crates_that_cannot_be_read(tmp_path: Path, change: object, message: str) -> None:
    assert callable(change)
    (tmp_path / "lock.json").write_text(change(with_crates(ITOA).text()))
    with pytest.raises(UserError, match=message):
        read_lock(tmp_path / "lock.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-40], "is damaged"),
        (lambda text: text.replace('"wheel_tags"', '"wheel_tag"'), "is damaged"),
        (lambda text: text.replace('"rules_sdist_lock": 2', '"rules_sdist_lock": 3'), "is a lock of version 3"),
        (lambda text: text.replace('"x.whl",', '"z.whl",'), "x.whl, which demo needs, is missing"),
        (lambda text: text.replace(SHA, "1234"), "the sha256 of .* is '1234'"),
        (lambda _: "[]", "is damaged"),
    ],
)
def test_lock_that_cannot_be_read(tmp_path: Path, change: object, message: str) -> None:
    assert callable(change)
    (tmp_path / "lock.json").write_text(change(sample().text()))
    with pytest.raises(UserError, match=message):
        read_lock(tmp_path / "lock.json")


def test_pins_are_those_of_the_distribution() -> None:
    lock = dataclasses.replace(
        sample(),
        sdists=(sdist("old", "flit3.whl"), sdist("new", "flit_core-4.tar.gz", "wheel.whl")),
        build_files=(LockedFile("flit-core", "3", "flit3.whl", SHA), LockedFile("wheel", "1", "wheel.whl", SHA)),
        build_sdists=(sdist("flit-core", version="4"),),
    )
    here = "cp314_linux_x86_64"
    assert lock.pins("old", here) == {"flit-core": "3"}
    assert lock.pins("new", here) == {"flit-core": "4", "wheel": "1"}
    assert lock.pins("unknown", here) == {"wheel": "1"}
    assert lock.pins("old", "cp39_linux_x86_64") == {"wheel": "1"}


def test_lock_names_no_hosts_and_no_paths() -> None:
    text = sample().text()
    assert "://" not in text
    assert list(json.loads(text)) == sorted(json.loads(text))
