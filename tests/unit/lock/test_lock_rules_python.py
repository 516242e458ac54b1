"""The file that rules_python takes, and its repository's name. What is expected is what its own Starlark answered."""

from __future__ import annotations

import pytest

from lock.resolve.index import IndexFile
from lock.rules_python import normalized, repository_name, taken_file

SDIST = "demo-1.0.tar.gz"
NATIVE = [
    "demo-1.0-cp314-cp314-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "demo-1.0-cp314-cp314-manylinux_2_28_x86_64.whl",
    "demo-1.0-cp314-cp314t-manylinux_2_17_x86_64.whl",
    "demo-1.0-cp314-cp314-musllinux_1_2_x86_64.whl",
    "demo-1.0-cp39-abi3-manylinux2014_aarch64.whl",
    "demo-1.0-cp314-cp314-macosx_10_15_universal2.whl",
    "demo-1.0-cp314-cp314-macosx_11_0_arm64.whl",
    "demo-1.0-cp314-cp314-win32.whl",
    "demo-1.0-cp314-cp314-win_amd64.whl",
    SDIST,
]


@pytest.mark.parametrize(
    ("names", "python", "platform", "expected"),
    [
        (NATIVE, "314", "linux_x86_64", NATIVE[0]),  # the oldest manylinux, unlike pip
        (NATIVE, "314", "linux_aarch64", NATIVE[4]),
        (NATIVE, "314", "osx_aarch64", NATIVE[6]),
        (NATIVE, "314", "osx_x86_64", NATIVE[5]),
        (NATIVE, "314", "windows_x86_64", NATIVE[8]),
        (NATIVE, "314", "windows_aarch64", SDIST),
        (NATIVE, "313", "linux_x86_64", SDIST),
        (NATIVE, "38", "linux_aarch64", SDIST),
        (["demo-1.0-py2-none-any.whl", SDIST], "314", "linux_x86_64", SDIST),
        (["demo-1.0-py3-none-any.whl", "demo-1.0-cp314-none-any.whl"], "314", "linux_x86_64", 1),
        (["demo-1.0-cp314-none-any.whl", "demo-1.0-py3-none-linux_x86_64.whl"], "314", "linux_x86_64", 1),
        (["demo-1.0-cp314-abi3-linux_x86_64.whl", "demo-1.0-cp314-cp314-linux_x86_64.whl"], "314", "linux_x86_64", 1),
        (["demo-1.0-py2.py3-none-any.whl", SDIST], "39", "osx_aarch64", 0),
        (["demo-1.0-cp314-cp314-win_amd64.whl"], "314", "linux_x86_64", None),
    ],
)
def test_taken_file(names: list[str], python: str, platform: str, expected: str | int | None) -> None:
    files = [IndexFile(name, "", f"{place:064}", yanked=False) for place, name in enumerate(names)]
    found = taken_file(files, python, platform)
    assert (found and found.filename) == (names[expected] if isinstance(expected, int) else expected)


def test_yanked_files_are_not_taken() -> None:
    files = [IndexFile("demo-1.0-py3-none-any.whl", "", "1", yanked=True), IndexFile(SDIST, "", "2", yanked=False)]
    assert taken_file(files, "314", "linux_x86_64") == files[1]


@pytest.mark.parametrize(
    ("filename", "platforms", "expected"),
    [
        ("six-1.17.0-py2.py3-none-any.whl", (), "six_py2_none_any_4721f391"),
        ("Ruamel.Yaml_clib-1-2-cp36-abi3.none-manylinux1_x86_64.whl", (), None),
        ("demo-1.0-cp314-cp314-manylinux2014_x86_64.manylinux_2_17_x86_64.whl", (), None),
        ("ruamel.yaml-1.0.tar.gz", (), "ruamel_yaml_sdist_4721f391"),
        ("A--b_c-2+x.zip", ("linux_aarch64", "osx_x86_64"), "a_b_c_sdist_4721f391_linux_aarch64_osx_x86_64"),
    ],
)
def test_repository_name(filename: str, platforms: tuple[str, ...], expected: str | None) -> None:
    others = {
        "Ruamel": "ruamel_yaml_clib_cp36_abi3_manylinux_2_5_x86_64_4721f391",
        "demo-1": "demo_cp314_cp314_manylinux_2_17_x86_64_4721f391",
    }
    assert repository_name(filename, "4721f3910000", platforms) == (expected or others[filename[:6]])
    assert normalized("Ruamel..yaml-x") == "ruamel_yaml_x"
