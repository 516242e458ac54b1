"""What the inputs pin, and no lock has: a package of the hub that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.wanted import left_out

if TYPE_CHECKING:
    from pathlib import Path

HASH = "--hash=sha256:" + "0" * 64


def test_markers_of_what_is_left_out(tmp_path: Path) -> None:
    """Of several lines each marker; what is locked under one of its markers is not left out."""
    (tmp_path / "r.txt").write_text(
        f"six==1.17.0 {HASH}\n"
        f"tomli==2.0 ; python_version < '3.0' {HASH}\n"
        f"colorama==0.4 ; sys_platform == 'win32' {HASH}\n"
        f"colorama==0.5 ; os_name == 'nt' {HASH}\n"
        f"both==1 ; os_name == 'nt' {HASH}\n"
        f"both==2 ; os_name == 'posix' {HASH}\n"
    )
    assert left_out([tmp_path / "r.txt"], {"six", "both"}) == {
        "colorama": 'os_name == "nt" or sys_platform == "win32"',
        "tomli": 'python_version < "3.0"',
    }
    assert left_out([tmp_path / "r.txt"], {"six", "both", "colorama", "tomli"}) == {}
