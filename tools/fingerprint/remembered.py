"""What was found out about files of this machine, which need not be read again while they stay as they are."""

from __future__ import annotations

import hashlib
import json
import os
import pkgutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fingerprint.folders import numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from fingerprint.content import Contents

_SETTLED = 2.0
"""How many seconds ago the last change has to be: with some file systems, two changes at once have one time."""


def own_folder() -> Path | None:
    """A folder in which only this user can write, or None where there can't be one."""
    folder = Path(f"/tmp/rules_sdist-{os.getuid()}")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    if status.st_uid != os.getuid() or status.st_mode & 0o77 or not folder.is_dir() or folder.is_symlink():
        return None
    return folder


def remembered(contents: Contents, find_out: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `find_out` says of files, or what it said when they were in the state in which they are.

    Args:
        contents: the files.
        find_out: reads them; this package's code and this interpreter are all else on which its answer depends.

    Raises:
        OSError: `find_out` can't read one.
    """
    folder = own_folder()
    if folder is None:
        return find_out()
    state = contents.state()
    key = [state, contents.as_json(), _code()]
    place = folder / hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    try:
        known: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = find_out()
        if contents.last_change() < time.time() - _SETTLED and contents.state() == state:
            _write(place, json.dumps(known))
    return known


def _write(place: Path, text: str) -> None:
    temporary = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(place)
    except OSError:  # such as a full disk
        temporary.unlink(missing_ok=True)


def _code() -> list[object]:
    """What else an answer depends on: these modules, and the interpreter, which compiles others to compare them."""
    modules = [pkgutil.get_data("fingerprint", name) or b"" for name in ("bytecode.py", "content.py", "folders.py")]
    return [
        *(hashlib.sha256(module).hexdigest() for module in modules),
        sys.version,
        *numbers(os.path.realpath(sys.executable)),
    ]
