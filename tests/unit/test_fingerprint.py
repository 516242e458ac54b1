"""What interpreters and compilers are."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from archives import build_params, toolchain

from build_wheel.layout import Layout
from build_wheel.params import Fingerprints
from build_wheel.tool_check import check_tools
from errors import UserError
from fingerprint.compiler import compiler_fingerprint
from fingerprint.content import difference, group
from fingerprint.interpreter import interpreter_fingerprint

TOOLS = Path(__file__).resolve().parents[2] / "tools"
needs_gcc = pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")


def wrapper(place: Path, flags: str = "") -> str:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f'#!/bin/sh\nexec gcc {flags} "$@"\n')
    place.chmod(0o755)
    return str(place)


def test_interpreter_is_described_without_the_folder_that_it_is_in() -> None:
    found = interpreter_fingerprint(sys.executable)
    facts = found.facts
    assert facts["version"] == sys.version
    assert facts["standard_library"]["files"] > 500
    assert any(Path(name).name.startswith("python3") for name in facts["files"])
    assert any("libc.so" in name for name in facts["files"])
    assert all(Path(path).is_absolute() for path in found.read)
    assert interpreter_fingerprint(sys.executable) == found


def test_client_variables_do_not_matter() -> None:
    command = [sys.executable, "-I", "-S", "-B", str(TOOLS / "fingerprint"), "python", sys.executable]
    said = [
        subprocess.run(command, capture_output=True, check=True, env=env).stdout
        for env in ({"PATH": "/usr/bin"}, {"PATH": "/nonexistent", "LC_ALL": "C", "PYTHONHASHSEED": "7"})
    ]
    assert said[0] == said[1]


@needs_gcc
def test_compiler_is_described_by_what_it_runs_and_reads() -> None:
    facts = compiler_fingerprint("gcc").facts
    names = {Path(name).name for name in facts["files"]}
    assert {"cc1", "crti.o", "libc.so.6"} <= names
    assert facts["standard_headers"]["files"] > 100


@needs_gcc
def test_other_compiler_at_the_same_path_is_another_one(tmp_path: Path) -> None:
    one = compiler_fingerprint(wrapper(tmp_path / "cc")).facts
    assert compiler_fingerprint(wrapper(tmp_path / "cc")).facts == one
    other = compiler_fingerprint(wrapper(tmp_path / "cc", "-DOTHER=1")).facts
    (line,) = difference(one, other, names=("here", "there"))
    assert line.startswith(f"files: {tmp_path}/cc: here ")


@needs_gcc
def test_a_header_of_the_c_library_counts_and_one_of_another_library_does_not(tmp_path: Path) -> None:
    include = tmp_path / "include"
    include.mkdir()
    (include / "yaml.h").write_text("int yaml;\n")
    one = compiler_fingerprint(wrapper(tmp_path / "cc", f"-I{include}")).facts
    (include / "yaml.h").write_text("int other;\n")
    assert compiler_fingerprint(str(tmp_path / "cc")).facts == one
    (include / "stdio.h").write_text("#include_next <stdio.h>\n")
    other = compiler_fingerprint(str(tmp_path / "cc")).facts
    assert {line.split(":")[0] for line in difference(one, other, names=("a", "b"))} == {"standard_headers"}


@pytest.mark.parametrize("tool", ["/nonexistent/gcc", "/bin/true", "/bin/cat"])
def test_what_is_no_compiler_is_told(tool: str) -> None:
    done = subprocess.run(
        [sys.executable, str(TOOLS / "fingerprint"), "compiler", tool], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"fingerprint: {tool}: ")
    assert "Traceback" not in done.stderr


def test_groups_know_names_and_contents(tmp_path: Path) -> None:
    for folder, name, content in (("a", "x", "1"), ("b", "x", "1"), ("c", "x", "2"), ("d", "y", "1")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(content)
    found = {
        folder: json.dumps(group([str(next((tmp_path / folder).iterdir()))], str(tmp_path / folder)))
        for folder in "abcd"
    }
    assert found["a"] == found["b"]
    assert len({found["a"], found["c"], found["d"]}) == 3


def test_difference_names_what_only_one_has() -> None:
    one: dict[str, Any] = {"files": {"/usr/bin/cc": "1"}, "version": "12"}
    other: dict[str, Any] = {"files": {"/usr/bin/cc": "1", "/usr/bin/ld": "2"}, "version": "13"}
    assert difference(one, other, names=("recorded", "here")) == [
        "version: recorded 12, here 13",
        "files: /usr/bin/ld: recorded has none, here 2",
    ]
    assert difference(one, one, names=("recorded", "here")) == []


@needs_gcc
def test_tool_that_is_not_the_recorded_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "python.json").write_text(interpreter_fingerprint(sys.executable).text())
    compiler = wrapper(tmp_path / "cc")
    (tmp_path / "cc.json").write_text(compiler_fingerprint(compiler).text())
    params = build_params(cc=toolchain(c_compiler=compiler), fingerprints=Fingerprints("cc.json", "python.json"))
    layout = Layout(tmp_path, tmp_path / "build")
    check_tools(params, layout)
    wrapper(tmp_path / "cc", "-O0")
    with pytest.raises(UserError, match="is not the one that Bazel found when it loaded: "):
        check_tools(params, layout)
