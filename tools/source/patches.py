"""Applies the rule's patches to the source tree."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import host_errors
from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

_BYTES = re.compile(r"\bb(['\"])(.*?)\1")
_MOST_STRIPPED = 6


def apply(patches: Sequence[Path], source: Path, *, strip: int) -> None:
    """Applies unified or git diffs in order.

    Args:
        patches: the patch files.
        source: the source root, to which their names are relative.
        strip: leading components that the names lose, as in `patch -p`.

    Raises:
        UserError: a patch is not one, or does not apply.
    """
    for patch in patches:
        reason = _problem(patch, source, strip)
        if reason is None:
            continue
        other = next((count for count in range(_MOST_STRIPPED) if count != strip and _fits(patch, source, count)), None)
        fix = (
            "Make it against the files of this sdist; "
            f"`patch_strip = {strip}` takes that many leading folders off its names."
            if other is None
            else f"It applies with another number of leading folders taken off its names:\n    patch_strip = {other},"
        )
        raise UserError(f"The patch {patch.name} does not apply: {reason}.", where=str(patch.name), fix=fix)


def _problem(patch: Path, source: Path, strip: int) -> str | None:
    """Applies one patch; why it does not apply, or None."""
    import logging

    import patch_ng

    messages: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    patch_ng.logger.addHandler(handler)
    try:
        parsed = _parsed(patch, strip)
        for item in parsed.items if parsed else ():
            if item.mode == "rename" and not (source / os.fsdecode(item.source)).is_file():
                return f"it renames {_plain(os.fsdecode(item.source))}, which is not there"
        if parsed and parsed.apply(strip=0, root=str(source), fuzz=False):
            return None
    except (OSError, UnicodeError) as error:  # a file to be removed that is not there
        if host_errors.is_to_blame(error):
            raise
        messages.append(str(error))
    finally:
        patch_ng.logger.removeHandler(handler)
    said = (" ".join(_BYTES.sub(r"\2", message).split()) for message in messages)
    return _plain("; ".join(said)) or "it holds no unified diff"


def _parsed(patch: Path, strip: int) -> Any:
    """What patch_ng reads, with the names that count here; False where it reads nothing."""
    import patch_ng

    parsed = patch_ng.fromfile(str(patch))
    for item in parsed.items if parsed else ():
        leading = max(0, strip - _has_lost_its_prefix(item))
        item.source, item.target = _stripped(item.source, leading), _stripped(item.target, leading)
    return parsed


def _fits(patch: Path, source: Path, strip: int) -> bool:
    """Whether a patch would apply: tried on copies of the files that it names."""
    parsed = _parsed(patch, strip)
    names = {os.fsdecode(name) for item in (parsed.items if parsed else ()) for name in (item.source, item.target)}
    if not any((source / name).is_file() for name in names) or any(".." in name.split("/") for name in names):
        return False
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            if (source / name).is_file():
                (folder / Path(name)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / name, folder / Path(name))
        return _problem(patch, Path(folder), strip) is None


def _plain(text: str) -> str:
    return text.replace("./", "")


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
