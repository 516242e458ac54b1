"""Whether a source tree is built with Rust, and which Cargo.toml files its build gives to cargo."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from common.errors import UserError
from source.project import read_project, read_tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MANIFEST = "Cargo.toml"
MATURIN, SETUPTOOLS_RUST = "maturin", "setuptools-rust"
_OTHERS = {"hatch-rs", "puccinialin"}
_CALLS = {"RustExtension", "RustBin"}
_PATH = 1  # the place of `path` among their arguments


@dataclass(frozen=True)
class RustProject:
    """A source tree that is built with Rust.

    Args:
        tool: what calls cargo: `MATURIN`, `SETUPTOOLS_RUST`, or "" for others.
        manifests: the Cargo.toml files that it gives to cargo; () where there are none that are known.
    """

    tool: str
    manifests: tuple[Path, ...]


def rust_project(source: Path, backend: str, requires: Iterable[str]) -> RustProject | None:
    """What a source tree has to do with Rust, by its build requirements.

    Args:
        source: the source root.
        backend: its backend object.
        requires: its build requirements, PEP 508.

    Returns:
        None where it needs none.

    Raises:
        UserError: a Cargo.toml that it names is not there.
    """
    names = set(_names(requires))
    if MATURIN in names or backend == MATURIN:
        return RustProject(MATURIN, _of_maturin(source, must=backend == MATURIN))
    if SETUPTOOLS_RUST in names:
        return RustProject(SETUPTOOLS_RUST, _of_setuptools(source))
    if names & _OTHERS and (source / MANIFEST).is_file():
        return RustProject("", (source / MANIFEST,))
    return None


def any_rust_project(source: Path) -> RustProject:
    """A source tree of which somebody says that it is built with Rust."""
    manifest = source / MANIFEST
    return RustProject("", (manifest,) if manifest.is_file() else ())


def _names(requires: Iterable[str]) -> Iterator[str]:
    for line in requires:
        try:
            yield str(canonicalize_name(Requirement(line).name))
        except InvalidRequirement:
            continue  # pip says what it thinks of it


def _of_maturin(source: Path, *, must: bool) -> tuple[Path, ...]:
    """The manifest, as maturin finds it."""
    settings = read_tool(source, "maturin")
    named = settings.get("manifest-path")
    if isinstance(named, str):
        return (_named(source, named, "manifest-path of [tool.maturin] in pyproject.toml"),)
    manifest, below = source / MANIFEST, source / "rust" / MANIFEST
    module = str(read_project(source).get("name", "")).replace("-", "_")
    beside = "python-source" in settings or (source / "src" / module / "__init__.py").is_file()
    if below.is_file() and (beside or not manifest.is_file()):
        return (below,)
    if must and not manifest.is_file():
        raise _missing(MANIFEST, "maturin's manifest")
    return (manifest,) if manifest.is_file() else ()


def _of_setuptools(source: Path) -> tuple[Path, ...]:
    """The manifests of setuptools-rust's extensions and programs, in pyproject.toml and in setup.py."""
    settings = read_tool(source, "setuptools-rust")
    tables = [item for key in ("ext-modules", "bins") for item in settings.get(key, ()) if isinstance(item, dict)]
    named = [(str(item.get("path", MANIFEST)), "[tool.setuptools-rust] in pyproject.toml") for item in tables]
    named += [(path, "setup.py") for path in _in_setup_py(source / "setup.py")]
    if not named:  # a name that is computed, most likely of this one
        return (source / MANIFEST,) if (source / MANIFEST).is_file() else ()
    return tuple(dict.fromkeys(_named(source, path, where) for path, where in named))


def _in_setup_py(file: Path) -> list[str]:
    """The paths that calls in setup.py give; a path that is computed is left out."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) in _CALLS:
            given = next((word.value for word in node.keywords if word.arg == "path"), None)
            if given is None and len(node.args) > _PATH:
                given = node.args[_PATH]
            value = MANIFEST if given is None else getattr(given, "value", None)
            found += [value] if isinstance(value, str) else []
    return found


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _named(source: Path, path: str, where: str) -> Path:
    found = (source / path).resolve()
    if not found.is_relative_to(source.resolve()) or not found.is_file():
        raise _missing(path, where)
    return source / found.relative_to(source.resolve())


def _missing(path: str, where: str) -> UserError:
    return UserError(
        f"{path}, which the build gives to cargo, is not in the source tree.",
        where=where,
        fix="Check that the sdist is whole; correct the path with `patches`. Without Rust after all: `rust = false`.",
    )


def strings(value: Any) -> list[str]:
    """Those of a value's items that are strings, where it is a list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
