from __future__ import annotations

import os
import random
import struct
import time
import zipfile
from typing import TYPE_CHECKING

import pytest
from archives import make_wheel, zip_archive, zip_member
from diffed_wheels import run, wheel
from odd_wheels import FILES, mutated, odd_wheel

from common.errors import UserError
from wheel_diff.command import wheel_diff

if TYPE_CHECKING:
    from pathlib import Path


def check_refused(bad: Path | str, good: Path, expected: str) -> None:
    """In either place, also beside itself: exit code 2 and a message that says what, where and how to mend it."""
    for pair in ((bad, good), (good, bad), (bad, bad)):
        result = run(*pair)
        assert result.code == 2, result
        assert result.output == ""
        assert expected in result.error
        assert "\n  where: " in result.error
        assert "\n  fix:   " in result.error
        assert "Traceback" not in result.error


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return wheel(tmp_path / "good.whl", FILES)


def test_absent(tmp_path: Path, good: Path) -> None:
    check_refused(tmp_path / "none.whl", good, "none.whl is not a readable wheel: No such file or directory.")


def test_folder(tmp_path: Path, good: Path) -> None:
    check_refused(tmp_path, good, "is a folder.")


def test_named_pipe(tmp_path: Path, good: Path) -> None:
    os.mkfifo(tmp_path / "pipe.whl")
    check_refused(tmp_path / "pipe.whl", good, "is not a file.")


def test_device(good: Path) -> None:
    check_refused("/dev/zero", good, "/dev/zero is not a file.")


@pytest.mark.parametrize("content", [b"", b"PK", b"\0" * 1000, b"<html>404</html>", b"PK\x05\x06" + b"\xff" * 18])
def test_no_zip(tmp_path: Path, good: Path, content: bytes) -> None:
    (tmp_path / "bad.whl").write_bytes(content)
    check_refused(tmp_path / "bad.whl", good, "bad.whl is not a")


@pytest.mark.parametrize("members", [{}, {"demo.py": b""}, {"a.dist-info": b""}])
def test_no_wheel(tmp_path: Path, good: Path, members: dict[str, bytes]) -> None:
    check_refused(wheel(tmp_path / "bad.whl", members), good, "is not a wheel: it has no .dist-info folder.")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_truncated(tmp_path: Path, good: Path, part: float) -> None:
    data = good.read_bytes()
    (tmp_path / "bad.whl").write_bytes(data[: int(len(data) * part)])
    check_refused(tmp_path / "bad.whl", good, "bad.whl is not a readable wheel")


def test_damaged_member(tmp_path: Path, good: Path) -> None:
    data = bytearray(good.read_bytes())
    data[40:44] = b"\xff\xff\xff\xff"
    (tmp_path / "bad.whl").write_bytes(data)
    check_refused(tmp_path / "bad.whl", good, "bad.whl has a damaged member: ")


def test_encrypted(tmp_path: Path, good: Path) -> None:
    data = bytearray(good.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    (tmp_path / "bad.whl").write_bytes(data)
    check_refused(tmp_path / "bad.whl", good, "bad.whl has an encrypted member.")


def bomb(file: Path) -> Path:
    zeros = bytes(64 << 20)
    members = [(zip_member(f"zeros{number}"), zeros) for number in range(5)]
    return zip_archive(file, [*members, (zip_member("d-1.dist-info/METADATA"), b"")])


def test_bomb(tmp_path: Path, good: Path) -> None:
    check_refused(bomb(tmp_path / "bomb.whl"), good, "would unpack to 335544320 bytes; the limit is ")
    assert "add --max-unpacked-bytes 335544320" in run(tmp_path / "bomb.whl", good).error
    assert run(tmp_path / "bomb.whl", good, "--max-unpacked-bytes", "335544320").code == 1


def test_bomb_that_lies_about_its_size(tmp_path: Path, good: Path) -> None:
    data = bytearray(bomb(tmp_path / "bomb.whl").read_bytes())
    place = -1
    while (place := data.find(b"PK\x01\x02", place + 1)) >= 0:
        data[place + 24 : place + 28] = struct.pack("<I", 10)
    (tmp_path / "bomb.whl").write_bytes(data)
    check_refused(tmp_path / "bomb.whl", good, "bomb.whl has a damaged member: ")


def test_members_that_overlap(tmp_path: Path, good: Path) -> None:
    """The second kind of bomb: many members share their bytes."""
    data = good.read_bytes()
    directory = data.index(b"PK\x01\x02")
    entry = data[directory : data.index(b"PK\x01\x02", directory + 1)]
    end = bytearray(data[data.rindex(b"PK\x05\x06") :])
    many = data[directory : data.rindex(b"PK\x05\x06")] + entry * 50
    struct.pack_into("<HHII", end, 8, 56, 56, len(many), directory)
    (tmp_path / "bad.whl").write_bytes(data[:directory] + many + end)
    result = run(tmp_path / "bad.whl", good)
    assert result.code in (1, 2)  # Python 3.12 sees the overlap itself
    assert "Traceback" not in result.error


def test_many_members(tmp_path: Path) -> None:
    a, b = (
        wheel(tmp_path / f"{side}.whl", {**FILES, **{f"{side}{number}.py": b"%d" % number for number in range(20_000)}})
        for side in "ab"
    )
    start = time.monotonic()
    assert "differ in the content of 40000 members" in run(a, b).lines[0]
    assert time.monotonic() - start < 60


def test_zip64_is_packaging(tmp_path: Path, good: Path) -> None:
    with zipfile.ZipFile(tmp_path / "large.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in FILES.items():
            with archive.open(zip_member(name), "w", force_zip64=True) as member:
                member.write(data)
    result = run(good, tmp_path / "large.whl")
    assert result.code == 1
    assert "is equal; packaging differs" in result.lines[0]


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(tmp_path: Path, good: Path, compression: int) -> None:
    members = [(zip_member(name), data) for name, data in FILES.items()]
    result = run(good, zip_archive(tmp_path / "other.whl", members, compression))
    assert "is equal; packaging differs" in result.lines[0]
    assert "compression: deflated -> " in result.output


def test_unknown_compression(tmp_path: Path, good: Path) -> None:
    data = bytearray(good.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", data, data.index(signature) + offset, 77)
    (tmp_path / "bad.whl").write_bytes(data)
    check_refused(tmp_path / "bad.whl", good, "bad.whl has a damaged member: ")


def test_wrong_arguments(good: Path) -> None:
    assert run(good).code == 2
    assert run(good, good, "--no-such-option").code == 2


def outcome(a: Path, b: Path, *options: str) -> int:
    try:
        return wheel_diff([str(a), str(b), *options])
    except UserError as error:
        assert error.what
        assert error.where
        assert error.fix
        return 2


def test_damaged_and_odd_wheels(tmp_path: Path, good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(20240506)
    seen = {0: 0, 1: 0, 2: 0}
    for number in range(400):
        file = tmp_path / "odd.whl"
        if number % 2:
            odd_wheel(dice, file)
        else:
            file.write_bytes(mutated(dice, good.read_bytes()))
        start = time.monotonic()
        for a, b in ((good, file), (file, good)):
            code = outcome(a, b, *dice.choice(((), ("--json",), ("--all",), ("--html", str(tmp_path / "page.html")))))
            printed = capsys.readouterr().out
            assert "\x1b" not in printed
            assert bool(printed) == (code < 2)
            if code == 0:
                assert file.read_bytes() == good.read_bytes()
        assert outcome(file, file) == (2 if code == 2 else 0)
        capsys.readouterr()
        assert time.monotonic() - start < 10
        seen[code] += 1
    assert seen[1] > 100
    assert seen[2] > 50


def repacked(dice: random.Random, file: Path, members: dict[str, bytes]) -> Path:
    """The same members, packed in another way."""
    infos = []
    for name, data in dice.sample(sorted(members.items()), len(members)):
        info = zip_member(name, mode=dice.choice((0o100644, 0o100600, 0o644, 0)), time=(1990, 1, 1, 0, 0, 0))
        info.create_system, info.comment = dice.randrange(256), b"c" * dice.randrange(3)
        infos.append((info, data))
    return zip_archive(file, infos, dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)))


def test_packaging_and_content_are_told_apart(tmp_path: Path, good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(3)
    for number in range(300):
        members = dict(FILES)
        changed = number % 2 == 1
        if changed:
            name = dice.choice(sorted(members))
            data = bytearray(members[name] or b"\0")
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
            members[name] = bytes(data)
        assert outcome(good, repacked(dice, tmp_path / "other.whl", members)) == 1
        line = capsys.readouterr().out.splitlines()[0]
        assert ("The content of " in line) != changed, (number, line)


def test_hostile_names_in_messages(tmp_path: Path) -> None:
    file = make_wheel(tmp_path, {"\x1b[2Jx": "y"})
    data = bytearray(file.read_bytes())
    place = data.index(b"[2Jx") + 4
    data[place : place + 2] = b"\xff\xff"
    file.write_bytes(data)
    result = run(file, file)
    assert result.code == 2
    assert "\x1b" not in result.error
    assert r"\x1b[2Jx" in result.error
