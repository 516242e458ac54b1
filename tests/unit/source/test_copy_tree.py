"""A source tree is copied: with fixed modes and times, not without end, and not to another place."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from archives import listing

from common.errors import UserError
from common.names import MAX_DEPTH
from source.unpack import copy_tree

EPOCH = 315532800


def test_copies_a_source_tree_with_fixed_modes_and_times(tmp_path: Path) -> None:
    (tmp_path / "from/pkg").mkdir(parents=True)
    (tmp_path / "from/pkg/run").write_text("#!")
    (tmp_path / "from/pkg/run").chmod(0o700)
    (tmp_path / "real").write_text("x")
    (tmp_path / "from/link").symlink_to(tmp_path / "real")
    into = tmp_path / "into"
    into.mkdir()
    copy_tree([(tmp_path / "from/link", "setup.py"), (tmp_path / "from/pkg", "src/pkg")], into)
    assert {name: about.split()[:2] for name, about in listing(into).items()} == {
        "setup.py": ["-rw-r--r--", str(EPOCH)],
        "src": ["drwxr-xr-x", str(EPOCH)],
        "src/pkg": ["drwxr-xr-x", str(EPOCH)],
        "src/pkg/run": ["-rwxr-xr-x", str(EPOCH)],
    }


def test_a_folder_behind_too_many_links_that_was_there_a_moment_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux sometimes counts a link twice, when another process changes a folder on the way."""

    def too_many(self: Path) -> list[Path]:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(self))

    monkeypatch.setattr(Path, "iterdir", too_many)
    (tmp_path / "tree").mkdir()
    (tmp_path / "into").mkdir()
    with pytest.raises(UserError, match="symbolic links"):
        copy_tree([(tmp_path / "tree", "tree")], tmp_path / "into")


def test_a_source_tree_can_be_too_deep_or_without_end(tmp_path: Path) -> None:
    (tmp_path / "tree" / ("d/" * (MAX_DEPTH + 1))).mkdir(parents=True)
    (tmp_path / "loop").mkdir()
    (tmp_path / "loop" / "again").symlink_to(".")
    for name in ("tree", "loop"):
        into = tmp_path / f"into {name}"
        into.mkdir()
        with pytest.raises(UserError, match=r"folders deep|symbolic links"):
            copy_tree([(tmp_path / name, name)], into)


def test_a_source_tree_can_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(UserError, match=r"'\.\./evil' leads out of the build root"):
        copy_tree([(tmp_path / "f", "../evil")], into)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f", "into"]
