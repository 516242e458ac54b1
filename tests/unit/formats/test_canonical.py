from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import zipfile
from typing import TYPE_CHECKING

import pytest
from sample_wheels import INFO, METADATA, wheel_members, write_wheel

from common.errors import UserError
from formats.canonical_wheel import metadata_fields, wheel_metadata, write_canonical_wheel

if TYPE_CHECKING:
    from pathlib import Path


def canonical(tmp_path: Path, members: object, name: str = "out.whl", **kwargs: object) -> bytes:
    source = write_wheel(tmp_path / "in.whl", members, **kwargs)  # type: ignore[arg-type]
    write_canonical_wheel(source, tmp_path / name)
    return (tmp_path / name).read_bytes()


def test_order_headers_and_record(tmp_path: Path) -> None:
    canonical(tmp_path, wheel_members(demo__Z=b"z", demo__a=b"a"))
    with zipfile.ZipFile(tmp_path / "out.whl") as archive:
        infos = archive.infolist()
        names = [info.filename for info in infos]
        assert names == [
            "demo/Z",
            "demo/__init__.py",
            "demo/a",
            "demo/b.py",
            f"{INFO}/METADATA",
            f"{INFO}/WHEEL",
            f"{INFO}/RECORD",
        ]
        for info in infos:
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.external_attr >> 16 == 0o100644
            assert info.create_system == 3
            assert info.extra == b""
            assert info.compress_type == zipfile.ZIP_STORED
        rows = list(csv.reader(io.StringIO(archive.read(names[-1]).decode())))
        assert [row[0] for row in rows] == names
        assert rows[-1][1:] == ["", ""]
        for name, digest, size in rows[:-1]:
            content = archive.read(name)
            encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            assert (digest, size) == (f"sha256={encoded}", str(len(content)))


def test_only_content_counts(tmp_path: Path) -> None:
    members = wheel_members()
    expected = canonical(tmp_path, members)
    assert canonical(tmp_path, dict(reversed(members.items()))) == expected
    assert canonical(tmp_path, members, time=(1999, 1, 1, 0, 0, 0)) == expected
    assert canonical(tmp_path, members, compression=zipfile.ZIP_DEFLATED) == expected
    assert canonical(tmp_path, {**members, "demo/": b"", "demo/__pycache__/b.cpython-39.pyc": b"x"}) == expected
    assert canonical(tmp_path, {**members, f"{INFO}/RECORD.jws": b"{}"}) == expected
    assert canonical(tmp_path, {**members, "demo/b.py": b"b = 2\n"}) != expected


def test_bytecode_is_kept_only_where_no_source_could_take_its_place(tmp_path: Path) -> None:
    """A module without its source (PEP 3147) stays; what lies beside a source, or in __pycache__, is dropped."""
    members = wheel_members()
    names = {"demo/b.pyc": b"beside", "demo/hidden.pyc": b"alone", "demo/__pycache__/hidden.cpython-39.pyc": b"cached"}
    canonical(tmp_path, {**members, **names})
    with zipfile.ZipFile(tmp_path / "out.whl") as archive:
        assert [name for name in archive.namelist() if name.endswith(".pyc")] == ["demo/hidden.pyc"]
        assert archive.read("demo/hidden.pyc") == b"alone"
        assert "demo/hidden.pyc,sha256=" in archive.read(f"{INFO}/RECORD").decode()


def test_idempotent(tmp_path: Path) -> None:
    once = canonical(tmp_path, wheel_members())
    write_canonical_wheel(tmp_path / "out.whl", tmp_path / "again.whl")
    assert (tmp_path / "again.whl").read_bytes() == once


def test_executables_keep_their_bit_only(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.whl", "w") as archive:
        for name, content in wheel_members(tool=b"#!/bin/sh\n").items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o100751 if name == "tool" else 0o100640) << 16
            archive.writestr(info, content)
    write_canonical_wheel(tmp_path / "in.whl", tmp_path / "out.whl")
    with zipfile.ZipFile(tmp_path / "out.whl") as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert modes.pop("tool") == 0o100755
    assert set(modes.values()) == {0o100644}


@pytest.mark.parametrize("mode", [0o644, 0o755])
@pytest.mark.parametrize("name", ["demo.so", "demo.cpython-314-x86_64-linux-gnu.so", "demo.libs/libx.so.1.2"])
def test_a_shared_object_has_one_mode_whatever_cmake_thinks_of_the_machine(
    tmp_path: Path, name: str, mode: int
) -> None:
    with zipfile.ZipFile(tmp_path / "in.whl", "w") as archive:
        for member, content in wheel_members().items():
            archive.writestr(member, content)
        info = zipfile.ZipInfo(name)
        info.external_attr = (0o100000 | mode) << 16
        archive.writestr(info, b"library")
    write_canonical_wheel(tmp_path / "in.whl", tmp_path / "out.whl")
    with zipfile.ZipFile(tmp_path / "out.whl") as archive:
        assert archive.getinfo(name).external_attr >> 16 == 0o100755


def test_compression_and_extra_members(tmp_path: Path) -> None:
    write_wheel(tmp_path / "in.whl", wheel_members(big=b"x" * 10_000))
    (tmp_path / "lib.so").write_bytes(b"library")
    write_canonical_wheel(
        tmp_path / "in.whl",
        tmp_path / "out.whl",
        compression="deflated",
        extra_members={"libs/lib.so": tmp_path / "lib.so"},
    )
    assert (tmp_path / "out.whl").stat().st_size < 5_000
    with zipfile.ZipFile(tmp_path / "out.whl") as archive:
        assert archive.read("libs/lib.so") == b"library"
        assert "libs/lib.so,sha256=" in archive.read(f"{INFO}/RECORD").decode()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../escape", "leads elsewhere"),
        ("/absolute", "leads elsewhere"),
        ("a/../b", "leads elsewhere"),
        ("a\\b", "leads elsewhere"),
        ("c:/x", "leads elsewhere"),
    ],
)
def test_member_with_a_bad_name(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        canonical(tmp_path, {**wheel_members(), name: b""})
    assert repr(name) in str(caught.value)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_member(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there twice"):
        canonical(tmp_path, [*wheel_members().items(), ("demo/b.py", b"other")])


@pytest.mark.parametrize("name", ["demo/b.py/c.py", "demo/b.py/c/d.py"])
def test_a_file_that_is_a_folder_too(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="a file and a folder") as caught:
        canonical(tmp_path, {**wheel_members(), name: b""})
    assert "demo/b.py" in str(caught.value)


def test_symbolic_link(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.whl", "w") as archive:
        for name, content in wheel_members().items():
            archive.writestr(name, content)
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "demo/b.py")
    with pytest.raises(UserError, match="symbolic links"):
        write_canonical_wheel(tmp_path / "in.whl", tmp_path / "out.whl")


@pytest.mark.parametrize(
    ("drop", "add", "message"),
    [
        (f"{INFO}/METADATA", {}, "no METADATA"),
        (f"{INFO}/WHEEL", {}, "no WHEEL"),
        ("", {"other-1.0.dist-info/METADATA": b""}, "this one has 2"),
    ],
)
def test_not_a_wheel(tmp_path: Path, drop: str, add: dict[str, bytes], message: str) -> None:
    members = {**wheel_members(), **add}
    members.pop(drop, None)
    with pytest.raises(UserError, match=message):
        canonical(tmp_path, members)


def test_not_even_a_zip(tmp_path: Path) -> None:
    (tmp_path / "in.whl").write_bytes(os.urandom(300))
    with pytest.raises(UserError, match="not a readable wheel"):
        write_canonical_wheel(tmp_path / "in.whl", tmp_path / "out.whl")


def test_metadata(tmp_path: Path) -> None:
    summary = wheel_metadata(write_wheel(tmp_path / "in.whl", wheel_members()))
    assert (summary.name, summary.version) == ("Demo.Pkg", "1.0")
    assert summary.requires_dist == ("six>=1", "attrs")
    assert summary.tags == ("py3-none-any",)
    assert metadata_fields(METADATA)["Name"] == ["Demo.Pkg"]
    assert metadata_fields("License: one\n  two\n\ttwo\nName:x\n") == {"License": ["one\ntwo\ntwo"], "Name": ["x"]}
