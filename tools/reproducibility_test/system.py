"""System calls that Python's standard library has not, or only since 3.12. Linux."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

NEW_MOUNTS, NEW_HOST_NAME, NEW_USERS, NEW_PROCESSES = 0x20000, 0x4000000, 0x10000000, 0x20000000
FIXED_ADDRESSES, OLD_KERNEL = 0x0040000, 0x0020000
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 1 << 18
_ASK_PERSONALITY = 0xFFFFFFFF
_SET_PARENT_DEATH_SIGNAL = 1
# Which namespaces are this process's own, or its parent's: root could change those of the machine.
_own = 0


def _call(name: str, *arguments: int | bytes | None) -> int:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    # A plain int would be cut to 32 bits.
    result: int = function(*(ctypes.c_ulong(item) if isinstance(item, int) else item for item in arguments))
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def unshare(namespaces: int) -> None:
    """Leaves the given namespaces for new ones."""
    _call("unshare", namespaces)


def enter_namespaces(namespaces: int, user: int, group: int) -> None:
    """Enters a new user namespace, in which this user has the given ids, and further namespaces.

    Raises:
        OSError: the machine forbids it. The process may have left its old ones half-way: try in a child first.
    """
    own_user, own_group = os.getuid(), os.getgid()
    unshare(NEW_USERS | namespaces)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {own_user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {own_group} 1", encoding="ascii")
    if namespaces & NEW_MOUNTS:
        _call("mount", b"none", b"/", None, _RECURSIVE | _PRIVATE, None)
    global _own
    _own |= namespaces


def _needs(namespace: int) -> None:
    if not _own & namespace:
        raise PermissionError(errno.EPERM, "this would change the machine itself")


def mount_memory(folder: Path) -> None:
    """Mounts a file system that lives in memory."""
    _needs(NEW_MOUNTS)
    _call("mount", b"none", os.fsencode(folder), b"tmpfs", 0, None)


def mount_processes(place: str = "/proc") -> None:
    """Mounts the /proc of a new process namespace."""
    _needs(NEW_MOUNTS)
    _needs(NEW_PROCESSES)
    _call("mount", b"none", os.fsencode(place), b"proc", 0, None)


def bind(source: str, place: str) -> None:
    """Shows a file or folder in another place."""
    _needs(NEW_MOUNTS)
    _call("mount", os.fsencode(source), os.fsencode(place), None, _BIND | _RECURSIVE, None)


def set_host_name(name: str, domain: str) -> None:
    """Sets the names of this host name namespace."""
    _needs(NEW_HOST_NAME)
    _call("sethostname", name.encode(), len(name))
    _call("setdomainname", domain.encode(), len(domain))


def personality(*, add: int = 0) -> int:
    """Adds to this process's personality, and returns what it was."""
    old = _call("personality", _ASK_PERSONALITY)
    if add:
        _call("personality", old | add)
    return old


def end_with_parent() -> None:
    """Asks the system to kill this process when its parent ends."""
    _call("prctl", _SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def in_child(function: Callable[[], NoReturn]) -> int:
    """Runs a function in a forked child, which never returns; returns its process id."""
    child = os.fork()
    if child:
        return child
    try:
        end_with_parent()
        function()
    except BaseException:
        traceback.print_exc()
        os._exit(125)


def problem(function: Callable[[], None]) -> str:
    """Tries something in a child, and returns what the system said against it, or ""."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            try:
                function()
            except OSError as error:
                os.write(writer, str(error.strerror or error).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said
