"""Reads the helper's own source files, also from inside the zip it is run from."""

from __future__ import annotations

import pkgutil


def resource_text(name: str) -> str:
    """The text of a file of this package, such as "bootstrap.py"."""
    data = pkgutil.get_data("build_wheel", name)
    assert data is not None, name
    return data.decode()
