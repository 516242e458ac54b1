"""The Pythons of this machine that tests run in."""

from __future__ import annotations

import sys
from pathlib import Path


def pythons() -> list[str]:
    """This Python, and those of 3.9 and 3.10, whose pathlib is another, where the machine has them."""
    others = Path.home().glob(".pyenv/versions/3.[91]*/bin/python")
    return [sys.executable, *(str(path) for path in sorted(others))]
