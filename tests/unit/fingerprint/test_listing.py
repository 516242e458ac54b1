"""Files, links and folders that a fingerprint lists, and what changes their state and their hash."""

from __future__ import annotations

import marshal
import py_compile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fingerprint.bytecode import is_compiled_from_source
from fingerprint.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Callable


def test_every_link_on_the_way_is_listed(tmp_path: Path) -> None:
    (tmp_path / "a/real").mkdir(parents=True)
    (tmp_path / "a/real/tool").write_text("x")
    (tmp_path / "a/folder").symlink_to("real")
    (tmp_path / "a/tool").symlink_to("folder/tool")
    (tmp_path / "tool").symlink_to(tmp_path / "a/tool")
    listing = Listing()
    listing.add(f"{tmp_path}/tool")
    contents = listing.contents()
    assert contents.files == (f"{tmp_path}/a/real/tool",)
    assert contents.links == {
        f"{tmp_path}/a/folder": "real",
        f"{tmp_path}/a/tool": "folder/tool",
        f"{tmp_path}/tool": f"{tmp_path}/a/tool",
    }


def test_links_that_lead_out_of_a_folder_bring_their_targets(tmp_path: Path) -> None:
    for name in ("f/own/x", "f/lib/y", "f/site-packages/z"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "f/own/y").symlink_to("../lib/y")
    (tmp_path / "f/own/site-packages").symlink_to("../site-packages")
    listing = Listing()
    listing.add(f"{tmp_path}/f/own", ["site-packages"])
    contents = listing.contents()
    assert contents.files == (f"{tmp_path}/f/lib/y",)
    assert dict(contents.folders) == {f"{tmp_path}/f/own": ("site-packages",)}


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "x").write_text("other"),
        lambda folder: (folder / "new").touch(),
        lambda folder: (folder / "x").chmod(0o755),
        lambda folder: (folder / "link").symlink_to("x"),
        lambda folder: (folder / "x").rename(folder / "y"),
        lambda folder: (folder / "sub" / "deep").unlink(),
    ],
)
def test_a_change_of_a_folder_changes_its_state_and_its_hash(tmp_path: Path, change: Callable[[Path], None]) -> None:
    folder = tmp_path / "a" / "b" / "c"
    (folder / "sub").mkdir(parents=True)
    for name in ("x", "sub/deep"):
        (folder / name).write_text("content")
        (folder / name).chmod(0o644)
    listing = Listing()
    listing.add(str(folder))
    contents = listing.contents()
    before = contents.state(), contents.hashed()
    assert (contents.state(), contents.hashed()) == before
    change(folder)
    assert contents.state() != before[0]
    assert contents.hashed() != before[1]


def test_a_link_that_is_made_anew_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "c"
    folder.mkdir(parents=True)
    (folder / "x").touch()
    link = tmp_path / "link"
    link.symlink_to("a/b")
    listing = Listing()
    listing.add(f"{link}/c")
    contents = listing.contents()
    before = contents.state()
    link.rename(tmp_path / "old")  # so that the new one gets another inode
    link.symlink_to("a/b")
    assert contents.state() == before
    link.unlink()
    link.symlink_to("a/../a/b")
    assert contents.state() != before


def test_bytecode_counts_only_where_it_is_not_that_of_its_source(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "module.py").write_text("VALUE = frozenset({'a', 'b'})\n")
    listing = Listing()
    listing.add(str(folder))
    without = listing.contents().hashed()
    compiled = py_compile.compile(str(folder / "module.py"))
    assert compiled
    assert is_compiled_from_source(compiled)
    assert listing.contents().hashed() == without
    data = Path(compiled).read_bytes()
    Path(compiled).write_bytes(data[:16] + marshal.dumps(compile("VALUE = 'evil'", str(folder / "module.py"), "exec")))
    assert not is_compiled_from_source(compiled)
    assert listing.contents().hashed() != without
    Path(compiled).write_bytes(b"\0" * 8 + data[8:])  # of another Python, which this one does not take
    assert listing.contents().hashed() == without
