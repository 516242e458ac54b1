"""Linux namespaces and mounts, without privileges where the system allows that (namespaces(7), mount(2))."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
from pathlib import Path

NEW_CONTROL_GROUPS = 0x02000000
NEW_MOUNTS = 0x00020000
NEW_HOST_NAME = 0x04000000
NEW_IPC = 0x08000000
NEW_USER = 0x10000000
NEW_PROCESSES = 0x20000000
NEW_NETWORK = 0x40000000

_NO_SETUID, _READ_ONLY, _NO_DEVICES, _BIND, _RECURSIVE, _PRIVATE = 2, 1, 4, 0x1000, 0x4000, 1 << 18
_DETACH = 2
_DUMPABLE = 4
_CAPABILITIES_VERSION = 0x20080522
_NO_RANDOM_ADDRESSES = 0x0040000
_RECURSIVELY = 0x8000
_HERE = -100
_ATTRIBUTES = 442  # the same on every machine
_PIVOT = {"x86_64": 155, "aarch64": 41}

_libc = ctypes.CDLL(None, use_errno=True)
if hasattr(_libc, "mount"):
    _libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]


def enter(namespaces: int, *, user: int | None = None, group: int | None = None) -> None:
    """Moves this process into new namespaces; a user namespace is among them where it takes one.

    Args:
        namespaces: of the `NEW_...`, added up.
        user: the user that it is in a new user namespace; by default, and without one, the user that it was.
        group: the group, likewise.

    Raises:
        OSError: the system does not allow it; the process may be half-way, and of no more use.
    """
    if not hasattr(_libc, "unshare"):
        raise OSError(errno.ENOSYS, "unshare: this system has no namespaces")
    real_user, real_group = os.geteuid(), os.getegid()
    if not namespaces & NEW_USER and real_user == 0 and _libc.unshare(namespaces) == 0:
        return
    _check(_libc.unshare(NEW_USER | namespaces), "unshare")
    user, group = real_user if user is None else user, real_group if group is None else group
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {real_user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {real_group} 1", encoding="ascii")


def keep_mounts_private() -> None:
    """From now on nobody outside of this process's mount namespace sees what is mounted in it.

    Raises:
        OSError: the system does not allow it.
    """
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)


def mount_memory(place: str, mode: str = "755") -> None:
    """Mounts an empty folder, in memory, over a folder.

    Raises:
        OSError: the folder is not there, or the system does not allow it.
    """
    _mount("none", place, "tmpfs", _NO_SETUID | _NO_DEVICES, f"mode={mode}")


def mount_processes(place: str) -> None:
    """Mounts a /proc for this process's namespace.

    Raises:
        OSError: the folder is not there, or the system does not allow it.
    """
    _mount("none", place, "proc", _NO_SETUID | _NO_DEVICES)


def bind(source: str, place: str, *, recursive: bool = False) -> None:
    """Mounts a file or folder over another one.

    Args:
        source: what is mounted; links are followed.
        place: over which file or folder.
        recursive: whether what is mounted below it comes along.

    Raises:
        OSError: one of them is not there, or the system does not allow it.
    """
    _mount(source, place, None, _BIND | (_RECURSIVE if recursive else 0))


def make_read_only(place: str) -> None:
    """Makes a mount, and all below it, read-only (mount_setattr(2), Linux 5.12).

    Raises:
        OSError: the system does not allow it.
    """
    _set_attributes(place, _RECURSIVELY, (_READ_ONLY | _NO_SETUID, 0))


def make_writable(place: str) -> None:
    """Takes back what `make_read_only` did to this mount, and not to those below it.

    Raises:
        OSError: the system does not allow it.
    """
    _set_attributes(place, 0, (0, _READ_ONLY))


def _set_attributes(place: str, how: int, attributes: tuple[int, int]) -> None:
    structure = (ctypes.c_uint64 * 4)(*attributes, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(structure))
    _check(_libc.syscall(_ATTRIBUTES, _HERE, os.fsencode(place), how, structure, size), "mount_setattr", place)


def change_root(place: str) -> None:
    """Makes a mount the root of this process's namespace; the old root can't be reached any more (pivot_root(2)).

    Raises:
        OSError: the system does not allow it.
    """
    os.chdir(place)
    _check(_libc.syscall(_PIVOT[platform.machine()], b".", b"."), "pivot_root", place)
    _check(_libc.umount2(b".", _DETACH), "umount2", place)
    os.chdir("/")


def set_names(host: str, domain: str) -> None:
    """Sets what this process's namespace says of itself.

    Raises:
        OSError: the system does not allow it.
    """
    _check(_libc.sethostname(host.encode(), len(host)), "sethostname")
    _check(_libc.setdomainname(domain.encode(), len(domain)), "setdomainname")


def fix_addresses() -> None:
    """From its next program on, this process and its children have the same memory layout each time (personality(2)).

    Raises:
        OSError: the system does not allow it.
    """
    old = _libc.personality(ctypes.c_ulong(0xFFFFFFFF))
    _check(0 if _libc.personality(ctypes.c_ulong(old | _NO_RANDOM_ADDRESSES)) >= 0 else -1, "personality")


def drop_privileges() -> None:
    """Gives up what this process may do in its user namespace, as the start of a program would (capset(2)).

    Raises:
        OSError: the system does not allow it.
    """
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def hide_memory() -> None:
    """Keeps others from this process's memory, and from its files in /proc: processes of the same user (prctl(2)).

    Raises:
        OSError: the system does not allow it.
    """
    _check(_libc.prctl(_DUMPABLE, ctypes.c_ulong(0), 0, 0, 0), "prctl")


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    def encoded(text: str | None) -> bytes | None:
        return None if text is None else os.fsencode(text)

    result = _libc.mount(encoded(source), encoded(target), encoded(kind), flags, encoded(options))
    _check(result, "mount", source or target)


def _check(result: int, call: str, path: str | None = None) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}", path)
