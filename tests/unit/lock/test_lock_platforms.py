"""The platforms that a lock is for, and what of an input counts there."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from packaging.tags import Tag

from common.errors import UserError
from lock.target_platforms import parts_of, target_platform_names, target_platforms
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
    with pytest.raises(UserError, match="'win32' is not one that can be locked for") as caught:
        target_platforms(["win32"])
    assert caught.value.where == "--platform"


@pytest.mark.parametrize(
    ("platform", "name", "wheel", "marker"),
    [
        ("macosx_11_0_arm64", "osx_aarch64", "macosx_11_0_arm64", "sys_platform == 'darwin' and os_name == 'posix'"),
        ("macosx_11_0_arm64", "osx_aarch64", "macosx_10_9_universal2", "platform_machine == 'arm64'"),
        ("macosx_10_15_x86_64", "osx_x86_64", "macosx_10_9_x86_64", "platform_system == 'Darwin'"),
        ("win_amd64", "windows_x86_64", "win_amd64", "os_name == 'nt' and platform_machine == 'AMD64'"),
        ("win_arm64", "windows_aarch64", "win_arm64", "sys_platform == 'win32' and platform_machine == 'ARM64'"),
        ("manylinux_2_28_aarch64", "linux_aarch64", "manylinux2014_aarch64", "platform_machine == 'aarch64'"),
    ],
)
def test_other_systems(platform: str, name: str, wheel: str, marker: str) -> None:
    """Nothing has to run there: tags and markers are enough."""
    (target,) = target_platforms([platform])
    own = HOST.name.partition("_")[0]
    assert target.name == f"{own}_{name}"
    assert parts_of(target.name) == (own[2:], name)
    assert (target.is_host, target.is_same_system) == (False, name.startswith("linux"))
    assert target.counts(marker)
    assert Tag(own, own, wheel) in target.tags()
    assert Tag("py3", "none", "any") in target.tags()
    assert not any(tag.platform.startswith("musl") for tag in target.tags())


def test_newer_systems_wheels_do_not_fit() -> None:
    (target,) = target_platforms(["macosx_11_0_arm64"])
    assert "macosx_12_0_arm64" not in target.platforms
    assert "macosx_11_0_x86_64" not in target.platforms
