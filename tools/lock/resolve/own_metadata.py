"""What an sdist tells of itself: in PKG-INFO, in pyproject.toml, in what setuptools leaves beside them."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import Distribution
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_sdist_filename
from packaging.version import Version

from common.errors import UserError
from formats.canonical_wheel import metadata_fields
from lock.resolve.ask import Metadata
from source.project import read_project
from source.rust import MATURIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


def check_name(source: Path, sdist: str) -> None:
    """Compares the sdist's metadata, where it has any, with its file name.

    Args:
        source: the source root.
        sdist: the file's name.

    Raises:
        UserError: it is another distribution.
    """
    if not (source / "PKG-INFO").is_file():
        return
    fields = metadata_fields((source / "PKG-INFO").read_text(encoding="utf-8", errors="replace"))
    found = canonicalize_name("".join(fields.get("Name", ())[:1]))
    expected, _ = parse_sdist_filename(sdist)
    if found != expected:
        raise UserError(
            f"{sdist} says that it is the distribution {found!r}.",
            where="Name in PKG-INFO",
            fix="Don't build it; find out who put it on the index under this name.",
        )


def _own_fields(source: Path) -> dict[str, list[str]]:
    """The sdist's own metadata."""
    file = source / "PKG-INFO"
    return metadata_fields(file.read_text(encoding="utf-8", errors="replace")) if file.is_file() else {}


def is_static(source: Path, requires: Iterable[str]) -> bool:
    """Whether the dependencies that the sdist's own metadata tell of hold for the wheel, too (PEP 643).

    maturin's always do, and without all crates it can't be asked.
    """
    fields = _own_fields(source)
    if fields and any(Requirement(line).name == MATURIN for line in requires):
        return True
    dynamic = {name.lower() for name in fields.get("Dynamic", ())}
    return bool(fields) and _metadata_version(fields) >= Version("2.2") and "requires-dist" not in dynamic


def static_metadata(source: Path) -> Metadata:
    """What a source root tells of its wheel's metadata, without its backend (PEP 621, PEP 643)."""
    fields, project = _own_fields(source), read_project(source)
    name = "".join(fields.get("Name", ())[:1]) or str(project.get("name", ""))
    tables = [project.get(key) for key in ("scripts", "gui-scripts", "entry-points")]
    entry_points: bool | None = None
    if project and not any(key in str(project.get("dynamic")) for key in ("scripts", "entry-points")):
        # An empty table is nothing to backends, or an empty file.
        entry_points = any(tables) or (False if all(table is None for table in tables) else None)
    return Metadata(name, tuple(fields.get("Requires-Dist", ())), entry_points)


def told_by_sdist(source: Path) -> Metadata | None:
    """The metadata in the sdist, where its backend can't be asked; None where it has none.

    The build compares it with its wheel's.

    Args:
        source: the source root.
    """
    if not _own_fields(source):
        return None
    found = static_metadata(source)
    if found.requires_dist:
        return found
    # Older releases of setuptools wrote them into a file of their own.
    folder = next(iter(sorted([*source.glob("*.egg-info"), *source.glob("*/*.egg-info")])), None)
    requires = Distribution.at(folder).requires if folder else None
    return replace(found, requires_dist=tuple(requires or ()))


def _metadata_version(fields: Mapping[str, Sequence[str]]) -> Version:
    try:
        return Version(fields.get("Metadata-Version", ["1.0"])[0])
    except ValueError:  # InvalidVersion is one, and so is a number of thousands of digits
        return Version("1.0")
