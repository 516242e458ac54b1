"""Knows whether this process runs in the private Debian that `bazelw` makes."""

from __future__ import annotations

import shlex
from pathlib import Path

_MARK = Path("/.bazelw")
"""A file that tools/debian/enter.sh leaves in that root: itself and the root's folder, a line each."""


def enter_debian(mark: Path = _MARK) -> str:
    """A line for a script of sh that has to run where this process does: it starts the script there, if it is outside.

    Args:
        mark: for tests.

    Returns:
        the line; "" where this is no such root.
    """
    try:
        program, root = mark.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return ""
    return f'[ -e {shlex.quote(str(mark))} ] || exec {shlex.join([program, root])} /bin/sh "$0" "$@"\n'
