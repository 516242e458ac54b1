"""Applies the rule's patches to the source tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from common import host_errors
from common.errors import UserError

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
        for item in parsed.items if parsed else ():
            leading = max(0, strip - _has_lost_its_prefix(item))
            item.source, item.target = _stripped(item.source, leading), _stripped(item.target, leading)
            if item.mode == "rename" and not (source / os.fsdecode(item.source)).is_file():
                messages.append(f"it renames {os.fsdecode(item.source)}, which is not there")
                parsed = None
                break
        try:
            applied = bool(parsed) and parsed.apply(strip=0, root=str(source), fuzz=False)
        except (OSError, UnicodeError) as error:  # a file to be removed that is not there
            if host_errors.is_to_blame(error):
                raise
            messages.append(str(error))
            applied = False
        if not applied:
            reason = "; ".join(messages) or "it holds no unified diff"
            raise UserError(
                f"The patch {patch.name} does not apply: {reason}.",
                where=str(patch.name),
                fix="Make it against the files of this sdist; "
                f"`patch_strip = {strip}` takes that many leading folders off its names.",
            )


def _has_lost_its_prefix(item: Any) -> bool:
    """Whether patch_ng took a/ and b/ off the names, or they never had it, as in git's renames.

    That is one of the folders that `patch -p` counts.
    """
    import patch_ng

    if item.mode == "rename" or item.type == patch_ng.HG:
        return True
    return item.type == patch_ng.GIT and any(line.startswith(b"diff --git a/") for line in item.header)


def _stripped(name: bytes, leading: int) -> bytes:
    """The name without its leading folders; patch_ng would take another a/ or b/ off it if it began with one."""
    return name if name == b"/dev/null" else b"./" + b"/".join(name.split(b"/")[leading:])
