"""Failures of the machine, above all a full disk: they say nothing about an sdist or a wheel."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from common.errors import UserError, exit_code

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Callable

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_FAILURES = (*_NO_SPACE, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_SAID = tuple(os.strerror(number) for number in _NO_SPACE)
_LITTLE = 1 << 16
_ROOM = "Make room on that disk, or move Bazel's output base (`--output_user_root`) to another one; then build again."
_ALLOW = "Let the user who builds do that, and see that the disk is mounted for writing; then build again."


def is_to_blame(error: BaseException) -> bool:
    """Whether this is the machine's failure, and not that of what was being read or written."""
    return isinstance(error, OSError) and error.errno in _FAILURES


@contextlib.contextmanager
def naming(file: Path) -> Iterator[None]:
    """Has errors name the file: one that comes from writing does not know it."""
    try:
        yield
    except OSError as error:
        if is_to_blame(error) and not error.filename:
            error.filename = str(file)
        raise


def failure(error: OSError, folder: str) -> UserError:
    """The error for the user.

    Args:
        error: the machine's.
        folder: where it was, if the error does not know.
    """
    where = os.path.relpath(error.filename) if isinstance(error.filename, str) else folder
    reason = error.strerror or str(error)
    if error.errno in _NO_SPACE:
        return UserError(f"The disk is full: {reason}.", where=where, fix=_ROOM)
    return UserError(f"This machine does not let the build go on: {reason}.", where=where, fix=_ALLOW)


def action_exit_code(action: Callable[[], int]) -> int:
    """Runs an action's program, and turns errors into messages, also those of the machine.

    Returns:
        its exit code, or 1 after a message on standard error.
    """

    def told() -> int:
        try:
            return action()
        except OSError as error:
            if not is_to_blame(error):
                raise
            raise failure(error, os.curdir) from error

    return exit_code(told, failed=1)


def full_disk(error: UserError, folder: Path, name: str) -> UserError | None:
    """The error that a full disk lies behind, if it does.

    Args:
        error: what failed.
        folder: where it was building.
        name: the folder as the user knows it.
    """
    if not is_full(folder) and not any(said in error.what for said in _SAID):
        return None
    return UserError(f"The disk is full: {_SAID[0]}. {error.what}", where=f"{error.where} in {name}".strip(), fix=_ROOM)


def is_full(folder: Path) -> bool:
    """Whether nothing more can be written to the folder's disk."""
    try:
        status = os.statvfs(folder)
    except OSError:
        return False
    return status.f_bavail * status.f_frsize < _LITTLE or (status.f_files > 0 and not status.f_favail)
