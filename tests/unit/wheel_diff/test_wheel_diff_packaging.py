"""Wheels with the same content that are packed otherwise, and which modes are content."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from archives import make_wheel, wheel_files, zip_member
from diffed_wheels import INFO, run, wheel

from formats.canonical_wheel import write_canonical_wheel

if TYPE_CHECKING:
    from pathlib import Path


def test_canonical_form_is_equal_in_content(tmp_path: Path) -> None:
    made = make_wheel(tmp_path, {"demo/b.py": "b = 1\n", "demo/a.py": "", "demo/run.sh": "#!/bin/sh\n"})
    canonical = tmp_path / "canonical.whl"
    write_canonical_wheel(made, canonical)
    result = run(made, canonical)
    assert result.code == 1
    assert result.lines[0].startswith("The content of ")
    assert "is equal; packaging differs: " in result.lines[0]
    assert "  compression: deflated -> stored (6 members)" in result.lines
    assert "  time: 2020-01-02 03:04:06 -> 1980-01-01 00:00:00 (6 members)" in result.lines
    assert any(line.startswith("  member order: ") for line in result.lines)
    assert any(line.startswith("  order of lines: ") for line in result.lines)
    assert "Cause" not in result.output


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("create_system", 0, "create_system: Unix -> FAT"),
        ("external_attr", 0o100600 << 16, "mode: -rw-r--r-- (100644) -> -rw------- (100600)"),
        ("extra", b"\x55\x54\x05\x00\x01\x00\x00\x00\x00", "extra: none -> 555405000100000000"),
        ("comment", b"hello", "comment: none -> b'hello'"),
        ("date_time", (2021, 1, 1, 0, 0, 0), "time: 2020-01-02 03:04:06 -> 2021-01-01 00:00:00"),
        ("internal_attr", 1, "attributes: 0x0, 0x0 -> 0x0, 0x1"),
    ],
)
def test_zip_headers(tmp_path: Path, field: str, value: object, expected: str) -> None:
    files = wheel_files({"demo.py": ""})
    a, b = wheel(tmp_path / "a.whl", files), wheel(tmp_path / "b.whl", files, **{field: value})
    result = run(a, b)
    assert result.code == 1
    assert "is equal; packaging differs" in result.lines[0]
    assert f"  {expected} (4 members)" in result.lines


def test_archive_comment_prefix_and_folders(tmp_path: Path) -> None:
    files = wheel_files({"demo/__init__.py": ""})
    a, b = wheel(tmp_path / "a.whl", files), wheel(tmp_path / "b.whl", {"demo/": b"", **files})
    with zipfile.ZipFile(b, "a") as archive:
        archive.comment = b"made by hand"
    b.write_bytes(b"#!/bin/sh\n" + b.read_bytes())
    result = run(a, b)
    assert "is equal; packaging differs: comment; before the first member; folder entry" in result.lines[0]


def test_local_header(tmp_path: Path) -> None:
    a = wheel(tmp_path / "a.whl", wheel_files({"demo.py": ""}))
    data = bytearray(a.read_bytes())
    data[10] ^= 1  # the time in the first member's local header; the directory has another copy
    (tmp_path / "b.whl").write_bytes(data)
    result = run(a, tmp_path / "b.whl")
    assert result.code == 1
    assert "packaging differs: local header" in result.lines[0]


def test_bytes_of_the_archive_that_nothing_refers_to(tmp_path: Path) -> None:
    a = make_wheel(tmp_path, {"demo.py": ""})
    data = a.read_bytes()
    directory = data.index(b"PK\x01\x02")
    end = bytearray(data[directory:])
    place = end.rindex(b"PK\x05\x06") + 16
    end[place : place + 4] = (directory + 4).to_bytes(4, "little")
    (tmp_path / "b.whl").write_bytes(data[:directory] + b"gap!" + end)
    result = run(a, tmp_path / "b.whl")
    assert result.code == 1
    assert "packaging differs: other bytes" in result.lines[0]


def test_compressed_by_another_zlib(tmp_path: Path) -> None:
    files = wheel_files({"demo.py": "x = 1\n" * 1000})
    for level in (1, 9):
        with zipfile.ZipFile(tmp_path / f"{level}.whl", "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
            for name, data in files.items():
                archive.writestr(zip_member(name), data, zipfile.ZIP_DEFLATED, level)
    result = run(tmp_path / "1.whl", tmp_path / "9.whl")
    assert "packaging differs: compressed bytes" in result.lines[0]
    assert "another zlib or level; same content" in result.output


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0o100755, "executable: + executable"), (0o120644, "file type: + symbolic link")],
)
def test_modes_that_installers_look_at_are_content(tmp_path: Path, mode: int, expected: str) -> None:
    files = wheel_files({"demo.py": ""})
    a, b = wheel(tmp_path / "a.whl", files), wheel(tmp_path / "b.whl", files, external_attr=mode << 16)
    result = run(a, b)
    assert "differ in the content of 4 members" in result.lines[0]
    assert f"  {expected}" in result.lines


def test_the_mode_of_a_shared_object_is_cmakes(tmp_path: Path) -> None:
    files = wheel_files({"demo/libdemo.so.1": "library"})
    a, b = wheel(tmp_path / "a.whl", files), wheel(tmp_path / "b.whl", files, external_attr=0o100755 << 16)
    assert "CMAKE_INSTALL_SO_NO_EXE" in run(a, b).output


def test_signatures_are_packaging(tmp_path: Path) -> None:
    files = wheel_files({"demo.py": "x = 1\n"})
    signed = {**files, f"{INFO}/RECORD.jws": b"{}", f"{INFO}/RECORD.p7s": b"\x30\x80"}
    result = run(wheel(tmp_path / "a.whl", files), wheel(tmp_path / "b.whl", signed))
    assert "is equal; packaging differs: member" in result.lines[0]
