"""The fixtures were made by fixtures/make_fixtures.sh."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
from leaking_wheels import NOON, search, told

from build_wheel.leaks.finding import Build

FIXTURES = Path(__file__).parent / "fixtures"
LEAKY, ZERO, HASHED = ((FIXTURES / f"{name}.pyd").read_bytes() for name in ("leaky", "zero", "brepro"))
OBJECT = (FIXTURES / "clean.obj").read_bytes()
WHEN = "2020-09-13 12:26:40 UTC"


def stamp(data: bytes) -> int:
    (header,) = struct.unpack_from("<I", data, 0x3C)
    (when,) = struct.unpack_from("<I", data, header + 8)
    return int(when)


def test_leaky(tmp_path: Path) -> None:
    assert stamp(LEAKY) == NOON
    leaks = search(tmp_path, LEAKY, "demo/demo.pyd")
    assert told(leaks) == [
        ("PE time stamp", WHEN),
        ("PE time stamp of the debug directory", WHEN),
        ("PDB path", r"C:\Users\jane\demo\demo.pdb"),
    ]
    assert LEAKY[leaks[2].offset :].startswith(leaks[2].value.encode())
    assert "/Brepro" in leaks[0].fix
    assert "/PDBALTPATH" in leaks[2].fix


def test_no_time_is_no_leak(tmp_path: Path) -> None:
    assert stamp(ZERO) == 0
    assert search(tmp_path, ZERO) == []


def test_hash_in_place_of_a_time_is_no_leak(tmp_path: Path) -> None:
    """Not even where it looks like a time of the build: the debug directory says that it is a hash."""
    hashed = stamp(HASHED)
    assert hashed not in (0, NOON)
    assert search(tmp_path, HASHED, build=Build(hashed - 5, hashed + 5)) == []


def test_time_that_is_none_of_the_build(tmp_path: Path) -> None:
    """A hash without a note, of older linkers, or a time that the package sets."""
    later = search(tmp_path, LEAKY, build=Build(NOON + 1000, NOON + 1100))
    assert [leak.kind for leak in later] == ["PDB path"]


def test_program_of_the_inputs(tmp_path: Path) -> None:
    """As setuptools and pip bring along for Windows."""
    assert search(tmp_path, LEAKY, inputs=[b"x", LEAKY]) == []


@pytest.mark.parametrize("name", ["demo/demo.obj", "demo/demo.o"])
def test_object(tmp_path: Path, name: str) -> None:
    assert search(tmp_path, OBJECT, name) == []
    timed = OBJECT[:4] + struct.pack("<I", NOON) + OBJECT[8:]
    leaks = search(tmp_path, timed, name)
    assert [(leak.kind, leak.offset) for leak in leaks] == [("COFF time stamp", 4)]


def test_import_library(tmp_path: Path) -> None:
    entry = struct.pack("<HHHHIIHH", 0, 0xFFFF, 0, 0x8664, NOON, 10, 0, 0) + b"demo\0d.pyd\0"
    library = b"!<arch>\n" + b"demo.pyd/       0           0     0     100644  %-10d`\n" % len(entry) + entry
    leaks = search(tmp_path, library, "demo/demo.lib")
    assert [(leak.member, leak.kind) for leak in leaks] == [("demo/demo.lib: demo.pyd", "COFF time stamp")]


def test_damaged_files(tmp_path: Path) -> None:
    dice = random.Random(7)
    for _ in range(500):
        data = bytearray(LEAKY)
        for _ in range(dice.randrange(1, 6)):
            place = dice.choice((dice.randrange(64), dice.randrange(64, 600), dice.randrange(len(data))))
            data[place] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        search(tmp_path, bytes(data[: dice.choice((len(data), dice.randrange(len(data))))]))
