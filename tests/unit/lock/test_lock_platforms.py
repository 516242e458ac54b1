"""The platforms that a lock is for, and what of an input counts there."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from common.errors import UserError
from lock.target_platforms import target_platform_names, target_platforms
from lock.wanted import wanted_in

if TYPE_CHECKING:
    from pathlib import Path

HOST = target_platforms(())[0]
UV_LOCK = """
version = 1
[[package]]
name = "app"
version = "0.1"
source = { virtual = "." }
dependencies = [
    { name = "demo", extra = ["x"] },
    { name = "only-there", marker = "sys_platform == 'win32'" },
    { name = "either", marker = "extra == 'extra-3-app-cpu'" },
]
[package.dev-dependencies]
dev = [{ name = "tool" }]
""" + "".join(
    f"""
[[package]]
name = "{name}"
version = "1.0"
source = {{ registry = "https://index.example/simple" }}
sdist = {{ url = "https://index.example/{name}-1.0.tar.gz", hash = "sha256:{"0" * 64}" }}
{more}
"""
    for name, more in {
        "deep": "",
        "demo": '[package.optional-dependencies]\nx = [{ name = "deep" }]',
        "either": "",
        "only-there": 'dependencies = [{ name = "there-too" }]',
        "there-too": "",
        "tool": "",
    }.items()
)


def test_uv_lock_is_for_all_platforms(tmp_path: Path) -> None:
    """Of what it pins, that counts which the projects need here; with the extras that they ask for."""
    (tmp_path / "uv.lock").write_text(UV_LOCK)
    found = wanted_in(HOST, [tmp_path / "uv.lock"])
    assert {pin.name: pin.extras for pin in found} == {"deep": (), "demo": ("x",), "either": (), "tool": ()}
    windows = dataclasses.replace(HOST, markers={**HOST.markers, "sys_platform": "win32"})
    assert {"only-there", "there-too"} <= {pin.name for pin in wanted_in(windows, [tmp_path / "uv.lock"])}


def test_pylock_with_extras_and_groups(tmp_path: Path) -> None:
    """All are taken; another platform is not."""
    entry = '[[packages]]\nname = "{}"\nversion = "1"\nmarker = {}\n[packages.sdist]\n' + (
        'url = "https://index.example/{}-1.tar.gz"\nhashes = {{ sha256 = "' + "0" * 64 + '" }}\n'
    )
    markers = {"one": "\"'socks' in extras\"", "two": "\"'dev' in dependency_groups\"", "three": "\"os_name == 'nt'\""}
    text = "".join(entry.format(name, marker, name) for name, marker in markers.items())
    (tmp_path / "pylock.toml").write_text(f'lock-version = "1.0"\ncreated-by = "test"\n{text}')
    assert [pin.name for pin in wanted_in(HOST, [tmp_path / "pylock.toml"])] == ["one", "two"]


def test_environments() -> None:
    assert target_platform_names("3.9", ["manylinux_2_28_aarch64"]) == ["cp39_linux_aarch64"]
    (arm,) = target_platforms(["manylinux_2_18_aarch64"])
    assert arm.platforms == (
        "manylinux_2_18_aarch64",
        "manylinux_2_17_aarch64",
        "manylinux2014_aarch64",
        "linux_aarch64",
    )
    assert arm.markers["platform_machine"] == "aarch64"
    with pytest.raises(UserError, match="'win32' is not one that can be locked for from here"):
        target_platforms(["win32"])
