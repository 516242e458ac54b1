"""An interpreter or a compiler of the machine is no input, so what it is becomes one."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from machine import cache_folder
from recorded_compiler import PROJECT
from support import CLOSED, Workspace, backend_project, make_sdist

from common.errors import DIFFERENT, FAILED

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILD_FILE = """
load("@rules_python//python:py_runtime.bzl", "py_runtime")
load("@rules_python//python:py_runtime_pair.bzl", "py_runtime_pair")

py_sdist_wheel(
    name = "demo",
    sdist = "demo-1.0.tar.gz",
    build_requires = ["@setuptools_wheel//:file"],
    wheel_tags = "{python}-{abi}-{platform}",
)

py_runtime(
    name = "runtime",
    interpreter_path = "INTERPRETER",
    python_version = "PY3",
)

py_runtime_pair(
    name = "pair",
    py3_runtime = ":runtime",
)

toolchain(
    name = "toolchain",
    toolchain = ":pair",
    toolchain_type = "@rules_python//python:toolchain_type",
)
"""


class Machine:
    """A machine with tools of its own, at the same paths as on all others.

    Args:
        folder: where it lives.
        tools: the folder of the tools, which the test changes.
        cache: the disk cache that machines share.
    """

    def __init__(self, folder: Path, tools: Path, cache: Path) -> None:
        self.tools, self.cache = tools, cache
        flags = [
            f"--sandbox_add_mount_pair={tools}",
            f"--repo_env=CC={tools}/compiler",
            f"--repo_env=RULES_SDIST_HOST_TOOLS={tools}/python3",
            "--extra_toolchains=//demo:toolchain",
        ]
        folder.mkdir()
        self.workspace = Workspace(folder / "w", folder / "o", flags=flags)
        self.workspace.package("demo", BUILD_FILE.replace("INTERPRETER", f"{tools}/python3"))
        make_sdist(PROJECT, self.workspace.root / "demo" / "demo-1.0.tar.gz")

    def build(self) -> tuple[str, bool]:
        """See `Workspace.build_sharing`."""
        return self.workspace.build_sharing(self.cache, "demo")


def set_tools(folder: Path, *, compiler: str = "", interpreter: str = "") -> None:
    """Makes the tools: scripts.

    Args:
        folder: where.
        compiler: the compiler's own flags.
        interpreter: a comment in the interpreter's script.
    """
    folder.mkdir(exist_ok=True)
    for name, content in {
        "compiler": f'exec /usr/bin/gcc {compiler} "$@"',
        "python3": f'exec /usr/bin/python3 "$@"  # {interpreter}',
    }.items():
        script = folder / name
        script.write_text(f"#!/bin/sh\n{content}\n")
        script.chmod(0o755)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, Machine]]:
    """Two machines with one disk cache, the same tools and, to Bazel, the same toolchains."""
    folder = tmp_path_factory.mktemp("m")
    tools = Path(tempfile.mkdtemp(dir=cache_folder()))  # a closed build has a /tmp of its own
    set_tools(tools)
    pair = Machine(folder / "1", tools, folder / "cache"), Machine(folder / "2", tools, folder / "cache")
    yield pair
    for machine in pair:
        machine.workspace.shutdown()
    shutil.rmtree(tools)


def test_machines_share_only_what_the_same_tools_made(machines: tuple[Machine, Machine]) -> None:
    first, second = machines
    ordinary, cached = first.build()
    assert not cached
    assert second.build() == (ordinary, True)

    # Another compiler at the same path, while the second machine's Bazel is running.
    set_tools(second.tools, compiler="-DCOMPILER='\"another\"'")
    other, cached = second.build()
    assert not cached
    assert other != ordinary
    assert first.build() == (other, True)  # it has been upgraded too

    # Another interpreter: here it makes the same wheel, but nobody can know that.
    set_tools(second.tools, compiler="-DCOMPILER='\"another\"'", interpreter="another")
    assert second.build() == (other, False)
    assert first.build() == (other, True)

    # Back to the first ones.
    set_tools(second.tools)
    assert second.build() == (ordinary, True)


def test_drift_is_told_with_what_has_changed(machines: tuple[Machine, Machine]) -> None:
    """Hashes that were recorded, and then another compiler, another build requirement, an edited hash."""
    machine, _ = machines
    workspace, file = machine.workspace, machine.workspace.root / "wheels.sha256"
    assert workspace.command("wheel_hashes", "//demo", "--check").code == FAILED
    recorded = workspace.command("wheel_hashes", "//demo")
    assert (recorded.code, "the hashes of 1 wheel." in recorded.out) == (0, True), recorded.err
    same = workspace.command("wheel_hashes", "//demo", "--check")
    assert (same.code, same.out) == (0, "As recorded: 1 wheel.\n")

    def drift() -> list[str]:
        found = workspace.command("wheel_hashes", "//demo", "--check")
        assert found.code == DIFFERENT, found.err
        assert found.out.endswith("If that is right, record them anew: bazel run @rules_sdist//tools/wheel_hashes\n")
        return [line.strip() for line in found.out.splitlines() if line.startswith("  ")]

    text = file.read_text()
    (line,) = (line for line in text.splitlines() if not line.startswith("#"))
    file.write_text(text.replace(line, "0" * 64 + line[64:]))
    cause, values = drift()
    assert "somebody has changed the recorded hash" in cause
    assert values == f"other bytes: recorded sha256 {'0' * 64}, here {line[:64]}"
    file.write_text(text)

    set_tools(machine.tools, compiler="-DCOMPILER='\"another\"'")
    environment, values = drift()
    assert environment.startswith("other environment: compiler: recorded ")
    assert values.startswith(f"other bytes: recorded sha256 {line[:64]}, here ")
    set_tools(machine.tools)

    build_file = workspace.root / "demo" / "BUILD.bazel"
    requires = build_file.read_text()
    setuptools = '"@setuptools_wheel//:file"'
    build_file.write_text(requires.replace(setuptools, f'{setuptools}, "//wheels:six_wheel"'))
    environment, _, values, new = drift()
    assert environment.startswith("other environment: build requirement: recorded none, here six-1.17.0-")
    assert values == "the same bytes"
    assert new.startswith("not recorded; here it is six-1.17.0-")
    build_file.write_text(requires)
    assert workspace.command("wheel_hashes", "//demo", "--check").code == 0


def test_a_wheel_that_a_build_does_not_repeat_is_found_when_it_is_built_anew(workspace: Workspace) -> None:
    """Neither the wheel that is there nor one of a cache says so."""
    files = backend_project('return write_wheel(wheel_directory, {"random.txt": os.urandom(8).hex()})')
    folder = workspace.package("random", 'py_sdist_wheel(name = "random", sdist = "demo-1.0.tar.gz")')
    make_sdist(files, folder / "demo-1.0.tar.gz")
    assert workspace.command("wheel_hashes", "//random").code == 0
    assert workspace.command("wheel_hashes", "//random", "--check").code == 0
    found = workspace.command("wheel_hashes", "//random", "--check", "--rebuild")
    assert found.code == DIFFERENT, found.err
    assert "the same environment, inputs and recipe: the build is not reproducible" in found.out


def test_only_inputs_are_accepted_where_one_says_so(workspace: Workspace) -> None:
    """`host_tools=refuse` names what is the machine's own."""
    refuse = "--@rules_sdist//python/settings:host_tools=refuse"
    host = "--extra_toolchains=@rules_sdist//tests/toolchains:host"
    said = workspace.build("//wheels:six_wheel", refuse, host, expect=1)
    assert "The interpreter /usr/bin/python3 is a tool of this machine" in said.err
    in_build = "--extra_toolchains=@system_python//:toolchain"
    # It is a copy that needs the machine's libraries.
    said = workspace.build("//wheels:six_wheel", refuse, in_build, expect=1)
    assert "it is an input, and leads to /usr/lib/" in said.err
    said = workspace.build("//wheels:markupsafe_wheel", refuse, in_build, expect=1)
    assert "The compiler /usr/bin/gcc is a tool of this machine" in said.err
    assert "where: the C++ toolchain that Bazel has chosen" in said.err
    assert "fix:   Register a C++ toolchain whose files are inputs" in said.err


def test_unknown_tool_is_an_error_that_says_how_to_make_it_known(machines: tuple[Machine, Machine]) -> None:
    workspace = machines[0].workspace
    unknown = "--repo_env=RULES_SDIST_HOST_TOOLS="
    said = workspace.build("//demo", unknown, expect=1).err
    tool = machines[0].tools / "python3"
    assert f"The interpreter {tool} is a tool of this machine" in said
    assert f"common --repo_env=RULES_SDIST_HOST_TOOLS={tool}" in said
    flags = [unknown, "--@rules_sdist//python/settings:host_tools=platform"]
    workspace.build("//demo", *flags)
    assert workspace.fingerprints("//demo", *flags) == []


@pytest.mark.parametrize("kind", ["compiler", "linker", "header", "standard_library"])
def test_a_worker_with_another_tool_does_not_build(machines: tuple[Machine, Machine], kind: str) -> None:
    """It would store, under the client's key, what the client's tools would not have made."""
    machine = machines[0]
    machine.build()
    listed = machine.workspace.fingerprints("//demo", CLOSED)
    files = [path for one in listed for path in one.files]
    (library,) = {path for one in listed for path in one.folders if re.search(r"/lib/python3[.]\d+$", path)}
    (place,) = {
        "compiler": [str(machine.tools / "compiler")],
        "linker": sorted(path for path in files if path.endswith("ld.bfd")),
        "header": ["/usr/include/stdio.h"],
        "standard_library": [f"{library}/this.py"],
    }[kind]
    text = machine.workspace.error(
        "//demo",
        CLOSED,
        f"--sandbox_add_mount_pair=/usr/bin/true:{place}",
        f"--disk_cache={machine.cache}",  # so that the compiler wrapper need not be compiled with that
        "--@rules_sdist//python/settings:keep_build_root=true",  # another action
        "--spawn_strategy=linux-sandbox",
    )
    tool, named = ("interpreter", library) if kind == "standard_library" else ("compiler", place)
    assert re.search(rf"This machine's {tool} .*: not what Bazel found when it loaded: ", text)
    assert re.search(rf" {re.escape(named)}: .*known ", text)
    assert "host_tools=platform" in text
