"""Wheels that no backend would write, through the canonicaliser: an error that says why, or a valid canonical wheel."""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS, wheel_files
from diffed_wheels import wheel
from odd_wheels import FILES, mutated, odd_wheel

from common.errors import UserError
from formats.canonical_wheel import write_canonical_wheel

if TYPE_CHECKING:
    from pathlib import Path


def outcome(source: Path, folder: Path) -> bytes | None:
    """The canonical wheel, which has to be valid and its own canonical form; None for an error that a user can read."""
    made, again = folder / "made.whl", folder / "again.whl"
    try:
        write_canonical_wheel(source, made)
    except UserError as error:
        assert error.what
        assert error.where
        assert error.fix
        return None
    with zipfile.ZipFile(made) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        assert names[-1].endswith(".dist-info/RECORD")
    write_canonical_wheel(made, again)
    assert again.read_bytes() == made.read_bytes()
    return made.read_bytes()


def test_damaged_and_odd_wheels(tmp_path: Path) -> None:
    dice = random.Random(1980)
    good = wheel(tmp_path / "good.whl", FILES).read_bytes()
    refused, file, start = 0, tmp_path / "odd.whl", time.monotonic()
    for number in range(400):
        if number % 2:
            odd_wheel(dice, file)
        else:
            file.write_bytes(mutated(dice, good))
        refused += outcome(file, tmp_path) is None
    assert 100 < refused < 390
    assert time.monotonic() - start < 60


def test_a_member_that_lies_too_deep(tmp_path: Path) -> None:
    """It could not be installed."""
    wheel(tmp_path / "in.whl", wheel_files({"d/" * 1400 + "x.py": b""}))
    with pytest.raises(UserError, match=r"more than 200 folders deep") as caught:
        write_canonical_wheel(tmp_path / "in.whl", tmp_path / "out.whl")
    assert len(str(caught.value)) < 1000


def test_bytes_are_those_of_every_python(tmp_path: Path) -> None:
    """Whatever zlib and zipfile it brings; asks all that are on this machine."""
    wheel(tmp_path / "in.whl", wheel_files({"demo.py": "x = 1\n" * 999, "ü.bin": bytes(range(256))}))
    write_canonical_wheel(tmp_path / "in.whl", tmp_path / "out.whl")
    expected = hashlib.sha256((tmp_path / "out.whl").read_bytes()).hexdigest()
    found = {version: shutil.which(f"python3.{version}") for version in range(9, 20)}
    pythons = [python for python in found.values() if python] + [sys.executable]
    program = (
        "import hashlib, pathlib, sys; sys.path.insert(0, sys.argv[1])\n"
        "from formats.canonical_wheel import write_canonical_wheel\n"
        "write_canonical_wheel(pathlib.Path('in.whl'), pathlib.Path('out.whl'))\n"
        "print(hashlib.sha256(open('out.whl', 'rb').read()).hexdigest())\n"
    )
    for python in pythons:
        done = subprocess.run(
            [python, "-I", "-c", program, str(TOOLS)], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        if "pyenv" in done.stderr:  # a shim for a version that is not switched on
            continue
        assert done.stdout.strip() == expected, (python, done.stderr)


def test_huge_ratio_is_only_as_slow_as_its_content(tmp_path: Path) -> None:
    """No limit here: what a backend has made is the user's own. But nothing is held in memory."""
    zeros = wheel_files({"zeros.bin": bytes(64 << 20)})
    wheel(tmp_path / "in.whl", zeros)
    assert outcome(tmp_path / "in.whl", tmp_path)
