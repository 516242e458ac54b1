"""Which helper it is that built a wheel."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGES = ("build_wheel", "common", "fingerprint", "formats", "install_wheel", "isolation", "source")
"""What the helper of the actions is made of."""

SOURCES = (".py", ".c", ".h")
"""How its files end; what else is beside them was made from them."""


def sources_hash(sources: Mapping[str, bytes]) -> str:
    """One hash of all the helper's own sources: what decides how a wheel is built.

    Args:
        sources: contents by names such as "build_wheel/build.py"; others are ignored.
    """
    digest = hashlib.sha256()
    for name in sorted(sources):
        if name.partition("/")[0] in PACKAGES:
            digest.update(f"{hashlib.sha256(sources[name]).hexdigest()}  {name}\n".encode())
    return digest.hexdigest()


def own_hash() -> str:
    """See `sources_hash`: that of the helper which is part of this program, in a folder or in a zip."""
    found = {}
    waiting = [(package, files(package)) for package in PACKAGES]
    while waiting:
        name, entry = waiting.pop()
        if entry.is_dir():
            waiting += [(f"{name}/{child.name}", child) for child in entry.iterdir()]
        elif name.endswith(SOURCES):
            found[name] = entry.read_bytes()
    return sources_hash(found)
