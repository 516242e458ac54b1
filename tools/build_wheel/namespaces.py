"""Moves this process into Linux namespaces of its own, without privileges where the system allows that."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

NEW_MOUNTS = 0x00020000
NEW_NETWORK = 0x40000000

_NEW_USER = 0x10000000
_BIND = 0x1000
_RECURSIVE = 0x4000
_PRIVATE = 1 << 18


def enter(namespaces: int) -> None:
    """Moves this process into new namespaces; a user namespace is among them where it takes one.

    The ids stay: a build that looks at its user must not see another one than without this.

    Args:
        namespaces: `NEW_MOUNTS`, `NEW_NETWORK` or both.

    Raises:
        OSError: the system does not allow it; the process may be half-way, and of no more use.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if user == 0 and libc.unshare(namespaces) == 0:
        return
    if libc.unshare(_NEW_USER | namespaces) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def keep_mounts_private() -> None:
    """From now on nobody outside of this process's mount namespace sees what is mounted in it.

    Raises:
        OSError: the system does not allow it.
    """
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)


def mount_empty(place: str) -> None:
    """Mounts an empty folder, in memory, over a folder.

    Raises:
        OSError: the folder is not there, or the system does not allow it.
    """
    _mount("none", place, "tmpfs", 0, "mode=755")


def mount_folder(folder: str, place: str) -> None:
    """Mounts a folder, with all that is mounted below it, over another one.

    Raises:
        OSError: one of them is not there, or the system does not allow it.
    """
    _mount(folder, place, None, _BIND | _RECURSIVE)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    def encoded(text: str | None) -> bytes | None:
        return None if text is None else os.fsencode(text)

    libc = ctypes.CDLL(None, use_errno=True)
    libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]
    if libc.mount(encoded(source), encoded(target), encoded(kind), flags, encoded(options)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mount: {os.strerror(number)}", target)
