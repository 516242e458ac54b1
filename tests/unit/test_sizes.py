"""No file of ours, in Python or Starlark, has more than 300 lines, and no function more than 50, without a reason.

A file that has one gives it in a comment in its first lines: `# Long: ...`.
"""

from __future__ import annotations

import ast
import re

import pytest
from archives import TOOLS

REPO = TOOLS.parent
MOST_LINES, MOST_OF_A_FUNCTION = 300, 50
REASON = re.compile(r"^# Long: .{10,}", re.MULTILINE)


def too_long(text: str) -> list[str]:
    """What is too long in a Python or Starlark file, which `ast` reads too; nothing where the file gives a reason."""
    lines = text.splitlines()
    if REASON.search("\n".join(lines[:10])):
        return []
    found = [f"{len(lines)} lines"] if len(lines) > MOST_LINES else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or 0) - node.lineno + 1
            found += [f"{node.name}: {length} lines"] if length > MOST_OF_A_FUNCTION else []
    return found


@pytest.mark.parametrize(("ending", "at_least"), [("bzl", 60), ("py", 350)])
def test_files_and_functions_are_short(ending: str, at_least: int) -> None:
    folders = ("docs", "python", "tests", "tools")
    files = [file for folder in folders for file in sorted((REPO / folder).rglob(f"*.{ending}"))]
    names = [str(file.relative_to(REPO)) for file in files if "/bazel-" not in str(file)]
    assert len(names) >= at_least
    found = [f"{name}: {said}" for name in names for said in too_long((REPO / name).read_text(encoding="utf-8"))]
    assert not found, "split them by theme, or give a reason: # Long: ...\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1\n" * 300, []),
        ("x = 1\n" * 301, ["301 lines"]),
        ("def f():\n" + "    x = 1\n" * 49, []),
        ("def f():\n" + "    x = 1\n" * 50, ["f: 51 lines"]),
        ("class C:\n    async def g(self):\n" + "        x = 1\n" * 50, ["g: 51 lines"]),
        ("def _impl(ctx):\n    x = [1] | {}\n" + "    fail(x)\n" * 49, ["_impl: 51 lines"]),
        ('"""Tables."""\n# Long: one table, as the standard prints it.\n' + "x = 1\n" * 301, []),
        ("x = 1\n" * 11 + "# Long: a reason that nobody sees.\n" + "x = 1\n" * 300, ["312 lines"]),
        ("# Long:\n" + "x = 1\n" * 300, ["301 lines"]),
    ],
)
def test_what_is_too_long(text: str, found: list[str]) -> None:
    assert too_long(text) == found
