"""`rebuild` builds closed: what its document says decides nothing about what of the machine that build sees."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from actions import build_params, built, toolchain
from archives import TOOLS
from closed_builds import built_closed, closed_params, needs_namespaces, program_zip
from code_blocks import blocks_run_by, shows

from build_wheel.params import Expected
from buildinfo.record import RecordParams, build_info
from common.errors import UserError
from common.files import sha256
from fingerprint.compiler import compiler_fingerprint
from rebuild import command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build_wheel.params import BuildParams

pytestmark = needs_namespaces
PYYAML = "pyyaml-6.0.3-cp314-cp314-linux_x86_64.whl"
SAME = "was built again, with the same bytes"


def recorded(folder: Path, params: BuildParams, **changed: Any) -> list[str]:
    """Writes the build information of what was built in a folder; returns what to type after `rebuild`."""
    given = ("demo-1.0.tar.gz",)
    made = RecordParams(
        "params.json", "helper.zip", params.output, {}, given, {}, params.host_files_output, "1", "urn:x", "", ""
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        data = json.loads(build_info(made).text())
    file = folder / f"{params.output}.buildinfo.json"
    file.write_text(json.dumps({**data, **changed, "recipe": {**data["recipe"], **changed.get("recipe", {})}}))
    return [str(folder / params.output), str(file), "--inputs", str(folder)]


def closed(folder: Path, **own: Any) -> list[str]:
    """Builds a wheel in a folder, closed, and records it."""
    params = closed_params(**own)
    done = built_closed(folder, params)
    assert done.returncode == 0, done.stderr
    return recorded(folder, params)


@pytest.fixture(autouse=True)
def as_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As `python3 tools/rebuild` in a folder of its own."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(sys, "argv", [str(TOOLS / "rebuild")])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "no_index").as_uri())


def test_a_closed_build_is_confirmed_from_a_source_checkout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = closed(tmp_path / "a", env={"TEXT": "where = 1"})
    assert command.rebuild(line) == 0
    said = capsys.readouterr().out
    assert SAME in said
    assert "the same as recorded: environment, host_files, interpreter, helper" in said
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_closed_build_is_confirmed_by_the_zip(tmp_path: Path) -> None:
    """The command of the page, typed where the wheel and its build information lie; and what the page shows of it."""
    (typed, shown, refused) = (block.text for block in blocks_run_by("docs/how_to/rebuild.md", __file__))
    wheel = Path(closed(tmp_path / "a", env={"TEXT": "where = 1"})[0])
    (wheel.parent / "rebuild.zip").write_bytes(program_zip(TOOLS / "rebuild" / "__main__.py"))
    python = shlex.quote(os.path.realpath(sys.executable))
    command = typed.replace(PYYAML, wheel.name).replace("FOLDER", ".").replace("python3 ", f"{python} -I ")

    def run() -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "TMPDIR": str(tmp_path / "scratch")}
        line = ["bash", "-c", command]
        return subprocess.run(line, cwd=wheel.parent, env=env, capture_output=True, text=True, check=False)

    done = run()
    expected = shown.replace(PYYAML, wheel.name).replace("compiler, ", "")  # there is nothing to compile
    assert done.stdout == re.sub(r"sha256 \w+", f"sha256 {sha256(wheel)}", expected), done.stderr
    assert list((tmp_path / "scratch").iterdir()) == []
    wheel.write_bytes(wheel.read_bytes() + b"x")
    assert shows(refused.replace("six-1.17.0-py2.py3-none-any.whl", wheel.name) + "...", run().stderr)


LOOK = """
try:
    found = open({secret!r}).read()
except OSError:
    found = "nothing"
os.environ["TEXT"] = found
"""


def test_what_a_document_says_makes_no_build_mapped(tmp_path: Path) -> None:
    """The sdist's code looks for a file of the user's."""
    (tmp_path / "secret").write_text("s3cret")
    params = build_params(env={"ALSO": LOOK.format(secret=str(tmp_path / "secret"))})
    assert built(tmp_path / "a", params).returncode == 0
    (tmp_path / "a" / "helper.zip").write_bytes(program_zip(TOOLS / "rebuild" / "__main__.py"))
    line = recorded(tmp_path / "a", params)
    wheel = sha256(Path(line[0]))
    assert json.loads(Path(line[1]).read_text())["recipe"]["isolation"] == "mapped"
    assert command.rebuild(line) == 1  # closed, it finds nothing, and so has other bytes
    assert sha256(Path(line[0])) == wheel
    assert command.rebuild([*line, "--mapped"]) == 0


@pytest.mark.parametrize("was", ["closed", "mapped"])
def test_host_files_of_the_other_kind_of_build_are_not_verified(
    tmp_path: Path, was: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if was == "closed":
        line = [*closed(tmp_path / "a", env={"TEXT": "x"}), "--mapped"]
        text = "host_files (recorded by a closed build; this one was mapped)"
    else:
        params = build_params(env={"TEXT": "x"})
        assert built(tmp_path / "a", params).returncode == 0
        (tmp_path / "a" / "helper.zip").write_bytes(program_zip(TOOLS / "rebuild" / "__main__.py"))
        line = recorded(tmp_path / "a", params)
        text = "host_files (recorded by a mapped build; this one was closed)"
    data = json.loads(Path(line[1]).read_text())
    data["host_files"]["programs"] = ["/usr/bin/something"]
    Path(line[1]).write_text(json.dumps(data))
    assert command.rebuild(line) == 0
    said = capsys.readouterr().out
    assert SAME in said
    assert "recorded: environment, " in said
    assert f"Nothing here can tell whether these are true: {text}" in said.replace("interpreter (none recorded), ", "")


def test_no_file_of_the_machine_is_shown_because_a_document_names_it(tmp_path: Path) -> None:
    """Not without the user's consent, to each pattern by itself."""
    secret = tmp_path / "home" / ".ssh" / "key"
    secret.parent.mkdir(parents=True)
    secret.write_text("s3cret")
    params = closed_params(env={"ALSO": LOOK.format(secret=str(secret))}, leak_policy="off")
    assert built_closed(tmp_path / "a", params).returncode == 0
    wanted = [f"{secret.parent}/", str(tmp_path / "home" / "*\x1b[2J")]
    line = recorded(tmp_path / "a", params, recipe={"allow_host_files": wanted})
    for given in ([], [wanted[0]], [f"{secret.parent}/*", f"{tmp_path}/", "*"]):
        with pytest.raises(UserError) as caught:
            command.rebuild([*line, *(f"--allow-host-files={pattern}" for pattern in given)])
        said = str(caught.value)
        assert "The build information wants files of this machine for the sdist's code to read" in said
        assert (f"{secret.parent}/'" in said) == (wanted[0] not in given)
        assert "\x1b" not in said
        assert "--allow-host-files" in said
        assert list((tmp_path / "scratch").iterdir()) == []


@pytest.fixture
def machine() -> Iterator[Path]:
    """A folder of the machine; not below /tmp, of which closed builds have their own."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


def test_declared_host_files_are_seen_and_compared(
    tmp_path: Path, machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declared = machine / "declared.h"
    declared.write_text("int x;")
    (machine / "beside.h").write_text("int y;")
    also = LOOK.format(secret=str(declared)) + LOOK.format(secret=str(machine / "beside.h")).replace(
        'os.environ["TEXT"] = found', 'os.environ["TEXT"] += found'
    )
    names = (str(declared), "header of x.o")  # the second is one for mapped builds
    params = closed_params(env={"ALSO": also}, leak_policy="off", allow_host_files=names)
    done = built_closed(tmp_path / "a", params, host_files=(str(declared),))
    assert done.returncode == 0, done.stderr
    assert zipfile.ZipFile(tmp_path / "a" / "demo-1.0-py3-none-any.whl").read("demo.py") == b"int x;nothing"
    line = [*recorded(tmp_path / "a", params), f"--allow-host-files={declared}"]
    assert json.loads(Path(line[1]).read_text())["host_files"]["headers"] == [str(declared)]
    assert command.rebuild(line) == 0
    assert "the same as recorded: environment, host_files" in capsys.readouterr().out
    declared.unlink()
    with pytest.raises(UserError) as caught:
        command.rebuild(line)
    assert f"{declared} of the machine, which the build declares, is not there" in str(caught.value)


def test_a_machine_that_forbids_it_is_told_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = closed(tmp_path / "a", env={"TEXT": "x"})
    monkeypatch.setattr(command, "why_not_closed", lambda: "unshare: no such thing")
    with pytest.raises(UserError) as caught:
        command.rebuild(line)
    assert "unshare: no such thing" in str(caught.value)
    assert "--mapped" in str(caught.value)
    assert command.rebuild([*line, "--mapped"]) == 0


@pytest.mark.parametrize("place", [".helper", ".helper/tools/jobs.py", ".build_wheel.json", ".compiler_wrapper/main.c"])
def test_no_input_takes_the_place_of_what_rebuild_adds(tmp_path: Path, place: str) -> None:
    line = closed(tmp_path / "a", env={"TEXT": "x"})
    data = json.loads(Path(line[1]).read_text())
    data["inputs"].append({**data["inputs"][0], "path": place})
    Path(line[1]).write_text(json.dumps(data))
    with pytest.raises(UserError, match="in the place of something else"):
        command.rebuild(line)


COMPILE = """
import subprocess
open("x.c", "w").write("int x(void) { return 1; }")
subprocess.run(["cc", "-c", "x.c", "-o", "x.o"], check=True)
os.environ["TEXT"] = str(os.path.exists("x.o"))
"""


@pytest.mark.skipif(not Path("/usr/bin/gcc").exists(), reason="no gcc")
def test_a_toolchain_that_is_an_input_is_seen_where_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By links to folders outside of the execution root."""
    programs = tmp_path / "base" / "external" / "tools" / "bin"
    programs.mkdir(parents=True)
    for name in ("gcc", "g++", "ar", "ld"):
        (programs / f"real-{name}.sh").write_text(f'#!/bin/sh\nexec /usr/bin/{name} "$@"\n')
        (programs / f"real-{name}.sh").chmod(0o755)
        (programs / name).symlink_to(f"real-{name}.sh")
    (programs.parents[1] / "dangling").symlink_to("nowhere")
    action = tmp_path / "a"
    (action / "external").mkdir(parents=True)
    (action / "external" / "tools").symlink_to(programs.parent)
    names = ("c_compiler", "cxx_compiler", "archiver", "linker")
    tools = {name: f"external/tools/bin/{tool}" for name, tool in zip(names, ("gcc", "g++", "ar", "ld"))}
    params = closed_params(env={"ALSO": COMPILE}, compiler=True, cc=toolchain(**tools))
    found = compiler_fingerprint(str(programs / "gcc")).as_input([str(tmp_path / "base")], None)
    done = built_closed(action, params, inputs=("external/tools",))
    assert done.returncode == 0, done.stderr
    (action / "compiler.json").write_text(found.text())
    line = [*recorded(action, params), "--toolchain", str(tmp_path / "base")]
    assert command.rebuild(line) == 0
    said = capsys.readouterr().out
    assert SAME in said
    assert "host_files, interpreter, compiler" in said


def test_the_wheel_is_expected_as_ever(tmp_path: Path) -> None:
    line = closed(tmp_path / "a", env={"TEXT": "x"}, expected=Expected("demo", "1.0", "py3-none-any", None))
    data = json.loads(Path(line[1]).read_text())
    data["recipe"]["expected"]["requires_dist"] = ["six"]
    Path(line[1]).write_text(json.dumps(data))
    with pytest.raises(UserError, match="The wheel can't be built again"):
        command.rebuild(line)
