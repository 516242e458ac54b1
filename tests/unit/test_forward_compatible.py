"""Our .bzl and BUILD files use nothing that Bazel 8 or 9 took away, and nothing under a name that is gone there."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPO = TOOLS.parent
FILES = sorted(
    file
    for folder in ("docs", "examples", "python", "tests", "tools")
    for pattern in ("*.bzl", "*.bazel")
    for file in (REPO / folder).rglob(pattern)
    if "/bazel-" not in str(file) and not file.is_relative_to(REPO / "tools/debian")
)
LANGUAGES = "cc|py|sh|java|proto|objc|android|apple|aar|fdo"
NATIVE_RULES = re.compile(rf"(?:{LANGUAGES})_\w+")
NATIVE_SYMBOLS = {
    *("CcInfo", "CcToolchainConfigInfo", "DebugPackageInfo", "JavaInfo", "PyInfo"),
    *(
        "PyCcLinkParamsProvider",
        "PyRuntimeInfo",
        "ProtoInfo",
        "cc_common",
        "java_common",
        "proto_common",
        "apple_common",
    ),
}
GONE = {
    "local_repository": "@bazel_tools//tools/build_defs/repo:local.bzl",
    "new_local_repository": "@bazel_tools//tools/build_defs/repo:local.bzl",
}
LOADS = re.compile(r"@bazel_tools//tools/(?:build_defs/cc|cpp|jdk|python|sh)\b.*")
"""What rules_cc and its kin have now."""


def names_of(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Each name that is used and not as an attribute of another, and whether it is one of `native`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "native":
            yield node.attr, True
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id, False


def own_names(tree: ast.AST) -> set[str]:
    """The names that a file loads, or makes itself."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "load":
            found |= {str(ast.literal_eval(item)) for item in node.args[1:]}
            found |= {str(item.arg) for item in node.keywords}
        elif isinstance(node, (ast.FunctionDef, ast.arg)):
            found.add(node.name if isinstance(node, ast.FunctionDef) else node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def faults(text: str) -> list[str]:
    """What newer Bazels would not take in a file; Starlark's syntax is Python's."""
    tree = ast.parse(text)
    own, found = own_names(tree), []
    for name, is_native in names_of(tree):
        if (is_native or name not in own) and (NATIVE_RULES.fullmatch(name) or name in NATIVE_SYMBOLS or name in GONE):
            found.append(f"{name} is no symbol of Bazel's own any more: load it")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "load":
            file = str(ast.literal_eval(node.args[0]))
            if LOADS.fullmatch(file):
                found.append(f"{file} is gone: rules_cc, rules_python and rules_shell have it")
    return sorted(set(found))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(REPO)))
def test_nothing_that_is_gone(file: Path) -> None:
    assert not faults(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('cc_library(name = "x")', 1),
        ('native.py_library(name = "x")', 1),
        ('load("@rules_cc//cc:cc_library.bzl", "cc_library")\ncc_library(name = "x")', 0),
        ('load("@rules_cc//cc:cc_library.bzl", "cc_library")\nnative.cc_library(name = "x")', 1),
        ("def f(target):\n    return target[PyInfo]", 1),
        ('load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")', 1),
        ("def py_thing(x):\n    return x\npy_thing(1)", 0),
        ('native.alias(name = "x")', 0),
        ("def f(ctx):\n    return ctx.attr.py_library", 0),
    ],
)
def test_what_is_gone(text: str, count: int) -> None:
    assert len(faults(text)) == count


def test_repository_rules_say_whether_they_are_reproducible() -> None:
    """Those that look at the machine are not, and say so to Bazel by `configure`."""
    files = [file for file in FILES if file.is_relative_to(REPO / "python")]
    rules = {file.name: file.read_text() for file in files if "repository_rule(" in file.read_text()}
    assert len(rules) > 4
    for name, text in rules.items():
        assert ("repo_metadata(reproducible = True)" in text) != ("configure = True" in text), name
        assert ("repo_metadata(" not in text) or 'hasattr(rctx, "repo_metadata")' in text, name
