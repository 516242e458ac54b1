"""Where the inputs of an action really are, in as few folders as hold nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_BEING_MADE = "bazel-out"
"""Below it other actions write, also into folders that were complete a moment ago."""
_MOST_LINKS = 40


def real_inputs(execroot: str, paths: Iterable[str]) -> dict[str, str]:
    """Files and folders that hold the inputs and nothing else.

    In a sandbox each input is a link to its real place, also by way of runfiles; what a build sees must not lead there.

    Args:
        execroot: the action's working directory.
        paths: the inputs, relative to it; a folder that an action made ends with a slash.

    Returns:
        the real files and folders, by where they belong below the execution root.
    """
    tree: dict[str, Any] = {}
    for path in paths:
        *folders, name = path.rstrip("/").split("/")
        node = tree
        for folder in folders:
            node = node.setdefault(folder, {})
        node[name] = path.endswith("/")
    found: dict[str, str] = {}
    whole = _visit(execroot, "", tree, found)
    assert whole is None, whole
    return found


def all_inputs(execroot: str, without: Iterable[str]) -> list[str]:
    """All files below an execution root that holds the inputs of one action only.

    Args:
        execroot: that.
        without: what is below it and no input, relative to it.
    """
    left = set(without)
    found = []
    for folder, folders, files in os.walk(execroot):
        relative = os.path.relpath(folder, execroot)
        inside = "" if relative == "." else relative + "/"
        folders[:] = [name for name in folders if inside + name not in left]
        found += [inside + name for name in files if inside + name not in left]
        found += [inside + name for name in folders if os.path.islink(os.path.join(folder, name))]
    return found


def _visit(execroot: str, relative: str, node: Any, found: dict[str, str]) -> str | None:
    """The real place of a whole file or folder; None where its parts had to be added to `found` one by one."""
    here = os.path.join(execroot, relative)
    if node is False:
        return _target(here)
    if node is True:
        whole = _real_folder(here)
        if whole:
            return whole
        node = _parts(here)
    parts = {
        name: _visit(execroot, f"{relative}/{name}" if relative else name, part, found)
        for name, part in sorted(node.items())
    }
    named_alike = all(real and os.path.basename(real) == name for name, real in parts.items())
    parents = {os.path.dirname(real) for real in parts.values() if real}
    complete = len(parents) == 1 and named_alike and relative and relative.split("/")[0] != _BEING_MADE
    if complete and sorted(os.listdir(*parents)) == sorted(parts):
        return str(*parents)
    found.update({f"{relative}/{name}" if relative else name: real for name, real in parts.items() if real})
    return None


def _target(path: str) -> str:
    """Where a file really is; folders on the way to it may be links, and a link within a folder is part of it."""
    for _ in range(_MOST_LINKS):
        try:
            text = os.readlink(path)
        except OSError:  # no link
            break
        if "/" not in text:
            break
        path = os.path.join(os.path.dirname(path), text)
    return path


def _real_folder(folder: str) -> str | None:
    """Where the files of a folder really are, if they are in one."""
    for parent, _, files in os.walk(folder):
        if files:
            name = os.path.join(parent, files[0])
            target = _target(name)
            inside = os.path.relpath(name, folder)
            if target == name:
                return _target(folder)
            return target[: -len(inside) - 1] if target.endswith("/" + inside) else None
    return _target(folder)


def _parts(folder: str) -> dict[str, Any]:
    return {entry.name: _parts(entry.path) if entry.is_dir() else False for entry in os.scandir(folder)}
