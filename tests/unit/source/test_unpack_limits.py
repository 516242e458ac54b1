"""Archives that are larger, longer or deeper than they may be."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest
from archives import HARD, SYM, tar_archive, tar_member, tar_of, zip_archive, zip_member, zip_of
from refused_archives import LIMITS, refused

from common.names import MAX_DEPTH
from source.unpack import Limits, unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def bomb_tar(file: Path, size: int) -> Path:
    return tar_archive(file, [(tar_member("demo/zeros"), bytes(size))])


def bomb_zip(file: Path, size: int) -> Path:
    return zip_archive(file, [(zip_member("demo/zeros"), bytes(size))])


def many_small(file: Path, size: int) -> Path:
    return tar_of(file, {"demo/a": "x" * (size - 1), "demo/zeros": "x"})


@pytest.mark.parametrize("make", [bomb_tar, bomb_zip, many_small])
def test_counts_the_bytes_that_it_writes(tmp_path: Path, make: Callable[[Path, int], Path]) -> None:
    archive = make(tmp_path / "bomb", 5000)
    message = refused(archive, tmp_path / "box", Limits(max_bytes=4999, max_members=9))
    assert "unpacks to more than it may" in message
    assert "where: demo/zeros" in message
    assert "raise `max_unpacked_mib`" in message
    exact = tmp_path / "exact"
    exact.mkdir()
    unpack(archive, exact, Limits(max_bytes=5000, max_members=9))


def test_copies_of_hard_links_count_too(tmp_path: Path) -> None:
    members = [(tar_member("demo/f"), b"x" * 600), (tar_member("demo/copy", HARD, "demo/f"), b"")]
    message = refused(tar_archive(tmp_path / "a.tar.gz", members), tmp_path / "box", Limits(1000, 9))
    assert "unpacks to more than it may" in message
    assert "where: demo/copy" in message


def test_counts_members(tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "a.tar.gz", {f"demo/{number}": "" for number in range(4)})
    message = refused(archive, tmp_path / "box", Limits(max_bytes=1000, max_members=3))
    assert "'demo/3' is one more than the 3 members that are allowed" in message


def test_a_name_longer_than_the_system_allows_is_an_error_that_says_so(tmp_path: Path) -> None:
    message = refused(tar_of(tmp_path / "a.tar.gz", {"demo/" + "n" * 300: "x"}), tmp_path / "box")
    assert "File name too long" in message
    assert "n" * 300 in message


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 1400, 50_000])
@pytest.mark.parametrize("form", ["tar", "zip"])
def test_refuses_a_file_that_lies_too_deep(tmp_path: Path, form: str, levels: int) -> None:
    name = "d/" * levels + "file"
    if form == "zip" and levels == 50_000:
        name = name[:65_000]  # the format's longest
    make = tar_of if form == "tar" else zip_of
    message = refused(make(tmp_path / "a", {name: "x"}), tmp_path / "box")
    assert message.startswith("The archive's member 'd/d/d/d/")
    assert f"is more than {MAX_DEPTH} folders deep" in message
    assert len(message) < 1000


def test_a_file_may_lie_as_deep_as_that(tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    name = "d/" * MAX_DEPTH + "file"
    unpack(tar_of(tmp_path / "a.tar", {name: "x"}), into, LIMITS)
    assert (into / name).read_text() == "x"


def test_links_to_links_without_end(tmp_path: Path) -> None:
    members = [(tar_member(f"demo/l{number}", SYM, f"l{number + 1}"), b"") for number in range(1500)]
    message = refused(tar_archive(tmp_path / "a.tar.gz", members), tmp_path / "box", Limits(1000, 9000))
    assert "member 'demo/l0' leads through too many symbolic links" in message


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_headers_are_limited_too(tmp_path: Path, kind: bytes) -> None:
    """They are held in memory, and compressed they may be of any size."""
    archive = tar_archive(tmp_path / "a.tar.gz", [(tar_member("demo/x", kind), bytes(3 << 20))])
    message = refused(archive, tmp_path / "box")
    assert "member 'demo/x' has a header of 3145728 bytes" in message


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_headers_of_headers_without_end(tmp_path: Path, kind: bytes) -> None:
    archive = tar_archive(tmp_path / "a.tar.gz", [(tar_member(f"demo/{n}", kind), b"x") for n in range(3000)])
    assert "is not a readable sdist archive" in refused(archive, tmp_path / "box")
