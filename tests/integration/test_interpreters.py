"""Both kinds of interpreter: one of the host, and one that is an input of the build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support import Workspace

IN_BUILD = "--extra_toolchains=@system_python//:toolchain"
COMPILED_OTHERWISE = "--extra_toolchains=@other_python//:toolchain"
HOST = "--extra_toolchains=@rules_sdist//tests/toolchains:host"


@pytest.mark.parametrize("mode", ["opt", "dbg"])
def test_host_and_in_build_interpreter_make_the_same_wheels(workspace: Workspace, mode: str) -> None:
    """They have the same content, but lie in other places."""
    targets = ["//wheels:greenlet_wheel", "//wheels:markupsafe_wheel", "//wheels:six_wheel"]
    workspace.build(*targets, "-c", mode, HOST)
    host = workspace.hashes()
    workspace.build(*targets, "-c", mode, IN_BUILD)
    assert len(host) >= 3
    assert workspace.hashes() == host


def test_how_the_interpreter_was_compiled_does_not_matter(workspace: Workspace) -> None:
    """Two CPythons of one version, of which one has other CFLAGS, LDFLAGS, another compiler and a shared libpython."""
    targets = [f"//wheels:{name}_wheel" for name in ("greenlet", "make_ext", "markupsafe", "pyyaml", "six")]
    workspace.build(*targets, IN_BUILD)
    one = workspace.hashes()
    workspace.build(*targets, COMPILED_OTHERWISE)
    assert len(one) >= 5
    assert workspace.hashes() == one
    data = list((workspace.output_base / "external").glob("*other_python/lib/python3.*/_sysconfigdata_*.py"))
    assert data
    assert all("-DCOMPILED_OTHERWISE" in file.read_text() for file in data)  # that one is what it claims to be


def test_in_build_interpreter_is_an_input(workspace: Workspace) -> None:
    assert any("/bin/python3" in name for name in workspace.inputs("//wheels:six_wheel", IN_BUILD))
    text = workspace.run("aquery", 'mnemonic("PySdistWheel", //wheels:six_wheel)', HOST).out
    assert "/usr/bin/python3" in text.split("Command Line:")[1]


def test_a_library_works_under_the_in_build_interpreter(workspace: Workspace) -> None:
    files = {"greenlet_test.py": "import greenlet\nassert greenlet.greenlet(lambda: 7).switch() == 7\n"}
    build_file = """
    load("@rules_python//python:py_test.bzl", "py_test")
    py_wheel_library(name = "greenlet", wheel = "//wheels:greenlet_wheel")
    py_test(name = "greenlet_test", size = "small", srcs = ["greenlet_test.py"], deps = [":greenlet"])
    """
    workspace.package("in_build", build_file, files)
    workspace.run("test", "//in_build:greenlet_test", IN_BUILD)
    workspace.run("test", "//in_build:greenlet_test", HOST)
