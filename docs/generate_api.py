"""Writes docs/api.md from the rules' own documentation.

    python3 docs/generate_api.py

Starlark's syntax is Python's, so the standard library's `ast` reads it.
"""

from __future__ import annotations

import ast
import contextlib
import json
import textwrap
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
TYPES = {
    "bool": "boolean",
    "int": "integer",
    "label": "label",
    "label_list": "list of labels",
    "string": "string",
    "string_dict": "dict of strings",
    "string_list": "list of strings",
}

PAGE = """\
# API

<!-- Made by docs/generate_api.py; change the .bzl files instead. -->

What BUILD files use is loaded from `@rules_sdist//python:defs.bzl`, or from the file called like the symbol; the
extension from `@rules_sdist//python:extensions.bzl`.

## py_sdist_wheel

{py_sdist_wheel}

The target's file is the wheel. Providers: `DefaultInfo` and rules_python's `PyWheelInfo`. Give `sdist` or `srcs`.

{py_sdist_wheel_attributes}

## py_wheel_library

{py_wheel_library}

## py_wheel_diff_test

{py_wheel_diff_test}

{py_wheel_diff_test_attributes}

## py_wheel_reproducibility_test

{py_wheel_reproducibility_test}

{py_wheel_reproducibility_test_attributes}

## sdists

{sdists}

The tag class `file` is one file: `@NAME//:file`, or, with a BUILD file, its unpacked content as `@NAME`.

{sdists_attributes}

`lock` is a hub of everything in a lock, with the labels of rules_python's hubs: `@NAME//distribution`.

- `name`: the hub's name.
- `lock`: label of the lock. When a file that it was made from changes, it is stale: an error.
- `index_url`: the index (PEP 503), when it is not the configured one.
- `swaps`, `swaps_wheels`, `overridden`: the BUILD file of rules_python's hub whose sdists this hub builds, whether its
  wheels come from here too, and which of its repositories are overridden; `lock --swap` writes them. `@NAME//:check` is
  a test that none is forgotten.

## Settings

`--@rules_sdist//python/settings:isolation`, `auto` (the default), `closed` or `mapped`, says what a build can see; see
[reproducibility.md](reproducibility.md#closed-and-mapped-builds).

`--@rules_sdist//python/settings:host_files`, `libraries` (the default), `error` or `record`, says what a mapped build
may use of the machine that nothing declares; see [reproducibility.md](reproducibility.md#host-files).

`--@rules_sdist//python/settings:keep_build_root` leaves the build root of every wheel that is built, with a script that
opens a shell in it. Use it with `--spawn_strategy=local`.

`--@rules_sdist//python/settings:builder_id`, a URI, says in the [provenance](buildinfo.md) who builds.

`--@rules_sdist//python/settings:host_tools`, `fingerprint`, `refuse` or `platform`, is about an interpreter
or a compiler that is no input of the actions; see [reproducibility.md](reproducibility.md#tools-of-the-machine).
"""


def parsed(file: str) -> ast.Module:
    """The syntax tree of a file in python/private."""
    (found,) = (REPO / "python" / "private").rglob(file)
    return ast.parse(found.read_text())


def assigned(tree: ast.Module, name: str) -> ast.expr:
    """What a file assigns to a name."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return node.value
    raise KeyError(name)


def constant(name: str) -> ast.expr:
    """What the only file in python/private that defines a name assigns to it."""
    for file in sorted((REPO / "python" / "private").rglob("*.bzl")):
        with contextlib.suppress(KeyError):
            return assigned(ast.parse(file.read_text()), name)
    raise KeyError(name)


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """A call's keyword argument."""
    return next((item.value for item in call.keywords if item.arg == name), None)


def text(node: ast.expr | None) -> str:
    """A string expression's value; strings may be joined with +."""
    return str(eval(compile(ast.Expression(node), "", "eval"))) if node else ""


def attribute_table(tree: ast.Module, name: str) -> str:
    """A table of the public attributes in a dictionary."""
    attributes = assigned(tree, name)
    assert isinstance(attributes, ast.Dict)
    lines = ["| attribute | type | default | |", "|---|---|---|---|"]
    for key, value in sorted(zip(attributes.keys, attributes.values), key=lambda pair: text(pair[0])):
        assert isinstance(value, ast.Call)
        assert isinstance(value.func, ast.Attribute)
        if text(key).startswith("_"):
            continue
        default = keyword(value, "default")
        if isinstance(default, ast.Name):
            default = constant(default.id)
        shown = (
            "required"
            if keyword(value, "mandatory")
            else f"`{json.dumps(ast.literal_eval(default))}`"
            if default
            else ""
        )
        doc = text(keyword(value, "doc")).replace("|", "\\|")
        lines.append(f"| `{text(key)}` | {TYPES[value.func.attr]} | {shown} | {doc} |")
    return "\n".join(lines)


def function_doc(tree: ast.Module, name: str) -> str:
    """A macro's docstring, its arguments as a list."""
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    description, _, arguments = (ast.get_docstring(function) or "").partition("\nArgs:\n")
    entries = textwrap.dedent(arguments).strip().splitlines()
    listed = [f"- `{entry.partition(':')[0]}`:{entry.partition(':')[2]}" for entry in entries]
    return description.strip() + "\n\n" + "\n".join(listed)


def called_doc(tree: ast.Module, name: str) -> str:
    """The `doc` of an extension."""
    call = assigned(tree, name)
    assert isinstance(call, ast.Call)
    return text(keyword(call, "doc"))


def page() -> str:
    """The whole page."""
    wheel, files = parsed("py_sdist_wheel.bzl"), parsed("index_file_repo.bzl")
    difference = parsed("py_wheel_diff_test.bzl")
    test = parsed("py_wheel_reproducibility_test.bzl")
    return PAGE.format(
        py_sdist_wheel=text(assigned(wheel, "_DOC")).strip(),
        py_sdist_wheel_attributes=attribute_table(wheel, "_attrs"),
        py_wheel_library=function_doc(parsed("py_wheel_library.bzl"), "py_wheel_library"),
        py_wheel_diff_test=text(assigned(difference, "_DOC")).strip(),
        py_wheel_diff_test_attributes=attribute_table(difference, "_attrs"),
        py_wheel_reproducibility_test=text(assigned(test, "_DOC")).strip(),
        py_wheel_reproducibility_test_attributes=attribute_table(test, "_attrs"),
        sdists=called_doc(parsed("sdists_extension.bzl"), "sdists"),
        sdists_attributes=attribute_table(files, "INDEX_FILE_ATTRS"),
    )


if __name__ == "__main__":
    (REPO / "docs" / "api.md").write_text(page())
