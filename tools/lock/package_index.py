"""The package index, for other commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.resolve.index import PackageIndex
from lock.resolve.pip import Resolver

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PackageIndex", "package_index"]


def package_index(url: str, folder: Path) -> PackageIndex:
    """An index.

    Args:
        url: its address, or "" for the index that pip is configured with.
        folder: an empty folder, for a virtual environment that asks pip.
    """
    return PackageIndex(url or Resolver(folder).index_url())
