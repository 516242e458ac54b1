from __future__ import annotations

import errno
import io
import os
import random
import stat
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from archives import listing, tar_archive, tar_member, tar_of, zip_archive, zip_member, zip_of

from common.errors import UserError
from common.names import MAX_DEPTH
from source.unpack import Limits, copy_tree, unpack

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable

LIMITS = Limits(max_bytes=1 << 20, max_members=100)
EPOCH = 315532800
FILES = {"demo-1.0/setup.py": "import setuptools", "demo-1.0/src/demo.py": "x = 1\n"}

SYM, HARD, FOLDER = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE


def refused(archive: Path, box: Path, limits: Limits = LIMITS) -> str:
    """The message of the refusal, after a look at everything outside the target folder."""
    into = box / "deep" / "into"
    into.mkdir(parents=True)
    (box / "secret").write_text("s3cret")
    before = {name: about for name, about in listing(box).items() if not name.startswith("deep/into")}
    with pytest.raises(UserError) as caught:
        unpack(archive, into, limits)
    after = {name: about for name, about in listing(box).items() if not name.startswith("deep/into/")}
    # The folder's own time changes.
    assert {k: v for k, v in after.items() if k != "deep/into"} == {k: v for k, v in before.items() if k != "deep/into"}
    assert (box / "secret").read_text() == "s3cret"
    return str(caught.value)


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
    assert "raise `max_unpacked_mb`" in message
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


def whole_tar(file: Path) -> bytes:
    return tar_archive(file, [(tar_member("demo/x"), os.urandom(4000))]).read_bytes()


def whole_zip(file: Path) -> bytes:
    return zip_archive(file, [(zip_member("demo/x"), os.urandom(4000))]).read_bytes()


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(lambda file: whole_tar(file)[:2000], id="truncated tar.gz"),
        pytest.param(lambda file: whole_tar(file)[:5], id="tar.gz header only"),
        pytest.param(lambda file: whole_zip(file)[:2000], id="truncated zip"),
        pytest.param(lambda file: whole_zip(file)[:-10], id="zip without its end"),
        pytest.param(lambda file: whole_zip(file)[:500] + bytes(100) + whole_zip(file)[600:], id="damaged zip"),
        pytest.param(lambda _: b"<!DOCTYPE html><html><body>404 Not Found</body></html>", id="HTML page"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda _: b"PK\x03\x04", id="zip magic only"),
        pytest.param(lambda _: bytes(100), id="zeros"),
    ],
)
def test_refuses_what_is_no_archive(tmp_path: Path, damaged: Callable[[Path], bytes]) -> None:
    archive = tmp_path / "demo-1.0.tar.gz"
    archive.write_bytes(damaged(tmp_path / "whole"))
    message = refused(archive, tmp_path / "box")
    assert message.startswith("demo-1.0.tar.gz is not a readable sdist archive: ")
    assert "where: demo-1.0.tar.gz" in message
    assert "compare its sha256" in message


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


def test_a_name_longer_than_the_system_allows_is_an_error_that_says_so(tmp_path: Path) -> None:
    message = refused(tar_of(tmp_path / "a.tar.gz", {"demo/" + "n" * 300: "x"}), tmp_path / "box")
    assert "File name too long" in message
    assert "n" * 300 in message


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


def test_links_to_links_without_end(tmp_path: Path) -> None:
    members = [(tar_member(f"demo/l{number}", SYM, f"l{number + 1}"), b"") for number in range(1500)]
    message = refused(tar_archive(tmp_path / "a.tar.gz", members), tmp_path / "box", Limits(1000, 9000))
    assert "member 'demo/l0' leads through too many symbolic links" in message


def sparse_tar(file: Path, form: str) -> Path:
    """What GNU tar makes of a file with holes: 64 KiB of nothing around one line."""
    (file.parent / "demo").mkdir(exist_ok=True)
    with (file.parent / "demo" / "holes").open("wb") as holes:
        holes.seek(1 << 15)
        holes.write(b"here\n")
        holes.truncate(1 << 16)
    subprocess.run(["tar", "-C", file.parent, "-Scf", file, *form.split(), "demo"], check=True, capture_output=True)
    return file


SPARSE = ("--format=gnu", *(f"--format=pax --sparse-version={version}" for version in ("0.0", "0.1", "1.0")))


@pytest.mark.parametrize("form", SPARSE)
def test_files_with_holes(tmp_path: Path, form: str) -> None:
    into = tmp_path / "into"
    into.mkdir()
    unpack(sparse_tar(tmp_path / "a.tar", form), into, LIMITS)
    content = (into / "demo" / "holes").read_bytes()
    assert (len(content), content.strip(b"\0")) == (1 << 16, b"here\n")


@pytest.mark.parametrize("form", SPARSE)
def test_broken_headers_are_an_error_that_names_the_member(tmp_path: Path, form: str) -> None:
    """Also those of sparse files, of which tarfile believes more."""
    good = sparse_tar(tmp_path / "good.tar", form).read_bytes()
    dice, failed = random.Random(1980), 0
    end = good.index(b"here")
    for number in range(300):
        data = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(512, end)] = dice.choice(b"\x00\x80\xff019 =\nSx/")
        for header in range(0, end, 512):
            if data[header + 257 : header + 262] == b"ustar":  # with the right checksum
                data[header + 148 : header + 156] = b" " * 8
                data[header + 148 : header + 156] = b"%06o\0 " % sum(data[header : header + 512])
        (tmp_path / "a.tar").write_bytes(data)
        into = tmp_path / f"into{number}"
        into.mkdir()
        try:
            unpack(tmp_path / "a.tar", into, LIMITS)
        except UserError as error:
            failed += 1
            assert error.where
            assert error.what.startswith(
                ("The archive's member ", "The sdist unpacks to more", "a.tar is not a readable")
            )
    assert failed > 20


def test_a_sparse_file_with_a_broken_map_is_named(tmp_path: Path) -> None:
    data = sparse_tar(tmp_path / "a.tar", SPARSE[-1]).read_bytes()
    place = data.index(b"here") - 512
    (tmp_path / "a.tar").write_bytes(data[:place] + b"x" * 512 + data[place + 512 :])
    message = refused(tmp_path / "a.tar", tmp_path / "box")
    assert "is not a readable sdist archive" in message
    assert "holes" in message.partition("where:")[2]


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


def test_a_source_tree_can_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(UserError, match=r"'\.\./evil' leads out of the build root"):
        copy_tree([(tmp_path / "f", "../evil")], into)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f", "into"]


def test_a_damaged_header_in_the_middle_does_not_end_the_archive_silently(tmp_path: Path) -> None:
    data = bytearray(tar_of(tmp_path / "whole", {"demo/a": "a", "demo/b": "b", "demo/c": "c"}, "").read_bytes())
    data[1024:1040] = b"?" * 16  # the second header
    (tmp_path / "a.tar").write_bytes(data)
    assert "not a readable sdist archive" in refused(tmp_path / "a.tar", tmp_path / "box")


def test_bytes_that_are_no_text_in_a_name(tmp_path: Path) -> None:
    with io.BytesIO() as raw:
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
            archive.addfile(tar_member("demo/\xe9"))
        (tmp_path / "a.tar").write_bytes(raw.getvalue())
    into = tmp_path / "into"
    into.mkdir()
    root = unpack(tmp_path / "a.tar", into, LIMITS)
    assert [os.fsencode(path.name) for path in root.iterdir()] == [b"\xe9"]
