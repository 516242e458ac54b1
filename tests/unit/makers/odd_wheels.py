"""Wheels that no backend would write: damaged, or well-formed and odd."""

from __future__ import annotations

import copy
import warnings
import zipfile
from typing import TYPE_CHECKING

from archives import wheel_files, zip_archive, zip_member

if TYPE_CHECKING:
    import random
    from pathlib import Path

FILES = wheel_files(
    {"demo.py": "x = 1\n" * 200, "demo/_c.so": b"\x7fELF" + bytes(range(256)), "demo/l.a": b"!<arch>\n"}
)


def mutated(dice: random.Random, data: bytes) -> bytes:
    """Damages a zip: bytes anywhere or in its structures, a piece taken out, doubled or cut off."""
    result = bytearray(data)
    structures = [place for sign in (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06") for place in _places(data, sign)]
    for _ in range(dice.randrange(1, 5)):
        kind = dice.randrange(6)
        if kind <= 2:
            place = dice.choice(structures) + dice.randrange(46)
            result[min(place, len(result) - 1)] = dice.choice((0, 1, 0x7F, 0xFF, dice.randrange(256)))
        elif kind == 3:
            result[dice.randrange(len(result))] = dice.randrange(256)
        else:
            start = dice.randrange(len(result))
            piece = result[start : start + dice.randrange(100)]
            result[start : start + len(piece)] = b"" if kind == 4 else piece * 2
        if len(result) < 100:
            break
    return bytes(result)


def _places(data: bytes, sign: bytes) -> list[int]:
    return [place for place in range(len(data)) if data.startswith(sign, place)]


def odd_wheel(dice: random.Random, file: Path) -> Path:
    """A zip that is well-formed but for names, headers and contents that no backend would write."""
    members = dict(FILES)
    odd = [
        "../up",
        "/abs",
        "a//b",
        "C:\\x",
        "\x1b[31m",
        "é/ü",
        ".",
        "demo.py/",
        "x" * 5000,
        "demo.pyc",
        "a.gz",
        "\u202e",
    ]
    dull = [b"", b"\0", b"\x1f\x8b", b"!<arch>\n" + b"x" * 70, b"\x7fELF\x02\x01", b"\xff\xfe\n", b"a,b\n" * 9, b'"']
    for _ in range(dice.randrange(4)):
        members[dice.choice(odd)] = dice.choice(dull) + bytes(dice.choices(range(256), k=dice.randrange(40)))
    for name in dice.sample(sorted(members), 2):
        members[name] = dice.choice(dull) + members[name][: dice.randrange(200)]
    if dice.random() < 0.3:
        members.pop(dice.choice(sorted(members)))
    infos = []
    for name, data in members.items():
        info = zip_member(name, mode=dice.choice((0o100644, 0o120777, 0o040755, 0, 0xFFFF)))
        info.create_system = dice.randrange(256)
        info.comment = b"c" * dice.randrange(3)
        infos += [(copy.copy(info), data) for _ in range(dice.choice((1, 1, 1, 2)))]
    dice.shuffle(infos)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # duplicate names
        return zip_archive(file, infos, dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
