from __future__ import annotations

import json
import platform
import sys
from pathlib import Path
from typing import Any

import pytest

from build_wheel.checks import check_identity, error_lines, last_lines, one_wheel
from build_wheel.params import BuildParams
from common.errors import UserError
from formats.canonical_wheel import WheelSummary

CPU = platform.machine()
PYTHON = f"cp{sys.version_info.major}{sys.version_info.minor}"
PARAMS: dict[str, Any] = {
    "label": "//x:wheel",
    "sdist": "demo-1.0.tar.gz",
    "sources": [],
    "build_root": "x.build",
    "output": "demo-1.0-py3-none-any.whl",
    "expected": {"distribution": "Demo", "version": "1.0", "tags": "py3-none-any", "requires_dist": None},
    "build_requires": ["tree"],
    "patches": [],
    "patch_strip": 1,
    "config_settings": {},
    "env": {},
    "tools": {},
    "cpus": 1,
    "compression": "stored",
    "leak_policy": "error",
    "allow_compile_failures": [],
    "allow_no_native_code": False,
    "allow_unresolved": [],
    "allow_host_files": [],
    "undeclared_host_files": "record",
    "host_files_output": "host_files.json",
    "max_unpacked_bytes": 1,
    "cc": None,
    "rust": None,
    "native": {
        "defines": [],
        "includes": [],
        "quote_includes": [],
        "system_includes": [],
        "libraries": [{"path": "x.a", "shared": False, "whole": False}],
        "link_flags": [],
    },
    "fixed": (),
    "preload": None,
    "from_lock": False,
    "fingerprints": {"base": [], "compiler": None, "host_files": [], "python": None},
    "isolation": "mapped",
    "keep_build_root": False,
    "runfiles": {},
    "sbom": False,
}


def params(tmp_path: Path, **expected: Any) -> BuildParams:
    (tmp_path / "params.json").write_text(json.dumps({**PARAMS, "expected": {**PARAMS["expected"], **expected}}))
    return BuildParams.read(tmp_path / "params.json")


def test_parameters_are_read_into_data_classes(tmp_path: Path) -> None:
    read = params(tmp_path)
    assert read.build_requires == ("tree",)
    assert read.native.libraries[0].path == "x.a"
    (tmp_path / "params.json").write_text(json.dumps({**PARAMS, "unknown": 1}))
    with pytest.raises(TypeError, match="unknown"):
        BuildParams.read(tmp_path / "params.json")


def summary(name: str = "demo", version: str = "1.0", requires: tuple[str, ...] = ()) -> WheelSummary:
    return WheelSummary(name, version, requires, ("py3-none-any",), "", "")


def check(tmp_path: Path, found: WheelSummary, built: str = "py3-none-any", **expected: Any) -> None:
    check_identity(Path(f"demo-1.0-{built}.whl"), found, params(tmp_path, **expected), "output")


def test_other_spellings_are_the_same(tmp_path: Path) -> None:
    check(tmp_path, summary("dEMO", "1.0.0"))
    check(tmp_path, summary("a_b-c"), distribution="A.b_C")
    check(tmp_path, summary(), "py2.py3-none-any", tags="py3.py2-none-any")
    check(tmp_path, summary(requires=("Six >=1", "x[b,a]")), requires_dist=["six>=1", "X[a,b]"])


@pytest.mark.parametrize(
    ("declared", "made", "same"),
    [
        ('x; python_full_version < "3.11"', 'x; python_version < "3.11"', True),  # as uv and maturin write it
        ('x; extra == "a" and os_name == "nt"', 'x; os_name == "nt" and extra == "a"', True),
        ('x @ https://files.example/x-1.zip ; os_name == "posix"', "x @ https://files.example/x-1.zip", True),
        ('x; python_version < "99"', 'x; python_version >= "99"', False),
        ('x; extra == "a"', 'x; extra == "b"', False),
        ('x; "a" == extra', 'x; extra == "a"', True),
        ('x>=1; "a" == extra', 'x>=2; "a" == extra', False),
        ('x>=1; os_name == "posix"', "x>=2", False),
    ],
)
def test_a_marker_in_other_words(tmp_path: Path, declared: str, made: str, same: bool) -> None:
    """The same dependencies on this Python and platform, with each extra, are no difference."""
    try:
        check(tmp_path, summary(requires=(made,)), requires_dist=[declared])
        assert same
    except UserError as error:
        assert not same
        assert "the wheel's dependencies are not the declared ones" in error.what


@pytest.mark.parametrize(
    ("found", "tags", "expected", "line"),
    [
        (summary("other"), "py3-none-any", {}, 'distribution = "other",'),
        (summary(version="2"), "py3-none-any", {}, 'version = "2",'),
        (summary(), f"cp39-abi3-linux_{CPU}", {}, 'wheel_tags = "cp39-abi3-{platform}",'),
        (summary(), f"{PYTHON}-{PYTHON}-linux_{CPU}", {}, 'wheel_tags = "{python}-{abi}-{platform}",'),
        (summary(requires=("b", "a")), "py3-none-any", {"requires_dist": ["b"]}, 'requires_dist = ["a", "b"]'),
    ],
)
def test_difference_says_what_to_write(
    tmp_path: Path, found: WheelSummary, tags: str, expected: dict[str, Any], line: str
) -> None:
    with pytest.raises(UserError, match="//x:wheel: ") as caught:
        check(tmp_path, found, tags, **expected)
    assert line in caught.value.fix


def test_one_wheel(tmp_path: Path) -> None:
    assert one_wheel([Path("a.whl")], params(tmp_path)) == Path("a.whl")
    with pytest.raises(UserError, match=r"made 2: a\.whl, b\.whl"):
        one_wheel([Path("a.whl"), Path("b.whl")], params(tmp_path))


def test_excerpts() -> None:
    lines = [f"line {number}" for number in range(200)]
    assert last_lines("\n".join(lines)).splitlines()[:2] == ["[140 lines above are not shown]", "line 140"]
    assert last_lines("one\n") == "one"
    lines[50] = "x.c:1: error: no"
    shown = error_lines("\n".join(lines)).splitlines()
    assert (shown[0], shown[5], shown[-1]) == ("line 45", "x.c:1: error: no", "line 79")
    lines[50] = "error[E0425]: cannot find function `thrice` in this scope"
    assert error_lines("\n".join(lines)).splitlines()[5] == lines[50]
