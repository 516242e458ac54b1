from __future__ import annotations

import gzip
import importlib.util
import io
import marshal
import random
import struct
import subprocess
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from leaking_wheels import NAME, NOON, search, told
from sample_wheels import INFO, wheel_members, write_wheel

from build_wheel.leaks.parts import Limits, parts
from build_wheel.leaks.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

WHEN = "2020-09-13 12:26:40 UTC"
DAY = (2020, 9, 13, 12, 26, 40)
PATH = Secret("build path", "/some/build/root", "where")


def ar_of(
    time: int = 0, user: int = 0, magic: bytes = b"!<arch>\n", name: str = "demo.o/", data: bytes = b"x"
) -> bytes:
    header = f"{name:16}{time:<12}{user:<6}{user:<6}{'100644':8}{len(data):<10}`\n".encode()
    return magic + header + (b"" if b"thin" in magic else data + b"\n" * (len(data) % 2))


def zip_of(
    members: dict[str, bytes], when: tuple[int, ...] = (1980, 1, 1, 0, 0, 0), packed: bool = True, extra: bytes = b""
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, when)  # type: ignore[arg-type]
            info.compress_type, info.extra = archive.compression, extra
            archive.writestr(info, data)
    return file.getvalue()


def tar_of(
    mtime: int = 0, uid: int = 0, data: bytes = b"x", name: str = "a/b.txt", form: int = tarfile.PAX_FORMAT
) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        info = tarfile.TarInfo(name)
        info.mtime, info.uid, info.gid, info.size = mtime, uid, uid, len(data)
        archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


@pytest.mark.parametrize(("flags", "leaks"), [("rcsU", True), ("rcsD", False)])
def test_static_library(tmp_path: Path, flags: str, leaks: bool) -> None:
    """As `ar` makes it."""
    (tmp_path / "demo.c").write_text("int demo;\n")
    subprocess.run(["gcc", "-c", "demo.c"], cwd=tmp_path, check=True)
    subprocess.run(["touch", "-d", f"@{NOON}", "demo.o"], cwd=tmp_path, check=True)
    subprocess.run(["ar", flags, "libdemo.a", "demo.o"], cwd=tmp_path, check=True)
    found = search(tmp_path, (tmp_path / "libdemo.a").read_bytes(), "demo/libdemo.a")
    assert told(found) == ([("ar time", WHEN)] if leaks else [])
    assert not leaks or found[0].reveals == "when demo.o was made"


def test_owner_in_a_static_library(tmp_path: Path) -> None:
    """Only the user who builds is one: others are what the package wrote."""
    assert told(search(tmp_path, ar_of(user=4711))) == [("ar owner", "4711/4711")]
    assert search(tmp_path, ar_of(user=1234)) == []


def test_long_names_of_a_static_library(tmp_path: Path) -> None:
    bsd = ar_of(NOON, name="#1/8", data=b"long.o\0\0x")
    assert [leak.reveals for leak in search(tmp_path, bsd)] == ["when long.o was made"]


def test_thin_archive(tmp_path: Path) -> None:
    (leak,) = search(tmp_path, ar_of(magic=b"!<thin>\n"))
    assert (leak.kind, leak.value) == ("ar", "thin archive")


def test_objects_of_a_static_library_are_searched(tmp_path: Path) -> None:
    inner = gzip.compress(b"/some/build/root", mtime=0)
    (leak,) = search(tmp_path, ar_of(data=inner), secrets=[PATH])
    assert leak.member == f"{NAME}: demo.o"


@pytest.mark.parametrize(
    ("mtime", "leaks"), [(NOON, [("gzip time", WHEN)]), (0, []), (NOON - 9999, []), (315532800, [])]
)
def test_gzip_time(tmp_path: Path, mtime: int, leaks: list[tuple[str, str]]) -> None:
    assert told(search(tmp_path, gzip.compress(b"x", mtime=mtime))) == leaks


def test_gzip_of_the_inputs(tmp_path: Path) -> None:
    data = gzip.compress(b"x", mtime=NOON)
    assert search(tmp_path, data, inputs=[data]) == []


@pytest.mark.parametrize(
    ("name", "leaks"), [("data.txt", 0), ("tmp0a_b1c2d", 1), ("tmp0a_b1c2d.txt", 1), ("template.txt", 0)]
)
def test_gzip_name(tmp_path: Path, name: str, leaks: int) -> None:
    file = io.BytesIO()
    with gzip.GzipFile(name, "w", fileobj=file, mtime=0):
        pass
    assert [leak.kind for leak in search(tmp_path, file.getvalue())] == ["gzip name"] * leaks


@pytest.mark.parametrize("packed", [False, True])
def test_zip_inside(tmp_path: Path, packed: bool) -> None:
    """A jar, an egg, a wheel, whatever it is called; the path is told once, stored or not."""
    data = zip_of({"a/x": b"x", "a/b.txt": b"at /some/build/root", "a/c": b"x"}, packed=packed)
    (leak,) = search(tmp_path, data, "demo/demo.jar", secrets=[PATH])
    assert (leak.member, leak.offset, leak.kind) == ("demo/demo.jar: a/b.txt", 3, "build path")


def test_names_in_a_zip(tmp_path: Path) -> None:
    data = zip_of({"/some/build/root/x": b"x"})
    (leak,) = search(tmp_path, data, secrets=[PATH])
    assert (leak.member, data[leak.offset :][:16]) == (NAME, b"/some/build/root")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("demo/some/build/root/x.py", "build path"),
        ("demo/home/jane/x.py", "home directory"),
        ("demo/of-x/jane/a.txt", "user name"),
        ("demo/log-20200913.txt", "date"),
        ("demo/2020-09-13/x", "date"),
        ("demo/x.1600000000.txt", "time"),
    ],
)
def test_names_of_members(tmp_path: Path, name: str, kind: str) -> None:
    """In the wheel, and in every archive inside of it."""
    secrets = [PATH, Secret("home directory", "/home/jane", "home"), Secret("user name", "jane", "who")]
    (leak,) = search(tmp_path, b"x", name, secrets=secrets)
    assert (leak.member, leak.kind, leak.context) == (name, kind, "")
    assert leak.reveals.endswith(", in the member's name")
    assert name[leak.offset :].lstrip("/").startswith(leak.value.lstrip("/")[:8])
    archives = {
        "zip": zip_of({name: b"x"}),
        "tar": tar_of(name=name),
        "long tar": tar_of(name="a/" * 60 + name),
        "GNU tar": tar_of(name="a/" * 60 + name, form=tarfile.GNU_FORMAT),
        "BSD ar": ar_of(name=f"#1/{len(name)}", data=name.encode() + b"x"),
        "GNU ar": ar_of(name="//", data=name.encode() + b"/\n") + ar_of(name="/0")[8:],
    }
    for form, data in archives.items():
        assert kind in [leak.kind for leak in search(tmp_path, data, secrets=secrets)], form


def test_long_name_that_a_tar_has_in_two_pieces(tmp_path: Path) -> None:
    data = tar_of(name="some/build/root/" + "c" * 92, form=tarfile.USTAR_FORMAT)
    assert b"some/build/root" not in data
    assert told(search(tmp_path, data, secrets=[PATH])) == [("build path", "/some/build/root")]


def test_names_that_the_inputs_have(tmp_path: Path) -> None:
    assert search(tmp_path, b"x", "demo/2020-09-13/x", inputs=[b"2020-09-13"]) == []


def test_zip_time(tmp_path: Path) -> None:
    leaks = search(tmp_path, zip_of({"a": b"x", "b": b"y"}, DAY))
    assert [(leak.kind, leak.value, leak.reveals) for leak in leaks] == [("zip time", WHEN, "when a was made")]
    assert search(tmp_path, zip_of({"a": b"x"}, (2020, 9, 12, 12, 26, 40))) == []


def test_extra_fields_of_a_zip(tmp_path: Path) -> None:
    stamp = struct.pack("<HHBI", 0x5455, 5, 1, NOON)
    owner = struct.pack("<HHBBIBI", 0x7875, 11, 1, 4, 4711, 4, 4711)
    assert told(search(tmp_path, zip_of({"a": b"x"}, extra=stamp))) == [("zip time", WHEN)]
    assert told(search(tmp_path, zip_of({"a": b"x"}, extra=owner))) == [("zip owner", "4711")]
    assert search(tmp_path, zip_of({"a": b"x"}, extra=owner.replace(b"\x67\x12", b"\x68\x12"))) == []


def test_impossible_times_in_a_zip(tmp_path: Path) -> None:
    data = zip_of({"a": b"x"}).replace(struct.pack("<HH", 0, 0x21), struct.pack("<HH", 0xFFFF, 0))
    assert search(tmp_path, data) == []


def test_program_with_a_zip_behind_it(tmp_path: Path) -> None:
    program = b"#!/usr/bin/env python3\n" + zip_of({"__main__.py": b"at /some/build/root"})
    (leak,) = search(tmp_path, program, "demo/demo.pyz", secrets=[PATH])
    assert leak.member == "demo/demo.pyz: __main__.py"


def test_interpreter_of_a_program_with_a_zip_behind_it(tmp_path: Path) -> None:
    program = b"#!/some/build/root/python\n" + zip_of({"__main__.py": b"pass"})
    (leak,) = search(tmp_path, program, "demo/demo.pyz", secrets=[PATH])
    assert (leak.member, leak.offset) == ("demo/demo.pyz", 2)


def test_record_of_a_wheel_inside_is_left_out(tmp_path: Path) -> None:
    inner = write_wheel(tmp_path / "inner.whl", {**wheel_members(), f"{INFO}/RECORD": b"/some/build/root"})
    assert search(tmp_path, inner.read_bytes(), "demo/inner.whl", secrets=[PATH]) == []


def test_tar(tmp_path: Path) -> None:
    assert search(tmp_path, tar_of()) == []
    assert told(search(tmp_path, tar_of(NOON, 4711))) == [("tar time", WHEN), ("tar owner", "4711/4711")]
    (leak,) = search(tmp_path, gzip.compress(tar_of(NOON), mtime=0), "demo/demo.tar.gz")
    assert (leak.kind, leak.reveals) == ("tar time", "when a/b.txt was made")


def test_bytecode(tmp_path: Path) -> None:
    def pyc(flags: int, when: int) -> bytes:
        return importlib.util.MAGIC_NUMBER + struct.pack("<III", flags, when, 1) + b"\xe3\0\0\0\0"

    assert told(search(tmp_path, pyc(0, NOON), "demo/a.pyc")) == [("pyc time", WHEN)]
    assert search(tmp_path, pyc(0, 315532800), "demo/a.pyc") == []
    assert search(tmp_path, pyc(3, NOON), "demo/a.pyc") == []  # a hash
    egg = zip_of({"demo/a.pyc": pyc(0, NOON)})
    assert [leak.member for leak in search(tmp_path, egg, "demo.egg")] == ["demo.egg: demo/a.pyc"]


def test_path_in_bytecode(tmp_path: Path) -> None:
    """co_filename is text, also inside of an egg."""
    code = compile("x = 1", "/some/build/root/demo.py", "exec")
    pyc = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)
    (leak, *_) = search(tmp_path, zip_of({"demo.pyc": pyc}), secrets=[PATH])
    assert (leak.member, leak.kind) == (f"{NAME}: demo.pyc", "build path")


def test_a_zip_in_a_zip_in_a_zip(tmp_path: Path) -> None:
    data = b"at /some/build/root"
    for depth in range(1, 4):
        data = zip_of({f"{depth}.zip": data})
    (leak,) = search(tmp_path, data, "demo.zip", secrets=[PATH])
    assert leak.member == "demo.zip: 3.zip: 2.zip: 1.zip"


def test_limits() -> None:
    """What is unpacked is limited, whatever the archive says, and however often it says it."""
    bomb = gzip.compress(gzip.compress(bytes(64 << 20), 9, mtime=0), 9, mtime=0)
    limits = Limits(unpacked_bytes=1 << 20)
    assert (
        sum(len(part.data) for part in parts("bombs", zip_of({f"{n}.gz": bomb for n in range(20)}), limits)) < 2 << 20
    )
    assert len(list(parts("many", zip_of({str(n): b"x" for n in range(50)}), Limits(parts=10)))) == 11
    deep = zip_of({"a": b"x"})
    for _ in range(50):
        deep = zip_of({"a": deep}, packed=False)
    assert len(list(parts("deep", deep, Limits()))) < 10


@pytest.mark.parametrize("kind", ["ar", "gzip", "zip", "tar", "tar.gz", "stored zip"])
def test_damaged_files(tmp_path: Path, kind: str) -> None:
    inner = gzip.compress(b"at /some/build/root", mtime=NOON)
    whole = {
        "ar": ar_of(NOON, 4711, data=inner),
        "gzip": inner,
        "zip": zip_of({"a": inner, "b": tar_of(NOON)}, DAY),
        "stored zip": zip_of({"a": inner, "b": ar_of(NOON)}, DAY, packed=False),
        "tar": tar_of(NOON, 4711, inner),
        "tar.gz": gzip.compress(tar_of(NOON, 4711, inner), mtime=NOON),
    }[kind]
    dice = random.Random(8)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(len(data))] = dice.choice((0, 1, 0x20, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        search(tmp_path, bytes(data[: dice.choice((len(data), dice.randrange(len(data))))]), secrets=[PATH])
