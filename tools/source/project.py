"""What a source tree says about how it is built: the `[build-system]` table of pyproject.toml (PEP 517, PEP 518)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from common.errors import UserError
from common.toml import TomlError, parse_toml
from formats.canonical_wheel import metadata_fields

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class BuildSystem:
    """A project's build system.

    Args:
        requires: PEP 508 requirements.
        backend: the backend object, "module:object" or "module".
        backend_path: folders of the source tree from which the backend is imported first (in-tree backends).
        requires_python: where the project says which Pythons it is for, and which these are.
    """

    requires: tuple[str, ...]
    backend: str
    backend_path: tuple[str, ...]
    requires_python: tuple[tuple[str, str], ...] = ()


LEGACY = BuildSystem(("setuptools",), "setuptools.build_meta:__legacy__", ())
"""What PEP 517 prescribes for a project that names no backend: setup.py, run by setuptools."""


def read_build_system(source: Path) -> BuildSystem:
    """Reads `[build-system]`, and which Pythons the project is for.

    Args:
        source: the source root.

    Returns:
        the build system, with PEP 517's defaults where the project says nothing.

    Raises:
        UserError: pyproject.toml is not TOML or its table is not of PEP 518's form, or there is neither a
            pyproject.toml nor a setup.py.
    """
    file = source / "pyproject.toml"
    if not file.is_file():
        if not (source / "setup.py").is_file() and not (source / "setup.cfg").is_file():
            raise UserError(
                "The source tree has neither pyproject.toml nor setup.py.",
                where=f"its top folder, {source.name}/, has {_listing(source)}",
                fix="Check that this is a Python sdist; a source tree's `srcs` have to start at its root.",
            )
        return replace(LEGACY, requires_python=_requires_python(source, {}))
    tables = _parse(file)
    pythons, table = _requires_python(source, tables), tables.get("build-system")
    if table is None:
        return replace(LEGACY, requires_python=pythons)
    fields: Any = table if isinstance(table, dict) else {}
    requires, backend, path = fields.get("requires"), fields.get("build-backend"), fields.get("backend-path", [])
    if not _strings(requires) or not _strings(path) or not isinstance(backend, (str, type(None))):
        raise UserError(
            "[build-system] in pyproject.toml is not of the form that PEP 518 asks for.",
            where="pyproject.toml",
            fix="It needs `requires`, a list of strings; correct it with `patches`.",
        )
    return BuildSystem(tuple(requires), backend or LEGACY.backend, tuple(path), pythons)


def read_project(source: Path) -> dict[str, Any]:
    """The `[project]` table of a source root's pyproject.toml (PEP 621); an empty one where there is none.

    Raises:
        UserError: pyproject.toml is not TOML.
    """
    file = source / "pyproject.toml"
    project = _parse(file).get("project") if file.is_file() else None
    return project if isinstance(project, dict) else {}


def read_tool(source: Path, name: str) -> dict[str, Any]:
    """The `[tool.NAME]` table of a source root's pyproject.toml; an empty one where there is none.

    Raises:
        UserError: pyproject.toml is not TOML.
    """
    file = source / "pyproject.toml"
    table: Any = _parse(file) if file.is_file() else {}
    for key in ("tool", name):
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}


def check_requires_python(system: BuildSystem, python: str, label: str) -> None:
    """Compares the Pythons that the project is for with the one that there is, before any code of it runs.

    Args:
        system: the project's.
        python: the interpreter's version, "3.14.1".
        label: the target.

    Raises:
        UserError: it is for others.
    """
    release = Version(python).base_version  # a prerelease is taken for what it will be, as pip does
    for place, text in system.requires_python:
        try:
            wanted = SpecifierSet(text)
        except InvalidSpecifier:
            continue  # pip and the backends know what they think of it
        if not wanted.contains(release):
            minor = Version(python).minor
            other = next(
                (n for n in sorted(range(100), key=lambda n: abs(n - minor)) if wanted.contains(f"3.{n}")), None
            )
            line = "" if other is None else f':\n    python.toolchain(python_version = "3.{other}")'
            raise UserError(
                f"{label}: this sdist is for Python {text}, and this is Python {python}.",
                where=place,
                fix=f"Take a version of it that is for this Python, or another toolchain, in MODULE.bazel{line}\n"
                f"  Where it is wrong, correct {place.rpartition(' ')[2]} with `patches`.",
            )


def _requires_python(source: Path, pyproject: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    found = []
    project = pyproject.get("project")
    text = project.get("requires-python") if isinstance(project, dict) else None
    if isinstance(text, str):
        found.append(("requires-python in pyproject.toml", text))
    metadata = source / "PKG-INFO"
    if metadata.is_file():
        fields = metadata_fields(metadata.read_text(encoding="utf-8", errors="replace"))
        found += [("Requires-Python in PKG-INFO", line) for line in fields.get("Requires-Python", ())]
    return tuple(found)


def _strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _parse(file: Path) -> dict[str, Any]:
    try:
        return parse_toml(file.read_text(encoding="utf-8"))
    except (TomlError, UnicodeDecodeError) as error:
        raise UserError(
            f"pyproject.toml is not valid TOML: {error}.", where=str(file.name), fix="Correct it with `patches`."
        ) from error


def _listing(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    return ", ".join(names[:10]) or "nothing"
