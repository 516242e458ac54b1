"""Reads the helper's own source files, also from inside the zip it is run from."""

from __future__ import annotations

import importlib.util
import marshal
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def resource_text(package: str, name: str) -> str:
    """The text of a file of a package, such as "bootstrap.py"."""
    data = pkgutil.get_data(package, name)
    assert data is not None, name
    return data.decode()


def write_bytecode(package: str, name: str, place: Path) -> None:
    """Compiles a module, or takes what `pack_helper` has compiled, once and not for every process that starts with it.

    Args:
        package: where it is.
        name: its file's name.
        place: the `.pyc` file.
    """
    try:
        packed = pkgutil.get_data(package, f"{name}c") or b""
    except OSError:  # no zip
        packed = b""
    if packed.startswith(importlib.util.MAGIC_NUMBER):
        place.write_bytes(packed)
        return
    code = compile(resource_text(package, name), name, "exec", dont_inherit=True)
    place.write_bytes(importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code))
