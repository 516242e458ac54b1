"""Makes the source tree that a build begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from source import patches, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from build_wheel.params import BuildParams
    from isolation.layout import Layout

_MAX_MEMBERS = 200_000


def make_source(params: BuildParams, layout: Layout, folder: Path) -> Path:
    """Unpacks the sdist, or copies the first-party source tree, and applies the rule's patches.

    Args:
        params: the build's parameters.
        layout: its directories.
        folder: an empty folder.

    Returns:
        the source root, `folder` or a folder in it.

    Raises:
        UserError: the sdist is damaged or hostile, or a patch does not apply.
    """
    if params.sdist is None:
        root = unpack.copy_tree([(layout.path(path), name) for path, name in params.sources], folder)
    else:
        limits = unpack.Limits(max_bytes=params.max_unpacked_bytes, max_members=_MAX_MEMBERS)
        root = unpack.unpack(layout.path(params.sdist), folder, limits)
    patches.apply([layout.path(patch) for patch in params.patches], root, strip=params.patch_strip)
    return root
