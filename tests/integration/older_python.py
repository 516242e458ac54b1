"""A Python that packages of years ago still fit: that of Debian 12, on any machine and beside Bazel's own."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

from support import REPO, debian_root

IN_BUILD = "--extra_toolchains=@older_python//:toolchain"
MODULE = """
new_local_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:local.bzl", "new_local_repository")
new_local_repository(name = "older_python", build_file = "//:older_python.BUILD.bazel", path = "ROOT/usr")
"""
BUILD_FILE = """
load("@rules_python//python:py_runtime.bzl", "py_runtime")
load("@rules_python//python:py_runtime_pair.bzl", "py_runtime_pair")

py_runtime(
    name = "runtime",
    files = glob(
        ["bin/python3.11", "include/python3.11/**", "include/*/python3.11/**", "lib/python3.11/**"],
        exclude = ["**/*.pyc", "lib/python3.11/sitecustomize.py", "lib/python3.11/test/**"],
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
    (workspace / "older_python.BUILD.bazel").write_text(BUILD_FILE)
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
