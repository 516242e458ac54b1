"""Each .bzl file is in one `bzl_library`, which depends on those of all that the file loads."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPO = TOOLS.parent
FOREIGN = REPO / "tools" / "debian"  # stands in for other modules
FILES = sorted(
    file for folder in ("python", "tools") for file in (REPO / folder).rglob("*.bzl") if FOREIGN not in file.parents
)


def calls(file: Path, name: str) -> Iterator[ast.Call]:
    """The calls of a function on a file's top level; Starlark's syntax is Python's."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == name:
            yield node.value


def libraries(build_file: Path) -> list[dict[str, object]]:
    """The arguments of each `bzl_library` in a BUILD file."""
    return [
        {str(item.arg): ast.literal_eval(item.value) for item in call.keywords}
        for call in calls(build_file, "bzl_library")
    ]


def absolute(label: str, package: Path) -> str:
    """A label as any package may write it."""
    return f"//{package.relative_to(REPO)}{label}" if label.startswith(":") else label


def needed(file: Path) -> set[str]:
    """What the library of a file has to depend on: libraries of ours, and other repositories."""
    found = set()
    for call in calls(file, "load"):
        label = absolute(ast.literal_eval(call.args[0]), file.parent)
        found.add(label.partition("//")[0] if label.startswith("@") else label[: -len(".bzl")] + "_bzl")
    return found


def test_every_file_is_in_one_library() -> None:
    sources = [
        build_file.parent / str(source)
        for folder in ("python", "tools")
        for build_file in (REPO / folder).rglob("BUILD.bazel")
        for library in libraries(build_file)
        for source in library["srcs"]  # type: ignore[attr-defined]
    ]
    assert len(FILES) > 40
    assert Counter(sources) == Counter(FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(REPO)))
def test_a_library_depends_on_what_its_file_loads(file: Path) -> None:
    (library,) = (one for one in libraries(file.parent / "BUILD.bazel") if one["srcs"] == [file.name])
    assert library["name"] == file.stem + "_bzl"
    labels = [absolute(label, file.parent) for label in library.get("deps", [])]  # type: ignore[attr-defined]
    assert {label.partition("//")[0] if label.startswith("@") else label for label in labels} == needed(file)
