"""Build information, and wheels that are built again from it without Bazel's actions."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from clients import NOISE, other_client
from support import Result, Workspace, backend_project, make_sdist

if TYPE_CHECKING:
    from collections.abc import Iterator

WHEELS = ("greenlet", "make_ext", "pyyaml", "six")
ASK = ["--output_groups=+buildinfo"]
TARGETS = [f"//wheels:{name}_wheel" for name in WHEELS]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("rebuild")
    made = Workspace(folder / "w", folder / "o", flags=["-c", "opt"])
    made.build(*TARGETS, *ASK)
    yield made
    made.shutdown()


def wheel_of(machine: Workspace, name: str) -> Path:
    (wheel,) = (machine.bin() / "wheels").glob(f"{name}-*.whl")
    return wheel


def rebuild(machine: Workspace, wheel: Path, *arguments: str | Path, expect: int = 0) -> Result:
    """Runs the command where Bazel's tools are: the same interpreter and compiler, no action."""
    inputs = [machine.output_base / "external", machine.root / "wheels", machine.bin().resolve()]
    given = [word for folder in inputs for word in ("--inputs", str(folder))] if not arguments else []
    given.append("--allow-host-files=/usr/bin/make")
    info = wheel.with_name(wheel.name + ".buildinfo.json")
    return machine.run(
        "run", "@rules_sdist//tools/rebuild", "--", str(wheel), str(info), *given, *map(str, arguments), expect=expect
    )


def copied(wheel: Path, folder: Path) -> Path:
    """The wheel with its build information in another folder, to be tampered with."""
    for name in (wheel.name, wheel.name + ".buildinfo.json"):
        shutil.copyfile(wheel.with_name(name), folder / name)
    return folder / wheel.name


def changed(wheel: Path, **fields: Any) -> None:
    """Changes what is recorded of a wheel."""
    file = wheel.with_name(wheel.name + ".buildinfo.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))


@pytest.mark.parametrize("name", WHEELS)
def test_same_bytes_without_bazel(machine: Workspace, name: str) -> None:
    wheel = wheel_of(machine, name)
    said = rebuild(machine, wheel).out
    assert f"{wheel.name} was built again, with the same bytes" in said
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() in said


@pytest.mark.parametrize("name", ["greenlet", "six"])
def test_build_information_and_an_index_are_enough(machine: Workspace, tmp_path: Path, name: str) -> None:
    """Nothing else is in the folder, not even the wheel: the index that pip is configured for has all, by hash."""
    wheel = wheel_of(machine, name)
    info = f"{wheel.name}.buildinfo.json"
    shutil.copyfile(wheel.with_name(info), tmp_path / info)
    command = ("run", "@rules_sdist//tools/rebuild", "--", str(tmp_path / info))
    said = machine.run(*command).out
    assert f"{wheel.name} was built again, with the same bytes" in said
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() in said
    assert [file.name for file in tmp_path.iterdir()] == [info]
    changed(tmp_path / wheel.name, sha256="0" * 64)
    said = machine.run(*command, expect=1).out
    assert f"{wheel.name} is not what its inputs give: built again, it has the sha256 " in said


TOOL = """
sh_binary(name = "shout", srcs = ["shout.sh"], data = ["word.txt"])
py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", tools = [":shout"])
"""
TOOL_FILES = {"shout.sh": '#!/bin/sh\ncat "$(readlink "$0").runfiles/_main/tool/word.txt"\n', "word.txt": "hello"}
CALL = """
import subprocess
files = {"word.txt": subprocess.run(["shout"], check=True, capture_output=True, text=True).stdout}
return write_wheel(wheel_directory, files)
"""


def test_tools_and_their_runfiles_are_recorded(machine: Workspace) -> None:
    folder = machine.package("tool", TOOL, TOOL_FILES)
    (folder / "shout.sh").chmod(0o755)
    make_sdist(backend_project(CALL), folder / "demo-1.0.tar.gz")
    machine.build("//tool:wheel", *ASK)
    (wheel,) = (machine.bin() / "tool").glob("*.whl")
    said = rebuild(machine, wheel, "--inputs", folder, "--inputs", machine.bin().resolve().parents[1]).out
    assert f"{wheel.name} was built again, with the same bytes" in said


def test_build_information_is_the_same_everywhere(machine: Workspace, elsewhere: Workspace, tmp_path: Path) -> None:
    flags = ["--spawn_strategy=processwrapper-sandbox", *NOISE]
    elsewhere.build(*TARGETS, *ASK, *flags, env=other_client(tmp_path), umask=0o077)
    names = sorted(file.name for file in (machine.bin() / "wheels").glob("*.whl.*.json"))
    assert len(names) == 2 * len(WHEELS)
    for name in names:
        text = (machine.bin() / "wheels" / name).read_text()
        assert (elsewhere.bin() / "wheels" / name).read_text() == text, name
        for secret in (str(machine.root), str(machine.output_base), "sandbox"):
            assert secret not in text


def test_what_is_recorded(machine: Workspace) -> None:
    wheel = wheel_of(machine, "pyyaml")
    info = json.loads(wheel.with_name(wheel.name + ".buildinfo.json").read_text())
    assert info["sha256"] == hashlib.sha256(wheel.read_bytes()).hexdigest()
    inputs = {Path(entry["path"]).name: entry for entry in info["inputs"]}
    assert inputs["pyyaml-6.0.3.tar.gz"]["sha256"].startswith("d766233734")
    assert {"yaml.h", "libyaml.pic.a"} <= set(inputs)
    assert {entry["wheel"].split("-")[0] for entry in info["inputs"] if entry["wheel"]} == {"cython", "setuptools"}
    assert "-O2" in info["recipe"]["cc"]["c_flags"]
    assert info["environment"]["SOURCE_DATE_EPOCH"] == "315532800"
    assert info["interpreter"]["kind"] == "interpreter"
    assert info["compiler"]["target"]
    pure = wheel_of(machine, "six")
    assert json.loads(pure.with_name(pure.name + ".buildinfo.json").read_text())["compiler"] is None
    statement = json.loads(wheel.with_name(wheel.name + ".provenance.json").read_text())
    assert statement["subject"] == [{"name": wheel.name, "digest": {"sha256": info["sha256"]}}]
    dependencies = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    resolved = {entry["name"]: entry["digest"]["sha256"] for entry in dependencies}
    assert resolved["setuptools-84.2.1-py3-none-any.whl"].startswith("ca140b45d5325a94")


def test_a_flipped_bit_is_found(machine: Workspace, tmp_path: Path) -> None:
    wheel = copied(wheel_of(machine, "six"), tmp_path)
    content = bytearray(wheel.read_bytes())
    place = content.index(b"Utilities for writing")
    content[place] ^= 1
    wheel.write_bytes(content)
    said = rebuild(machine, wheel, expect=2).err
    assert f"{wheel.name} is not the wheel that {wheel.name}.buildinfo.json tells of" in said
    assert hashlib.sha256(content).hexdigest() in said
    # Also when somebody changed what is recorded.
    changed(wheel, sha256=hashlib.sha256(content).hexdigest())
    result = rebuild(machine, wheel, expect=1)
    assert f"{wheel.name} is not what its inputs give: built again, it has the sha256 " in result.out
    assert "six.py" in result.err  # whose checksum is wrong


def test_another_wheel_is_explained(machine: Workspace, tmp_path: Path) -> None:
    wheel = copied(wheel_of(machine, "six"), tmp_path)
    with zipfile.ZipFile(wheel_of(machine, "six")) as old, zipfile.ZipFile(wheel, "w") as new:
        for info in old.infolist():
            new.writestr(info, old.read(info).replace(b"Utilities for writing", b"Utilities for WRITING"))
    changed(wheel, sha256=hashlib.sha256(wheel.read_bytes()).hexdigest())
    said = rebuild(machine, wheel, expect=1).out
    assert "six.py" in said
    assert "Utilities for WRITING" in said


def test_another_sdist_is_refused(machine: Workspace, tmp_path: Path) -> None:
    wheel = wheel_of(machine, "six")
    (tmp_path / "six-1.17.0.tar.gz").write_bytes(b"another one")
    (tmp_path / "index" / "six").mkdir(parents=True)
    (tmp_path / "index" / "six" / "index.html").write_text(
        f'<html><a href="{(tmp_path / "six-1.17.0.tar.gz").as_uri()}">six-1.17.0.tar.gz</a></html>'
    )
    said = rebuild(machine, wheel, "--index-url", (tmp_path / "index").as_uri(), expect=2).err
    assert "six-1.17.0.tar.gz is not the pinned file" in said
    (tmp_path / "index" / "six" / "index.html").write_text("<html></html>")
    url = (tmp_path / "index").as_uri()
    said = rebuild(machine, wheel, "--inputs", tmp_path, "--index-url", url, expect=2).err
    assert "ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81" in said
    assert hashlib.sha256(b"another one").hexdigest() in said


@pytest.mark.parametrize(
    ("tool", "fact", "value"),
    [("compiler", "version", "gcc 1.0"), ("interpreter", "standard_library", {"files": 1, "sha256": "0"})],
)
def test_other_tools_are_refused(machine: Workspace, tmp_path: Path, tool: str, fact: str, value: Any) -> None:
    wheel = copied(wheel_of(machine, "greenlet"), tmp_path)
    recorded = json.loads(wheel.with_name(wheel.name + ".buildinfo.json").read_text())[tool]
    changed(wheel, **{tool: {**recorded, fact: value}})
    said = rebuild(machine, wheel, expect=2).err
    assert f"The {tool} " in said
    assert "is not the one that built the wheel:\n  " + fact in said
