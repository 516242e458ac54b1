from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from archives import make_wheel

from common.errors import UserError
from formats.canonical_wheel import metadata_fields, wheel_metadata, write_canonical_wheel

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Name: a\nName: b\n\nbody: no field\n", {"Name": ["a", "b"]}),
        ("Name: a\r\nVersion: 1\r\n\r\nbody: no field\r\n", {"Name": ["a"], "Version": ["1"]}),
        # setuptools folds a licence's text like this, blank lines and form feeds included.
        (
            "License: MIT\n        \n        Copyright\x0c\n        x\nRequires-Dist: six\n\nbody",
            {"License": ["MIT\n\nCopyright\nx"], "Requires-Dist": ["six"]},
        ),
        ("Summary: one\u2028two\nRequires-Dist: six\n", {"Summary": ["one\u2028two"], "Requires-Dist": ["six"]}),
        ("Home-page: https://x/?a:b\n", {"Home-page": ["https://x/?a:b"]}),
        ("\nName: a\n", {}),
    ],
)
def test_fields(text: str, fields: dict[str, list[str]]) -> None:
    assert metadata_fields(text) == fields


def damaged(tmp_path: Path) -> Path:
    wheel = make_wheel(tmp_path, {"demo.py": "x" * 50})
    data = bytearray(wheel.read_bytes())
    start = data.index(b"demo.py") + len("demo.py")
    data[start : start + 4] = b"\xff" * 4
    wheel.write_bytes(data)
    return wheel


def encrypted(tmp_path: Path) -> Path:
    wheel = make_wheel(tmp_path, {"demo.py": "x"})
    data = bytearray(wheel.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    wheel.write_bytes(data)
    return wheel


@pytest.mark.parametrize("broken", [damaged, encrypted])
def test_a_member_that_can_not_be_read_is_an_error_for_the_user(tmp_path: Path, broken: object) -> None:
    assert callable(broken)
    wheel = broken(tmp_path)
    with pytest.raises(UserError) as caught:
        write_canonical_wheel(wheel, tmp_path / "out.whl")
    assert "demo-1.0-py3-none-any.whl is not a readable wheel" in str(caught.value)
    assert "where: demo-1.0-py3-none-any.whl" in str(caught.value)
    assert "fix:   Repair the project's build" in str(caught.value)


@pytest.mark.parametrize("metadata", ["Metadata-Version: 2.1\nVersion: 1\n", "Name: a\nName: b\nVersion: 1\n"])
def test_one_name_is_needed(tmp_path: Path, metadata: str) -> None:
    wheel = make_wheel(tmp_path, {"demo-1.0.dist-info/METADATA": metadata})
    with pytest.raises(UserError, match="METADATA needs one Name field"):
        wheel_metadata(wheel)
