"""Applies the rule's patches to the source tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def apply(patches: Sequence[Path], source: Path, *, strip: int) -> None:
    """Applies unified or git diffs in order.

    Args:
        patches: the patch files.
        source: the source root, to which their names are relative.
        strip: leading components that the names lose, as in `patch -p`.

    Raises:
        UserError: a patch is not one, or does not apply.
    """
    if not patches:
        return
    import logging

    import patch_ng

    messages: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    patch_ng.logger.addHandler(handler)
    for patch in patches:
        messages.clear()
        parsed = patch_ng.fromfile(str(patch))
        if not parsed or not parsed.apply(strip=strip, root=str(source), fuzz=False):
            reason = "; ".join(messages) or "it holds no unified diff"
            raise UserError(
                f"The patch {patch.name} does not apply: {reason}.",
                where=str(patch.name),
                fix="Make it against the files of this sdist; "
                f"`patch_strip = {strip}` takes that many leading folders off its names.",
            )
