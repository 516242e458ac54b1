"""wheel_diff, as a rule and as a command of Bazel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support import backend_project, make_sdist

if TYPE_CHECKING:
    from support import Workspace

BUILD_FILE = """
load("@rules_sdist//python:py_wheel_diff_test.bzl", "py_wheel_diff_test")
py_wheel_diff_test(name = "same_test", size = "small", a = "//diff_other:wheel", b = "//diff_other:wheel")
py_wheel_diff_test(name = "other_test", size = "small", a = "//diff_one:wheel", b = "//diff_other:wheel")
"""
IN_BUILD = "--extra_toolchains=@system_python//:toolchain"


def test_rule_and_command(workspace: Workspace) -> None:
    for name, text in (("diff_one", "one"), ("diff_other", "other")):
        folder = workspace.package(
            name, 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", visibility = ["//visibility:public"])'
        )
        files = backend_project(f'return write_wheel(wheel_directory, {{"demo.txt": "{text}"}})')
        make_sdist(files, folder / "demo-1.0.tar.gz")
    workspace.package("diff", BUILD_FILE)
    for flags in ((), (IN_BUILD,)):
        workspace.run("test", "//diff:same_test", *flags)
        done = workspace.run("test", "//diff:other_test", "--test_output=errors", *flags, expect=3)
        assert "differ in the content of 1 member" in done.out
        assert "demo.txt" in done.out
    place = workspace.bin()
    wheels = [str(place / name / "demo-1.0-py3-none-any.whl") for name in ("diff_one", "diff_other")]
    done = workspace.run("run", "@rules_sdist//tools/wheel_diff", "--", *wheels, expect=None)
    assert "demo.txt" in done.out
