"""What was read once is not read again while it stays as it is, and is where it does not."""

from __future__ import annotations

import json
import os
import pkgutil
import sys
import time
from typing import TYPE_CHECKING

import pytest

from fingerprint import remembered
from fingerprint.content import Contents

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of what is remembered, of files that were changed just now too."""
    folder = tmp_path / "memory"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(remembered, "own_folder", lambda: folder)
    monkeypatch.setattr(remembered, "_SETTLED", -60.0)
    return folder


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    for name in ("file", "folder/one", "folder/sub/two"):
        (tmp_path / name).write_text(name)
    return Contents((str(tmp_path / "file"),), {str(tmp_path / "folder"): ()}, {})


def mark(memory: Path) -> None:
    """Makes what is remembered tell from what is read."""
    for place in memory.iterdir():
        place.write_text(json.dumps({**json.loads(place.read_text()), "remembered": True}))


def test_files_that_stay_are_read_once(memory: Path, contents: Contents) -> None:
    first = contents.hashed()
    assert "remembered" not in first
    mark(memory)
    assert contents.hashed() == {**first, "remembered": True}


@pytest.mark.parametrize("name", ["file", "folder/one", "folder/sub/two", "folder/new"])
def test_files_that_change_are_read_again(memory: Path, contents: Contents, tmp_path: Path, name: str) -> None:
    first = contents.hashed()
    mark(memory)
    place = tmp_path / name
    before = place.stat() if place.exists() else None
    time.sleep(0.02)  # more than the time between two clock ticks
    place.write_text("other"[: before.st_size] if before else "new")
    if before:
        os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = contents.hashed()
    assert "remembered" not in after
    assert after != first


def test_other_code_and_another_interpreter_read_again(
    memory: Path, contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = contents.hashed()
    mark(memory)
    with monkeypatch.context() as patched:
        patched.setattr(pkgutil, "get_data", lambda _package, _name: b"other code")
        assert contents.hashed() == first
    other = tmp_path / "python"
    other.write_text("")
    monkeypatch.setattr(sys, "executable", str(other))
    assert contents.hashed() == first


def test_what_has_just_changed_is_not_remembered(
    memory: Path, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "_SETTLED", 60.0)
    contents.hashed()
    assert not list(memory.iterdir())


def test_a_damaged_memory_is_no_error(memory: Path, contents: Contents) -> None:
    first = contents.hashed()
    for place in memory.iterdir():
        place.write_text('{"files"')
    assert contents.hashed() == first


def test_a_folder_of_somebody_else_is_not_used(
    tmp_path: Path, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("open_to_all", "link"):
        folder = tmp_path / name
        if name == "link":
            folder.symlink_to(tmp_path / "open_to_all")
        else:
            folder.mkdir()
            folder.chmod(0o777)
        monkeypatch.setattr(remembered, "Path", lambda _text, folder=folder: folder)
        assert remembered.own_folder() is None
        contents.hashed()
        assert not list((tmp_path / "open_to_all").iterdir())
