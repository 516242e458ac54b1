"""What interpreters and compilers are."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from actions import build_params, toolchain

from build_wheel.params import Fingerprints
from build_wheel.tool_check import known_tools
from common.errors import UserError
from fingerprint.base import base_fingerprint
from fingerprint.compiler import compiler_fingerprint
from fingerprint.content import Contents
from fingerprint.facts import Fingerprint, difference
from fingerprint.host_files import host_files_fingerprint
from fingerprint.interpreter import interpreter_fingerprint
from isolation.layout import Layout

TOOLS = Path(__file__).resolve().parents[3] / "tools"
needs_gcc = pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")


@functools.cache
def own_interpreter() -> Fingerprint:
    return interpreter_fingerprint(sys.executable)


@functools.cache
def own_compiler() -> Fingerprint:
    return compiler_fingerprint("/usr/bin/gcc")


def wrapper(place: Path, flags: str = "") -> str:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f'#!/bin/sh\nexec gcc {flags} "$@"\n')
    place.chmod(0o755)
    return str(place)


def test_interpreter_is_described_by_all_that_it_reads() -> None:
    facts = own_interpreter().facts
    assert facts["version"] == sys.version
    folder = Path(os.__file__).resolve().parent
    library = facts["folders"][str(folder)]
    assert library["files"] > 500
    assert "site-packages" in library["without"] or not (folder / "site-packages").exists()
    assert any(Path(name).name.startswith("python3") for name in facts["files"])
    assert any("libc.so" in name for name in facts["files"])
    assert all(Path(path).is_absolute() for path in (*facts["files"], *facts["links"]))


def test_client_variables_do_not_matter() -> None:
    command = [sys.executable, "-I", "-S", "-B", str(TOOLS / "fingerprint"), "base", "/"]
    said = [
        subprocess.run(command, capture_output=True, check=True, env=env).stdout
        for env in ({"PATH": "/usr/bin"}, {"PATH": "/nonexistent", "LC_ALL": "C", "PYTHONHASHSEED": "7"})
    ]
    assert said[0] == said[1]


@needs_gcc
def test_compiler_is_described_by_what_it_runs_and_reads() -> None:
    facts = own_compiler().facts
    names = {Path(name).name for name in facts["files"]}
    assert {"crti.o", "libc.so.6", "stdio.h"} <= names
    listed = Contents.read(facts)
    for tool in ("gcc", "g++", "ar", "as", "ld", "objdump", "gcc-ar"):
        path = shutil.which(tool, path="/usr/bin")
        assert path is None or (path in facts["links"] or path in facts["files"]), tool
    for option in ("-print-prog-name=cc1", "-print-file-name=libgcc.a", "-print-file-name=crtfastmath.o"):
        answer = subprocess.run(["gcc", option], capture_output=True, text=True, check=True).stdout.strip()
        assert listed.has(os.path.realpath(answer)), option
    for library in (
        "libc.a",
        "libm.a",
        "libatomic.so",
        "libgomp.so",
        "libquadmath.a",
        "libsupc++.a",
        "libc_nonshared.a",
    ):
        option = f"-print-file-name={library}"
        answer = subprocess.run(["gcc", option], capture_output=True, text=True, check=True).stdout.strip()
        assert listed.has(os.path.realpath(answer)), library
    for header in ("/usr/include/linux/tcp.h", "/usr/include/scsi/sg.h", "/usr/include/rdma/rdma_user_cm.h"):
        assert listed.has(header) or not Path(header).exists()


@needs_gcc
def test_other_compiler_at_the_same_path_is_another_one(tmp_path: Path) -> None:
    one = compiler_fingerprint(wrapper(tmp_path / "cc")).facts
    assert compiler_fingerprint(wrapper(tmp_path / "cc")).facts == one
    other = compiler_fingerprint(wrapper(tmp_path / "cc", "-DOTHER=1")).facts
    (line,) = difference(one, other, names=("here", "there"))
    assert line.startswith(f"files: {tmp_path}/cc: here ")


@needs_gcc
def test_the_compiler_that_a_script_starts_is_a_part_of_it(tmp_path: Path) -> None:
    facts = compiler_fingerprint(wrapper(tmp_path / "cc")).facts
    gcc = shutil.which("gcc", path="/usr/bin:/bin")
    assert gcc in facts["links"] or gcc in facts["files"]


@needs_gcc
def test_a_folder_that_only_the_compiler_looks_into_counts_as_a_whole(tmp_path: Path) -> None:
    include = tmp_path / "opt" / "include"
    include.mkdir(parents=True)
    (include / "yaml.h").write_text("int yaml;\n")
    one = compiler_fingerprint(wrapper(tmp_path / "cc", f"-I{include}")).facts
    (include / "yaml.h").write_text("int other;\n")
    other = compiler_fingerprint(str(tmp_path / "cc")).facts
    (line,) = difference(one, other, names=("a", "b"))
    assert line.startswith(f"folders: {include}: sha256: ")


def test_base_utilities_come_with_what_they_need_to_run() -> None:
    facts = base_fingerprint().facts
    names = {Path(name).name for name in (*facts["files"], *facts["links"])}
    assert {"sh", "sed", "cp", "libc.so.6"} <= names
    assert any(name.startswith("ld-linux") for name in names) or "ld.so.1" in names
    assert not {"git", "make", "perl", "gcc"} & names


def test_files_of_the_machine_are_known_by_path_and_by_glob(tmp_path: Path) -> None:
    for name in ("one.h", "two.h", "sub/three.h"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    listed = host_files_fingerprint(f"{tmp_path}/*.h").facts["files"]
    assert set(listed) == {f"{tmp_path}/one.h", f"{tmp_path}/two.h"}
    (folder,) = host_files_fingerprint(f"{tmp_path}/sub/").facts["folders"]
    assert folder == f"{tmp_path}/sub"
    program = host_files_fingerprint("/bin/sh").facts
    assert any("libc.so" in name for name in program["files"])
    with pytest.raises(ValueError, match="there is no such file"):
        host_files_fingerprint(f"{tmp_path}/*.c")


@needs_gcc
def test_a_toolchain_that_is_an_input_may_not_lead_to_the_machine_unsaid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapper(tmp_path / "work" / "cc")
    monkeypatch.chdir(tmp_path / "work")
    command = [sys.executable, "-I", "-S", "-B", str(TOOLS / "fingerprint"), "compiler", "./cc", "--input"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "it is an input, and leads to /usr/bin/" in refused.stderr
    assert "RULES_SDIST_HOST_TOOLS=/usr/bin/" in refused.stderr
    known = []
    for name, found in (("gcc", own_compiler()), ("base", base_fingerprint())):
        Path(f"{name}.json").write_text(found.text())
        known += ["--known", f"{name}.json"]
    said = subprocess.run([*command, *known], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in said
    assert json.loads(said)["input"] is True


@pytest.mark.parametrize("tool", ["/nonexistent/gcc", "/bin/true", "/bin/cat"])
def test_what_is_no_compiler_is_told(tool: str) -> None:
    done = subprocess.run(
        [sys.executable, str(TOOLS / "fingerprint"), "compiler", tool], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"fingerprint: {tool}: ")
    assert "Traceback" not in done.stderr


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
    """Whatever of it has changed: here a header that it finds first."""
    include = tmp_path / "opt" / "include"
    include.mkdir(parents=True)
    (include / "own.h").write_text("")
    (tmp_path / "python.json").write_text(own_interpreter().text())
    compiler = wrapper(tmp_path / "cc", f"-I{include}")
    found = compiler_fingerprint(compiler)
    (tmp_path / "cc.json").write_text(found.text())
    fingerprints = Fingerprints((), "cc.json", (), "python.json")
    params = build_params(cc=toolchain(c_compiler=compiler), fingerprints=fingerprints)
    layout = Layout(tmp_path, tmp_path / "build")
    assert len(known_tools(params, layout)) == 2
    (include / "own.h").write_text("int changed;")
    with pytest.raises(UserError, match="not what Bazel found when it loaded: ") as caught:
        known_tools(params, layout)
    assert f"folders: {include}: sha256: known " in str(caught.value)
    # Where the state of that time is known, nothing is read.
    (tmp_path / "cc.json.state").write_text(found.contents.state())
    assert len(known_tools(params, layout)) == 2


def test_bazel_looks_again_when_any_file_of_this_package_changes() -> None:
    rule = (TOOLS.parent / "python" / "private" / "toolchain" / "host_tools_repo.bzl").read_text()
    listed = re.findall(r'"(\w+)"', rule.partition("_FINGERPRINT = [")[2].partition("]")[0])
    assert listed == sorted(file.stem for file in (TOOLS / "fingerprint").glob("*.py") if file.stem != "__init__")
