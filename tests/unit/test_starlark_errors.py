"""Every error of the Starlark has the three parts of the helper's: what happened, `where:` and `fix:`."""

from __future__ import annotations

import ast
import re

import pytest
from archives import TOOLS

PYTHON = TOOLS.parent / "python"
FAIL = re.compile(r"(?<![\w.])fail\(")


def fails(text: str) -> list[int]:
    """The lines that fail with a message of their own; what a file writes into other files counts too."""
    found = [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fail"
    ]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [node.lineno + node.value[: match.start()].count("\n") for match in FAIL.finditer(node.value)]
    return sorted(found)


def test_only_errors_bzl_fails() -> None:
    files = sorted(PYTHON.rglob("*.bzl"))
    assert len(files) > 50
    found = {str(file.relative_to(PYTHON)): fails(file.read_text(encoding="utf-8")) for file in files}
    assert len(found.pop("private/errors.bzl")) == 1
    where = [f"{name}:{line}" for name, lines in found.items() for line in lines]
    assert not where, "call `refuse` of errors.bzl, with where and fix: " + ", ".join(where)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('def f():\n    fail("x")\n', [2]),
        ('_TEXT = """\ndef f():\n    fail("x")\n"""\n', [3]),
        ('def f():\n    refuse("x", where = "y", fix = "z")\n', []),
        ('_TEXT = "it does not fail (so far)"\n', []),
        ("unittest.fail(env)\n", []),
    ],
)
def test_what_fails_is_found(text: str, found: list[int]) -> None:
    assert fails(text) == found
