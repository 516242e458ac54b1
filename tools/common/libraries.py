"""The libraries of others that the helper uses, for programs that run from a source checkout."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LIBRARIES = ("installer", "packaging", "patch_ng", "pyproject_hooks", "tomli")
OF_LOCK = (*LIBRARIES, "tqdm")
"""Those of the command `lock`."""

_BUILT_IN = {"tomli"} if sys.version_info >= (3, 11) else set()


def check_libraries(program: str, names: Sequence[str]) -> None:
    """Ends the program, with what to type, where libraries are missing."""
    missing = [name for name in names if name not in _BUILT_IN and not find_spec(name)]
    if missing:
        sys.exit(f"{program} needs {', '.join(missing)}; type: {sys.executable} -m pip install {' '.join(missing)}")


def library_places(names: Sequence[str]) -> dict[str, str]:
    """By name, the file or folder of each of these libraries that is there."""
    places = {}
    for name in names:
        found = find_spec(name)
        if found and found.origin:
            place = Path(found.origin)
            places[name] = str(place.parent if found.submodule_search_locations else place)
    return places


def library_path(names: Sequence[str]) -> str:
    """A PYTHONPATH on which these libraries are."""
    return os.pathsep.join(dict.fromkeys(str(Path(place).parent) for place in library_places(names).values()))
