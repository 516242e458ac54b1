"""What is compressed is searched, too, wherever it is."""

from __future__ import annotations

import gzip
import random
import struct
import zlib
from pathlib import Path

import pytest
from leaking_wheels import NAME, compiled, search

from build_wheel.leaks.parts import Limits, parts
from build_wheel.leaks.secret import Secret

ROOT = "/some/hidden_place/build/root"
PATH = Secret("build path", ROOT, "where")
TEXT = f"a line, {ROOT}/demo.c, and another line".encode()
STRINGS = (Path(__file__).parent / "fixtures" / "cython_strings.c").read_text(encoding="utf-8")


def members(tmp_path: Path, content: bytes, name: str = NAME) -> list[str]:
    return [leak.member for leak in search(tmp_path, content, name, secrets=[PATH])]


def deflated(data: bytes, bits: int, level: int = 9) -> bytes:
    stream = zlib.compressobj(level, zlib.DEFLATED, bits)
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize("level", [0, 1, 6, 9])
def test_zlib_stream_inside_of_a_file(tmp_path: Path, level: int) -> None:
    stream = zlib.compress(TEXT * 3, level)
    found = members(tmp_path, b"x\x9cheader\0" + stream + b"trailer")
    assert f"{NAME}: zlib stream at byte 9" in found


def test_gzip_stream_inside_of_a_file(tmp_path: Path) -> None:
    assert members(tmp_path, b"header" + gzip.compress(TEXT, mtime=0) + b"trailer") == [
        f"{NAME}: gzip stream at byte 6"
    ]


def test_file_that_is_a_deflate_stream(tmp_path: Path) -> None:
    assert members(tmp_path, deflated(TEXT, -15)) == [f"{NAME}: deflate stream at byte 0"]


def test_streams_in_streams_and_one_after_the_other(tmp_path: Path) -> None:
    inner = zlib.compress(b"in a stream " + zlib.compress(TEXT))
    assert members(tmp_path, inner + b"between" + inner) == [
        f"{NAME}: zlib stream at byte 0: zlib stream at byte 12",
        f"{NAME}: zlib stream at byte {len(inner) + 7}: zlib stream at byte 12",
    ]


def test_stream_in_a_shared_library(tmp_path: Path) -> None:
    """As rcc and others embed files; compressed debug information is told by its section, and once."""
    array = ",".join(map(str, zlib.compress(TEXT)))
    source = f"const unsigned char demo[] = {{{array}}};\n"
    library = compiled(tmp_path, source=source)
    assert [member.split(" at ")[0] for member in members(tmp_path, library)] == [f"{NAME}: zlib stream"]
    strings = " ".join(f'.string \\"{ROOT}/{number}\\";' for number in range(100))
    source = f'asm(".pushsection .debug_str,\\"MS\\",@progbits,1; {strings} .popsection");\n'
    library = compiled(tmp_path, "-g", "-gz=zlib", "-Wl,--build-id=none", source=source)
    assert members(tmp_path, library) == [f"{NAME}: .debug_str"] * 100


def test_pixels_are_not_unpacked(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13))
    image = start + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(TEXT)) + chunk(b"IDAT", zlib.compress(TEXT))
    assert members(tmp_path, image, "demo/a.png") == [f"demo/a.png: zlib stream at byte {len(start) + 17}"]


def test_limits_of_streams() -> None:
    bomb = zlib.compress(zlib.compress(bytes(64 << 20), 9), 9)
    found = list(parts("bombs", b"--".join([bomb] * 20), Limits(unpacked_bytes=1 << 20)))
    assert sum(len(part.data) for part in found) < 3 << 20


@pytest.mark.parametrize("bits", [15, 31, -15])
def test_damaged_streams(tmp_path: Path, bits: int) -> None:
    whole = deflated(TEXT, bits)
    dice = random.Random(8)
    for _ in range(300):
        data = bytearray(whole)
        data[dice.randrange(len(data))] = dice.randrange(256)
        members(tmp_path, bytes(data[: dice.choice((len(data), dice.randrange(len(data))))]))


@pytest.mark.parametrize("before", ["", "const char other[40] __attribute__((aligned(8))) = {-1, -1};\n"])
def test_strings_that_cython_packed(tmp_path: Path, before: str) -> None:
    library = compiled(tmp_path, "-Os", "-s", source=before + STRINGS)
    assert b"hidden_place" not in library
    found = search(tmp_path, library, secrets=[PATH])
    assert [(leak.member, leak.kind) for leak in found if leak.kind != "build id"] == [
        (f"{NAME}: Cython's strings", "build path")
    ]


def test_damaged_strings_of_cython(tmp_path: Path) -> None:
    library = compiled(tmp_path, "-Os", "-s", source=STRINGS)
    dice = random.Random(8)
    for _ in range(100):
        data = bytearray(library)
        for _ in range(200):
            data[dice.randrange(64, len(data))] = dice.randrange(256)
        members(tmp_path, bytes(data))
