"""What a source tree says about how it is built: the `[build-system]` table of pyproject.toml (PEP 517, PEP 518)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class BuildSystem:
    """A project's build system.

    Args:
        requires: PEP 508 requirements.
        backend: the backend object, "module:object" or "module".
        backend_path: folders of the source tree from which the backend is imported first (in-tree backends).
    """

    requires: tuple[str, ...]
    backend: str
    backend_path: tuple[str, ...]


LEGACY = BuildSystem(("setuptools",), "setuptools.build_meta:__legacy__", ())
"""What PEP 517 prescribes for a project that names no backend: setup.py, run by setuptools."""


def read_build_system(source: Path) -> BuildSystem:
    """Reads `[build-system]`.

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
        return LEGACY
    table = _parse(file).get("build-system")
    if table is None:
        return LEGACY
    fields: Any = table if isinstance(table, dict) else {}
    requires, backend, path = fields.get("requires"), fields.get("build-backend"), fields.get("backend-path", [])
    if not _strings(requires) or not _strings(path) or not isinstance(backend, (str, type(None))):
        raise UserError(
            "[build-system] in pyproject.toml is not of the form that PEP 518 asks for.",
            where="pyproject.toml",
            fix="It needs `requires`, a list of strings; correct it with `patches`.",
        )
    return BuildSystem(tuple(requires), backend or LEGACY.backend, tuple(path))


def _strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _parse(file: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        return table
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(
            f"pyproject.toml is not valid TOML: {error}.", where=str(file.name), fix="Correct it with `patches`."
        ) from error


def _listing(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    return ", ".join(names[:10]) or "nothing"
