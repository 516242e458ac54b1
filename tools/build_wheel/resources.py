"""Reads the helper's own source files, also from inside the zip it is run from."""

from __future__ import annotations

import importlib.util
import marshal
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def resource_text(name: str) -> str:
    """The text of a file of this package, such as "bootstrap.py"."""
    data = pkgutil.get_data("build_wheel", name)
    assert data is not None, name
    return data.decode()


def write_bytecode(name: str, place: Path) -> None:
    """Compiles a module of this package, once and not for every process that starts with it.

    Args:
        name: its file's name.
        place: the `.pyc` file.
    """
    code = compile(resource_text(name), name, "exec", dont_inherit=True)
    place.write_bytes(importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code))
