"""Archives that are unpacked: what is in the folder afterwards, with which modes and times."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from typing import TYPE_CHECKING

import pytest
from archives import FOLDER, HARD, SYM, listing, tar_archive, tar_member, tar_of, zip_archive, zip_member, zip_of
from refused_archives import LIMITS

from source.unpack import unpack

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = 315532800
FILES = {"demo-1.0/setup.py": "import setuptools", "demo-1.0/src/demo.py": "x = 1\n"}


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", ""])
def test_unpacks_tars_whatever_their_compression_and_name(tmp_path: Path, compression: str) -> None:
    into = tmp_path / "into"
    into.mkdir()
    root = unpack(tar_of(tmp_path / "download", FILES, compression), into, LIMITS)
    assert root == into / "demo-1.0"
    assert (root / "src/demo.py").read_text() == "x = 1\n"


def test_unpacks_zips(tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    root = unpack(zip_of(tmp_path / "download", FILES), into, LIMITS)
    assert root == into / "demo-1.0"
    assert (root / "src/demo.py").read_text() == "x = 1\n"


def test_a_tar_that_holds_a_zip_is_a_tar(tmp_path: Path) -> None:
    inner = zip_archive(tmp_path / "inner", [(zip_member("evil"), b"x")]).read_bytes()
    archive = tar_archive(tmp_path / "a.tar", [(tar_member("demo-1.0/data.zip"), inner)], compression="")
    into = tmp_path / "into"
    into.mkdir()
    assert (unpack(archive, into, LIMITS) / "data.zip").read_bytes() == inner


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes_and_times_are_fixed_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    members = [
        (tar_member("demo/", FOLDER, mode=0o700), b""),
        (tar_member("demo/run", mode=0o4711), b"#!"),
        (tar_member("demo/text", mode=0o600), b"t"),
        (tar_member("demo/group", mode=0o654), b"g"),
        (tar_member("demo/copy", HARD, "demo/run", mode=0o600), b""),
        (tar_member("demo/made/below", mode=0o666), b"b"),
        (tar_member("demo/link", SYM, "made/below"), b""),
    ]
    archive = tar_archive(tmp_path / "a.tar.gz", members)
    into = tmp_path / "into"
    into.mkdir()
    old = os.umask(umask)
    try:
        unpack(archive, into, LIMITS)
    finally:
        os.umask(old)
    modes = {name: about.split()[:2] for name, about in listing(into).items()}
    epoch = str(EPOCH)
    assert modes == {
        "demo": ["drwxr-xr-x", epoch],
        "demo/run": ["-rwxr-xr-x", epoch],
        "demo/text": ["-rw-r--r--", epoch],
        "demo/group": ["-rw-r--r--", epoch],
        "demo/copy": ["-rwxr-xr-x", epoch],
        "demo/made": ["drwxr-xr-x", epoch],
        "demo/made/below": ["-rw-r--r--", epoch],
        "demo/link": [epoch, "made/below"],
    }
    assert (into / "demo/copy").read_bytes() == b"#!"
    assert (into / "demo/copy").stat().st_nlink == 1


def test_zip_modes_are_fixed_and_absent_ones_are_plain_files(tmp_path: Path) -> None:
    members = [
        (zip_member("demo/run", stat.S_IFREG | 0o700), b"#!"),
        (zip_member("demo/dos", 0), b"d"),
        (zip_member("demo/link", stat.S_IFLNK | 0o777), b"dos"),
        (zip_member("demo/empty/", 0o40755), b""),
    ]
    into = tmp_path / "into"
    into.mkdir()
    unpack(zip_archive(tmp_path / "a.zip", members), into, LIMITS)
    assert {name: about.split()[0] for name, about in listing(into).items()} == {
        "demo": "drwxr-xr-x",
        "demo/run": "-rwxr-xr-x",
        "demo/dos": "-rw-r--r--",
        "demo/link": str(EPOCH),
        "demo/empty": "drwxr-xr-x",
    }
    assert (into / "demo/link").read_text() == "d"


def test_of_two_files_with_one_name_the_last_counts(tmp_path: Path) -> None:
    members = [(tar_member("demo/f", mode=0o755), b"first"), (tar_member("demo/f"), b"second")]
    into = tmp_path / "into"
    into.mkdir()
    root = unpack(tar_archive(tmp_path / "a.tar.gz", members), into, LIMITS)
    assert (root / "f").read_bytes() == b"second"
    assert stat.S_IMODE((root / "f").stat().st_mode) == 0o644


def test_links_that_stay_inside_are_kept(tmp_path: Path) -> None:
    members = [
        (tar_member("demo/a/f"), b"x"),
        (tar_member("demo/a/up", SYM, "../a/f"), b""),
        (tar_member("demo/folder", SYM, "a"), b""),
        (tar_member("demo/dangling", SYM, "none"), b""),
    ]
    into = tmp_path / "into"
    into.mkdir()
    root = unpack(tar_archive(tmp_path / "a.tar.gz", members), into, LIMITS)
    assert {path.name: str(path.readlink()) for path in root.rglob("*") if path.is_symlink()} == {
        "up": "../a/f",
        "folder": "a",
        "dangling": "none",
    }
    assert (root / "a/up").read_bytes() == (root / "folder/f").read_bytes() == b"x"


def test_a_folder_may_be_there_twice(tmp_path: Path) -> None:
    members = [(tar_member("demo", FOLDER), b""), (tar_member("demo/f"), b"x"), (tar_member("demo/", FOLDER), b"")]
    into = tmp_path / "into"
    into.mkdir()
    assert (unpack(tar_archive(tmp_path / "a.tar.gz", members), into, LIMITS) / "f").read_bytes() == b"x"


LONG = "demo/" + "/".join(letter * 90 for letter in "abcd") + "/naïve-名前.py"


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT], ids=["pax", "GNU"])
def test_long_and_foreign_names_in_tars(tmp_path: Path, form: int) -> None:
    into = tmp_path / "into"
    into.mkdir()
    unpack(tar_of(tmp_path / "a.tar.gz", {LONG: "x", "demo/é": "y"}, form=form), into, LIMITS)
    assert (into / LONG).read_text() == "x"
    assert (into / "demo/é").read_text() == "y"


def test_long_and_foreign_names_in_zips(tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    unpack(zip_of(tmp_path / "a.zip", {LONG: "x"}), into, LIMITS)
    assert (into / LONG).read_text() == "x"


@pytest.mark.parametrize(
    ("files", "root"),
    [
        ({"setup.py": "", "demo.py": ""}, ""),
        ({"setup.py": ""}, ""),
        ({"a/setup.py": "", "b/x": ""}, ""),
        ({"./demo/setup.py": ""}, "demo"),
        ({"pax_global_header": "", "demo/setup.py": ""}, "demo"),
    ],
)
def test_the_root_is_the_only_folder_if_there_is_one(tmp_path: Path, files: dict[str, str], root: str) -> None:
    into = tmp_path / "into"
    into.mkdir()
    assert unpack(tar_of(tmp_path / "a.tar.gz", files), into, LIMITS) == into / root


def test_bytes_that_are_no_text_in_a_name(tmp_path: Path) -> None:
    with io.BytesIO() as raw:
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
            archive.addfile(tar_member("demo/\xe9"))
        (tmp_path / "a.tar").write_bytes(raw.getvalue())
    into = tmp_path / "into"
    into.mkdir()
    root = unpack(tmp_path / "a.tar", into, LIMITS)
    assert [os.fsencode(path.name) for path in root.iterdir()] == [b"\xe9"]
