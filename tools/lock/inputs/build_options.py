"""What inputs say about wheels and sdists: pip's `--no-binary` and `--only-binary`, and uv's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from common.errors import UserError
from lock.inputs.read import is_requirements, is_uv
from lock.inputs.requirements_txt import all_options
from lock.inputs.tables import read_text, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ALL, _NONE = ":all:", ":none:"
_UV_NAMES = {"no-binary-package": "no_binary", "no-build-package": "only_binary"}
_UV_ALL = {"no-binary": "no_binary", "no-build": "only_binary"}


@dataclass(frozen=True)
class BuildOptions:
    """What is built from source, and what comes as a wheel.

    Args:
        no_binary: normalised names that are built, or ":all:", sorted.
        only_binary: names that are not, likewise.
    """

    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()

    def builds(self, name: str) -> bool:
        """Whether a distribution is built though there are wheels: its own name counts before ":all:"."""
        for key in (name, ALL):
            if key in self.only_binary or key in self.no_binary:
                return key in self.no_binary
        return False


def build_options(inputs: Iterable[Path]) -> BuildOptions:
    """Reads what inputs say: lines of requirements.txt, in pip's order; the settings beside a uv.lock.

    Raises:
        UserError: one can't be read.
    """
    found: dict[str, set[str]] = {"no_binary": set(), "only_binary": set()}
    for path in inputs:
        text = read_text(path)
        if is_requirements(path, text):
            for option, value in all_options(path, text):
                if option in ("--no-binary", "--only-binary"):
                    kind = option[2:].replace("-", "_")
                    _add(value, found[kind], found["only_binary" if kind == "no_binary" else "no_binary"])
        elif is_uv(path, text):
            _add_uv(path.parent, found)
    return BuildOptions(tuple(sorted(found["no_binary"])), tuple(sorted(found["only_binary"])))


def _add(value: str, target: set[str], other: set[str]) -> None:
    """As pip's FormatControl.handle_mutual_excludes."""
    for name in value.split(","):
        if name == ALL:
            other.clear()
            target.clear()
            target.add(ALL)
        elif name == _NONE:
            target.clear()
        elif name:
            other.discard(canonicalize_name(name))
            target.add(canonicalize_name(name))


def _add_uv(folder: Path, found: dict[str, set[str]]) -> None:
    """uv.toml goes before pyproject.toml, as with uv."""
    for name in ("uv.toml", "pyproject.toml"):
        file = folder / name
        if not file.is_file():
            continue
        table: Any = read_toml(file, read_text(file))
        for key in () if name == "uv.toml" else ("tool", "uv"):
            table = table.get(key, {}) if isinstance(table, dict) else {}
        _add_settings(file, table if isinstance(table, dict) else {}, found)
        return


def _add_settings(file: Path, table: dict[str, Any], found: dict[str, set[str]]) -> None:
    for key, kind in _UV_ALL.items():
        if table.get(key) is True:
            found[kind].add(ALL)
    for key, kind in _UV_NAMES.items():
        names = table.get(key, [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UserError(f"`{key}` is not a list of names.", where=str(file), fix="Correct it; uv says how.")
        found[kind].update(canonicalize_name(name) for name in names)
