"""Archives that are damaged, or none, and what may seem damaged: files with holes."""

from __future__ import annotations

import os
import random
import subprocess
from typing import TYPE_CHECKING

import pytest
from archives import tar_archive, tar_member, tar_of, zip_archive, zip_member
from refused_archives import LIMITS, refused

from common.errors import UserError
from source.unpack import unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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


def test_a_damaged_header_in_the_middle_does_not_end_the_archive_silently(tmp_path: Path) -> None:
    data = bytearray(tar_of(tmp_path / "whole", {"demo/a": "a", "demo/b": "b", "demo/c": "c"}, "").read_bytes())
    data[1024:1040] = b"?" * 16  # the second header
    (tmp_path / "a.tar").write_bytes(data)
    assert "not a readable sdist archive" in refused(tmp_path / "a.tar", tmp_path / "box")
