"""Which helper it is that built a wheel."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN = ("build_wheel/", "install_wheel/", "wheel_file/")


def sources_hash(sources: Mapping[str, bytes]) -> str:
    """One hash of all the helper's own sources: what decides how a wheel is built.

    Args:
        sources: contents by names such as "build_wheel/build.py"; others are ignored.
    """
    digest = hashlib.sha256()
    for name in sorted(sources):
        if name.startswith(_OWN):
            digest.update(f"{hashlib.sha256(sources[name]).hexdigest()}  {name}\n".encode())
    return digest.hexdigest()
