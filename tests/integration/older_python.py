"""A Python that packages of years ago still fit: that of Debian 12, on any machine and beside Bazel's own."""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING

from machine import debian_root
from support import REPO

if TYPE_CHECKING:
    from pathlib import Path

IN_BUILD = "--extra_toolchains=@older_python//:toolchain"
MODULE = """
older_python = use_repo_rule("//:older_python.bzl", "older_python")
older_python(name = "older_python", usr = "ROOT/usr")
"""
# Copies: what a link leads to is of the machine, and no input.
REPOSITORY = '''
def _impl(rctx):
    rctx.file("BUILD.bazel", rctx.attr.build_file)
    # One link leads to the root's /etc, where nothing is to be had; pyconfig.h includes one for the CPU; two modules
    # need libraries that no newer Python does.
    copy = """
    mkdir -p bin lib include
    cp -RL "$1/bin/python3.11" bin
    cp -RL "$1/lib/python3.11" lib
    cp -RL "$1/include/python3.11" include
    cd "$1/include" && cp -RL --parents *-linux-gnu/python3.11 "$OLDPWD/include/python3.11"
    rm "$OLDPWD"/lib/python3.11/lib-dynload/_crypt.* "$OLDPWD"/lib/python3.11/lib-dynload/nis.*
    """
    result = rctx.execute(["sh", "-c", copy, "-", rctx.attr.usr])
    if result.return_code:
        fail(result.stderr)

older_python = repository_rule(
    implementation = _impl,
    attrs = {
        "build_file": attr.string(default = BUILD_FILE),
        "usr": attr.string(),
    },
)
'''
BUILD_FILE = """
load("@rules_python//python:py_runtime.bzl", "py_runtime")
load("@rules_python//python:py_runtime_pair.bzl", "py_runtime_pair")

py_runtime(
    name = "runtime",
    files = glob(
        ["bin/python3.11", "include/python3.11/**", "lib/python3.11/**"],
        exclude = ["**/*.pyc", "lib/python3.11/test/**"],
    ),
    interpreter = "bin/python3.11",
    python_version = "PY3",
)

py_runtime_pair(name = "pair", py3_runtime = ":runtime")

toolchain(
    name = "toolchain",
    toolchain = ":pair",
    toolchain_type = "@rules_python//python:toolchain_type",
)
"""


@functools.cache
def root() -> Path:
    """A root file system with Python 3.11, all of its standard library, and venv."""
    return debian_root("mount", "python3.11-dev", "python3.11-venv", "python3-lib2to3", suite="bookworm")


def add_older_python(workspace: Path) -> None:
    """Makes it a toolchain of a workspace, which `IN_BUILD` chooses: its files are inputs."""
    (workspace / "older_python.bzl").write_text(REPOSITORY.replace("BUILD_FILE", repr(BUILD_FILE)))
    with (workspace / "MODULE.bazel").open("a") as module:
        module.write(MODULE.replace("ROOT", str(root())))


def command() -> list[str]:
    """A Python before 3.12 to start: this one, if it is; else that of the root."""
    if sys.version_info < (3, 12):
        return [sys.executable]
    return [str(REPO / "tools" / "debian" / "enter.sh"), str(root()), "/usr/bin/python3.11"]


def search_path() -> str:
    """PYTHONPATH with the libraries of the tests: those that tools take are plain Python."""
    return os.pathsep.join(folder for folder in sys.path if folder.endswith("site-packages"))
