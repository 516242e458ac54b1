"""Reads what a project has pinned already: requirements.txt with hashes, pylock.toml (PEP 751) or uv.lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from packaging.pylock import is_valid_pylock_path

from common.errors import UserError
from lock.git_source import public
from lock.inputs.pylock import read_pylock
from lock.inputs.requirements_txt import included, read_requirements
from lock.inputs.tables import FIX_FORMAT, FIX_TWO_VERSIONS, read_text, read_toml
from lock.inputs.uv_lock import read_uv, uv_build_constraints, uv_own, uv_roots, uv_versions_apart

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lock.git_source import GitSource
    from lock.inputs.own_target import OwnProject
    from lock.pinned import Found, Pinned

_OTHER_FORMATS = {
    "Pipfile.lock": "Type `pipenv requirements --hash > requirements.txt` and give that file.",
    "pdm.lock": "Type `pdm export --format pylock --output pylock.toml` and give that file.",
    "poetry.lock": "Type `poetry export --output requirements.txt` and give that file.",
    "pyproject.toml": "Type `uv lock` and give uv.lock.",
}


def read_inputs(path: Path) -> tuple[Pinned, ...]:
    """Reads a file of pinned requirements.

    Args:
        path: requirements.txt, pylock.toml, pylock.NAME.toml or uv.lock; under another name the content decides.

    Returns:
        what it pins, sorted by name, version and marker.

    Raises:
        UserError: the file can't be read, is of another format, or has something that a lock can't be made from.
    """
    text = read_text(path)
    if not text.strip():
        raise UserError(f"{path.name} is empty.", where=str(path), fix=FIX_FORMAT)
    versions: dict[tuple[str, str], tuple[str, GitSource | None]] = {}
    pinned: set[Pinned] = set()
    for where, pin in _reader(path, text)(path, text):
        first = versions.setdefault((pin.name, pin.marker), (pin.version, pin.git))
        if first != (pin.version, pin.git):
            both = f"{_pinned_to(*first)} and to {_pinned_to(pin.version, pin.git)}"
            what = f"{pin.name} is pinned to {both}, with nothing that tells when to take which."
            raise UserError(what, where=where, fix=FIX_TWO_VERSIONS)
        pinned.add(pin)
    return tuple(
        sorted(pinned, key=lambda pin: (pin.name, pin.version, pin.marker, pin.extras, pin.hashes, str(pin.git)))
    )


def _pinned_to(version: str, git: GitSource | None) -> str:
    return f"{public(git.url)}@{git.revision or 'HEAD'}" if git else version


def versions_apart(paths: Iterable[Path]) -> frozenset[str]:
    """The distributions that a uv.lock has in several versions, whether or not their markers hold.

    Args:
        paths: pinned requirements of any format.
    """
    texts = {path: read_text(path) for path in paths}
    return frozenset(
        name for path, text in texts.items() if is_uv(path, text) for name in uv_versions_apart(path, text)
    )


def read_roots(path: Path) -> tuple[str, ...] | None:
    """What the projects that an input was made for ask for themselves.

    Args:
        path: as for `read_inputs`.

    Returns:
        PEP 508 strings, sorted, when the input is a uv.lock, which is for all platforms at once and leaves it to the
        reader to find out what is needed on one; None otherwise: all that counts by its marker is needed.

    Raises:
        UserError: as `read_inputs`.
    """
    text = read_text(path)
    if not is_uv(path, text):
        return None
    return uv_roots(path, text)


def build_constraints(paths: Iterable[Path]) -> tuple[str, ...]:
    """What uv.locks say about the versions of build requirements (`build-constraint-dependencies`), PEP 508.

    Args:
        paths: pinned requirements of any format.

    Raises:
        UserError: as `read_inputs`.
    """
    texts = {path: read_text(path) for path in paths}
    return tuple(line for path, text in texts.items() if is_uv(path, text) for line in uv_build_constraints(path, text))


def own_projects(paths: Iterable[Path]) -> dict[str, OwnProject]:
    """The projects of uv's workspaces that others there need, and that no lock has, by name.

    Args:
        paths: pinned requirements of any format.
    """
    texts = {path: read_text(path) for path in paths}
    return {name: at for path, text in texts.items() if is_uv(path, text) for name, at in uv_own(path, text).items()}


REQUIREMENTS = (".in", ".txt")
"""What files of requirements end in."""


def files_of(path: Path) -> tuple[Path, ...]:
    """An input and all that it includes with `-r`, each once.

    Raises:
        UserError: as `read_inputs`.
    """
    found: list[Path] = []
    waiting = [path]
    while waiting:
        file = waiting.pop(0)
        if file in found:
            continue
        found.append(file)
        text = read_text(file)
        if is_requirements(file, text):
            waiting += included(file, text)
    return tuple(found)


def is_requirements(path: Path, text: str) -> bool:
    """Whether an input is a requirements.txt."""
    return _reader(path, text) is read_requirements


def is_uv(path: Path, text: str) -> bool:
    """Whether an input is a uv.lock."""
    return _reader(path, text) is read_uv


def _reader(path: Path, text: str) -> Callable[[Path, str], Iterable[Found]]:
    if path.name == "uv.lock":
        return read_uv
    if is_valid_pylock_path(path):
        return read_pylock
    if path.suffix in REQUIREMENTS:
        return read_requirements
    if path.name in _OTHER_FORMATS:
        raise UserError(f"{path.name} is not a format that is read.", where=str(path), fix=_OTHER_FORMATS[path.name])
    try:
        table = read_toml(path, text)
    except UserError:
        if path.suffix == ".toml":
            raise
        return read_requirements
    if "lock-version" in table:
        return read_pylock
    if "version" in table and "package" in table:
        return read_uv
    if table or path.suffix == ".toml":
        what = f"{path.name} is TOML, but neither of pylock.toml's nor of uv.lock's form."
        raise UserError(what, where=str(path), fix=FIX_FORMAT)
    return read_requirements
