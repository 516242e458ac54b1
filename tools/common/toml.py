"""TOML, with the standard library's reader where it has one (Python 3.11)."""

from __future__ import annotations

import sys
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TomlError = tomllib.TOMLDecodeError


def parse_toml(text: str) -> dict[str, Any]:
    """The table that a text is.

    Raises:
        TomlError: it is no TOML.
    """
    table: dict[str, Any] = tomllib.loads(text)
    return table
