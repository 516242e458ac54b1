"""Reads MODULE.bazel and the files that it includes, which are Starlark without anything that Python's parser lacks."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "MODULE.bazel"


@dataclass(frozen=True)
class Call:
    """A call at the top of a file.

    Args:
        file: where it stands.
        owner: "pip" of `pip.parse(...)`, or "".
        name: "parse".
        variable: what its result is called, or "".
        positional: the arguments without names.
        named: those with names. A value that is no literal is None.
    """

    file: Path
    owner: str
    name: str
    variable: str
    positional: tuple[Any, ...]
    named: dict[str, Any]

    def get(self, key: str) -> Any:
        """An argument, or None."""
        return self.named.get(key)


@dataclass(frozen=True)
class ModuleFile:
    """MODULE.bazel with what it includes.

    Args:
        calls: all calls, in order.
    """

    calls: tuple[Call, ...]

    def dependency(self, name: str) -> Call | None:
        """The `bazel_dep` of a module."""
        return next((call for call in self.calls if call.name == "bazel_dep" and call.get("name") == name), None)

    def extensions(self, place: str) -> list[Call]:
        """The `use_extension` lines of an extension.

        Args:
            place: how its label ends, without the repository.
        """
        used = (call for call in self.calls if call.name == "use_extension" and call.positional)
        return [call for call in used if str(call.positional[0]).endswith(place)]

    def tags(self, place: str, name: str) -> list[Call]:
        """The tags of an extension, such as all `pip.parse`; arguments as `extensions`."""
        owners = {(call.file, call.variable) for call in self.extensions(place)}
        return [call for call in self.calls if call.name == name and (call.file, call.owner) in owners]

    def includes(self, label: str) -> bool:
        """Whether a file is included."""
        return any(call.name == "include" and call.positional == (label,) for call in self.calls)

    def repositories(self) -> set[str]:
        """The names that `use_repo` and `bazel_dep` give to repositories."""
        used = [call for call in self.calls if call.name == "use_repo"]
        names = {str(name) for call in used for name in (*call.positional[1:], *call.named)}
        modules = [call for call in self.calls if call.name == "bazel_dep"]
        return names | {str(call.get("repo_name") or call.get("name")) for call in modules}


def read_module(root: Path) -> ModuleFile:
    """Reads the MODULE.bazel of a workspace; where there is none, it is empty.

    Raises:
        UserError: a file can't be read.
    """
    return ModuleFile(tuple(_calls(root, root / NAME, set())) if (root / NAME).exists() else ())


def file_of(root: Path, label: str, package: str = "") -> Path:
    """The file of a label in the workspace itself.

    Args:
        root: of the workspace.
        label: as written.
        package: the one that it is written in.
    """
    absolute = label.startswith(("//", "@//", "@@//"))
    folder, colon, name = label.rpartition("//")[2].partition(":")
    if not absolute:
        return root / package / (name if colon else folder)
    return root / folder / (name if colon else folder.rpartition("/")[2])


def _calls(root: Path, file: Path, seen: set[Path]) -> Iterator[Call]:
    if file in seen:
        return
    seen.add(file)
    for node in _parsed(file).body:
        value = node.value if isinstance(node, (ast.Assign, ast.Expr)) else None
        if not isinstance(value, ast.Call):
            continue
        call = _call(file, node, value)
        yield call
        if call.name == "include" and call.positional and file_of(root, str(call.positional[0])).is_file():
            yield from _calls(root, file_of(root, str(call.positional[0])), seen)


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        raise UserError(
            f"{file.name} can't be read: {said}.", where=f"{file}{line}", fix="Correct it; `bazel mod graph` checks it."
        ) from error


def _call(file: Path, node: ast.stmt, call: ast.Call) -> Call:
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    function = call.func
    owner = function.value if isinstance(function, ast.Attribute) else None
    return Call(
        file=file,
        owner=owner.id if isinstance(owner, ast.Name) else "",
        name=getattr(function, "attr", "") or getattr(function, "id", ""),
        variable=target.id if isinstance(target, ast.Name) else "",
        positional=tuple(map(_literal, call.args)),
        named={item.arg: _literal(item.value) for item in call.keywords if item.arg},
    )


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
