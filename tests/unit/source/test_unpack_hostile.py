"""Archives whose members lead out of the folder, or are not what a source tree has."""

from __future__ import annotations

import stat
import tarfile
from typing import TYPE_CHECKING

import pytest
from archives import FOLDER, HARD, SYM, tar_archive, tar_member, zip_archive, zip_member
from refused_archives import refused

if TYPE_CHECKING:
    import zipfile
    from pathlib import Path

HOSTILE_TARS: dict[str, tuple[list[tuple[tarfile.TarInfo, bytes]], str, str]] = {
    "absolute": ([(tar_member("/tmp/evil"), b"x")], "/tmp/evil", "absolute name"),
    "up": ([(tar_member("../evil"), b"x")], "../evil", "leads out"),
    "up and down": ([(tar_member("demo/../../evil"), b"x")], "demo/../../evil", "leads out"),
    "up inside": ([(tar_member("demo/a/../b"), b"x")], "demo/a/../b", "leads out"),
    "backslash": ([(tar_member("demo\\..\\evil"), b"x")], r"demo\\..\\evil", "absolute name"),
    "drive": ([(tar_member("C:evil"), b"x")], "C:evil", "absolute name"),
    "absolute link": ([(tar_member("demo/l", SYM, "/etc/passwd"), b"")], "demo/l", "leads to '/etc/passwd'"),
    "link out": ([(tar_member("demo/l", SYM, "../../secret"), b"")], "demo/l", "leads out"),
    "link out by chain": (
        [
            (tar_member("demo/a/up", SYM, ".."), b""),
            (tar_member("demo/out", SYM, "a/up/../.."), b""),
        ],
        "demo/out",
        "leads out",
    ),
    "link out by chain, links first": (
        [
            (tar_member("demo/out", SYM, "a/b/up/../../.."), b""),
            (tar_member("demo/a/b/up", SYM, "../.."), b""),
        ],
        "demo/out",
        "leads out",
    ),
    "write through link": (
        [(tar_member("demo/l", SYM, "."), b""), (tar_member("demo/l/evil"), b"x")],
        "demo/l/evil",
        "goes through a symbolic link",
    ),
    "folder through link": (
        [(tar_member("demo/l", SYM, "."), b""), (tar_member("demo/l/evil", FOLDER), b"")],
        "demo/l/evil",
        "goes through a symbolic link",
    ),
    "write over link": (
        [(tar_member("demo/l", SYM, "f"), b""), (tar_member("demo/l"), b"x")],
        "demo/l",
        "there twice, as different things",
    ),
    "folder over link": (
        [(tar_member("demo/l", SYM, "."), b""), (tar_member("demo/l", FOLDER), b"")],
        "demo/l",
        "there twice, as different things",
    ),
    "hard link out": ([(tar_member("demo/h", HARD, "../secret"), b"")], "demo/h", "leads out"),
    "hard link to absolute": ([(tar_member("demo/h", HARD, "/etc/passwd"), b"")], "demo/h", "leads to '/etc/passwd'"),
    "hard link to link": (
        [(tar_member("demo/l", SYM, "f"), b""), (tar_member("demo/h", HARD, "demo/l"), b"")],
        "demo/h",
        "hard link to demo/l",
    ),
    "hard link to itself": (
        [(tar_member("demo/h"), b"x"), (tar_member("demo/h", HARD, "demo/h"), b"")],
        "demo/h",
        "which is no file before it",
    ),
    "hard link to nothing": ([(tar_member("demo/h", HARD, "demo/f"), b"")], "demo/h", "which is no file before it"),
    "hard link to later": (
        [(tar_member("demo/h", HARD, "demo/f"), b""), (tar_member("demo/f"), b"x")],
        "demo/h",
        "which is no file before it",
    ),
    "hard link out through links": (
        [
            (tar_member("demo/a/up", SYM, ".."), b""),
            (tar_member("demo/out", SYM, "a/up/../../.."), b""),
            (tar_member("demo/h", HARD, "demo/out/secret"), b""),
        ],
        "demo/out",
        "leads out",
    ),
    "device": ([(tar_member("demo/null", tarfile.CHRTYPE), b"")], "demo/null", "device"),
    "block device": ([(tar_member("demo/sda", tarfile.BLKTYPE), b"")], "demo/sda", "device"),
    "fifo": ([(tar_member("demo/pipe", tarfile.FIFOTYPE), b"")], "demo/pipe", "pipe"),
    "folder where a file is": (
        [(tar_member("demo/x"), b"x"), (tar_member("demo/x/y"), b"y")],
        "demo/x/y",
        "lies below a file",
    ),
    "folder over a file": (
        [(tar_member("demo/x"), b"x"), (tar_member("demo/x", FOLDER), b"")],
        "demo/x",
        "there twice, as different things",
    ),
    "file where a folder is": (
        [(tar_member("demo/x/y"), b"y"), (tar_member("demo/x"), b"x")],
        "demo/x",
        "there twice, as different things",
    ),
}


@pytest.mark.parametrize("case", HOSTILE_TARS)
def test_refuses_hostile_tars(tmp_path: Path, case: str) -> None:
    members, name, reason = HOSTILE_TARS[case]
    message = refused(tar_archive(tmp_path / "a.tar.gz", members), tmp_path / "box")
    assert f"member '{name}'" in message
    assert reason in message
    assert f"where: '{name}'" in message
    assert "fix:   Don't build this archive." in message


HOSTILE_ZIPS: dict[str, tuple[list[tuple[zipfile.ZipInfo, bytes]], str, str]] = {
    "absolute": ([(zip_member("/tmp/evil"), b"x")], "/tmp/evil", "absolute name"),
    "up": ([(zip_member("demo/../../evil"), b"x")], "demo/../../evil", "leads out"),
    "backslash": ([(zip_member("..\\evil"), b"x")], r"..\\evil", "absolute name"),
    "drive": ([(zip_member("C:/evil"), b"x")], "C:/evil", "absolute name"),
    "link out": ([(zip_member("demo/l", stat.S_IFLNK), b"../../secret")], "demo/l", "leads out"),
    "link to nothing": ([(zip_member("demo/l", stat.S_IFLNK), b"a\0b")], "demo/l", "leads to"),
    "device": ([(zip_member("demo/null", stat.S_IFCHR), b"")], "demo/null", "device"),
    "fifo": ([(zip_member("demo/pipe", stat.S_IFIFO), b"")], "demo/pipe", "pipe"),
    "write through link": (
        [(zip_member("demo/l", stat.S_IFLNK), b"."), (zip_member("demo/l/evil"), b"x")],
        "demo/l/evil",
        "goes through a symbolic link",
    ),
    "link name as long as a bomb": ([(zip_member("demo/l", stat.S_IFLNK), b"x" * 5000)], "demo/l", "longer than"),
}


@pytest.mark.parametrize("case", HOSTILE_ZIPS)
def test_refuses_hostile_zips(tmp_path: Path, case: str) -> None:
    members, name, reason = HOSTILE_ZIPS[case]
    message = refused(zip_archive(tmp_path / "a.zip", members), tmp_path / "box")
    assert f"member '{name}'" in message
    assert reason in message
    assert "fix:   Don't build this archive." in message


def test_refuses_encrypted_zips(tmp_path: Path) -> None:
    data = bytearray(zip_archive(tmp_path / "plain", [(zip_member("demo/x"), b"x")]).read_bytes())
    data[6] |= 1  # the flags in the member's own header ...
    data[data.index(b"PK\x01\x02") + 8] |= 1  # ... and in the directory
    (tmp_path / "a.zip").write_bytes(data)
    message = refused(tmp_path / "a.zip", tmp_path / "box")
    assert "member 'demo/x' is encrypted" in message
