"""The fixtures were made by fixtures/make_fixtures.sh."""

from __future__ import annotations

import random
import struct
import uuid
from pathlib import Path

import pytest
from leaking_wheels import BUILD, NAME, search, told

from build_wheel.leaks.finding import Build

FIXTURES = Path(__file__).parent / "fixtures"
LEAKY, CLEAN = ((FIXTURES / f"{name}.dylib").read_bytes() for name in ("leaky", "clean"))
PLACE = "/tmp/rules_sdist_fixtures"


def own_uuid(data: bytes) -> tuple[int, str]:
    """Where the LC_UUID's value is; lld writes LLD into it."""
    offset = data.index(struct.pack("<II", 0x1B, 24)) + 8
    return offset, str(uuid.UUID(bytes=data[offset : offset + 16]))


def test_leaky(tmp_path: Path) -> None:
    leaks = search(tmp_path, LEAKY)
    assert sorted(told(leaks)) == [
        ("LC_ID_DYLIB", f"{PLACE}/demo.dylib"),
        ("LC_LOAD_DYLIB", "@rpath/libpython3.11.dylib"),
        ("LC_RPATH", f"{PLACE}/lib"),
        ("LC_UUID", own_uuid(LEAKY)[1]),
        ("N_OSO path", f"{PLACE}/demo.o"),
        ("N_OSO time stamp", "2020-09-13 12:26:40 UTC"),
        ("SO stab path", f"{PLACE}/demo.c"),
    ]
    by_kind = {leak.kind: leak for leak in leaks}
    for kind in ("N_OSO path", "SO stab path"):
        assert LEAKY[by_kind[kind].offset :].startswith(by_kind[kind].value.encode())
    assert "-oso_prefix" in by_kind["N_OSO path"].fix
    assert leaks[-1].reveals == "a hash of the file with all the above"


def test_what_is_mapped_is_clean(tmp_path: Path) -> None:
    """Debug information with mapped paths, no times, a hash for a UUID."""
    assert b"/build/demo.c" in CLEAN
    assert search(tmp_path, CLEAN) == []


@pytest.mark.parametrize(("version", "reveals"), [(4, "random"), (1, "network address")])
def test_uuid_that_is_no_hash(tmp_path: Path, version: int, reveals: str) -> None:
    data, (offset, _) = bytearray(CLEAN), own_uuid(CLEAN)
    data[offset + 6] = version << 4 | data[offset + 6] & 0x0F
    (leak,) = search(tmp_path, bytes(data))
    assert (leak.kind, leak.offset) == ("LC_UUID", offset)
    assert reveals in leak.reveals


def test_other_times_are_none_of_the_build(tmp_path: Path) -> None:
    later = Build(BUILD.started + 1000, BUILD.ended + 1000)
    assert "N_OSO time stamp" not in dict(told(search(tmp_path, LEAKY, build=later)))


def test_paths_that_the_inputs_have(tmp_path: Path) -> None:
    """Debug information of a static library in `native_deps` is part of an input."""
    inputs = [f"{PLACE}/demo.c {PLACE}/demo.o".encode()]
    assert not {"SO stab path", "N_OSO path"} & dict(told(search(tmp_path, LEAKY, inputs=inputs))).keys()


@pytest.mark.parametrize("wide", [False, True])
def test_universal(tmp_path: Path, wide: bool) -> None:
    form, magic = (">IIQQII", 0xCAFEBABF) if wide else (">IIIII", 0xCAFEBABE)
    start, parts = 4096, b""
    header = struct.pack(">II", magic, 2)
    for slice_ in (CLEAN, LEAKY):
        header += struct.pack(form, 0x1000007, 3, start + len(parts), len(slice_), 12, *([0] if wide else []))
        parts += slice_
    leaks = search(tmp_path, header.ljust(start, b"\0") + parts)
    thin = search(tmp_path, LEAKY)
    assert {leak.value for leak in thin} < {leak.value for leak in leaks}
    at = {leak.kind: leak.offset for leak in leaks}
    assert at["N_OSO path"] == next(leak.offset for leak in thin if leak.kind == "N_OSO path") + start + len(CLEAN)


def test_java_class_has_the_same_magic(tmp_path: Path) -> None:
    assert search(tmp_path, b"\xca\xfe\xba\xbe\0\0\0\x34" + b"\1" * 400, "demo/Demo.class") == []


def test_static_library(tmp_path: Path) -> None:
    library = b"!<arch>\n" + b"demo.dylib/     0           0     0     100644  %-10d`\n" % len(LEAKY) + LEAKY
    leaks = search(tmp_path, library, "demo/libdemo.a")
    assert {leak.member for leak in leaks} == {"demo/libdemo.a: demo.dylib"}


def test_damaged_files(tmp_path: Path) -> None:
    dice = random.Random(6)
    for _ in range(500):
        data = bytearray(LEAKY)
        for _ in range(dice.randrange(1, 6)):
            place = dice.choice((dice.randrange(900), dice.randrange(8192, len(data))))
            data[place] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        leaks = search(tmp_path, bytes(data[: dice.choice((len(data), dice.randrange(len(data))))]))
        assert all(leak.member == NAME for leak in leaks)
