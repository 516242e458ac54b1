"""Which programs a backend and all that it starts run, as the kernel tells it.

A seccomp filter (see `seccomp`) has the kernel tell this process of each execve and then go on with it. Where a machine
does not allow it, nothing is recorded, and that is said.
"""

from __future__ import annotations

import contextlib
import os
import platform
import stat
import threading
from typing import TYPE_CHECKING

from common.linux.seccomp import NATIVE, Listener

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.linux.seccomp import Call

_FIRST_KERNEL = (5, 5)
_EXECVE: dict[str, dict[int, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    # Of each machine, for each way into its kernel: the audit architecture, and the numbers of execve and execveat.
    # On x86-64 a program may also call as an i386 or an x32 one does, on aarch64 it may be a 32-bit ARM one.
    "x86_64": {
        NATIVE["x86_64"]: ((59, 0x40000000 + 520), (322, 0x40000000 + 545)),
        0x40000003: ((11,), (358,)),
    },
    "aarch64": {NATIVE["aarch64"]: ((221,), (281,)), 0x40000028: ((11,), (387,))},
}
_LONGEST = 4096
_DEEPEST = 40
_RELEASE = "/proc/sys/kernel/osrelease"
_PATIENCE = 10  # seconds, for a thread that gets no CPU


class Programs:
    """Records the programs of one build.

    Args:
        own: a folder; what its programs start is not recorded: the compiler wrappers'.
    """

    def __init__(self, own: str) -> None:
        self._own = os.path.realpath(own) + "/"
        self._machine = platform.machine()
        self._lock = threading.Lock()
        self._found: dict[str, set[str]] = {}
        self._looked_away = self._machine not in _EXECVE or _kernel() < _FIRST_KERNEL
        self._listeners: list[Listener] = []

    @property
    def complete(self) -> bool:
        """Whether every process could be watched."""
        return all(one.installed(_PATIENCE) for one in self._listeners) and not self._looked_away

    def found(self) -> dict[str, set[str]]:
        """Paths of the programs, as they were asked for, each with the programs that asked."""
        with self._lock:
            return {path: set(by) for path, by in self._found.items()}

    def watch(self) -> Callable[[], None] | None:
        """Prepares for one child.

        Returns:
            what the child has to call before its own execve, or None where this machine can't.
        """
        if self._looked_away:
            return None
        calls = _EXECVE[self._machine]
        answers = {
            architecture: {
                **dict.fromkeys(by_path, lambda call: self._note(call, has_folder=False)),
                **dict.fromkeys(by_folder, lambda call: self._note(call, has_folder=True)),
            }
            for architecture, (by_path, by_folder) in calls.items()
        }
        self._listeners.append(Listener(answers, refuses_others=False))
        install = self._listeners[-1].install()

        def enter() -> None:
            with contextlib.suppress(OSError):  # the listener knows that, too
                install()

        return enter

    def _note(self, call: Call, *, has_folder: bool) -> None:
        try:
            self._record(call.process, call.arguments, has_folder)
        except OSError:
            self._looked_away = self._looked_away or call.waits()  # else it was killed, and starts nothing

    def _record(self, pid: int, arguments: tuple[int, ...], has_folder: bool) -> None:
        if has_folder:
            folder, address = arguments[0] & 0xFFFFFFFF, arguments[1]
            base = "cwd" if folder == 0xFFFFFF9C else f"fd/{folder}"
        else:
            base, address = "cwd", arguments[0]
        name = _text_at(pid, address)
        path = name if name.startswith("/") else os.path.join(os.readlink(f"/proc/{pid}/{base}"), name).rstrip("/")
        if not _is_program(path):
            return  # most often one of the folders in PATH
        by = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
        with self._lock:
            known = by in self._found.get(path, ())
        if known or self._is_below_own(pid):
            return
        with self._lock:
            for program in (path, *_interpreters(path)):
                self._found.setdefault(program, set()).add(by)

    def _is_below_own(self, pid: int) -> bool:
        for _ in range(_DEEPEST):
            if pid == os.getpid() or pid <= 1:
                break
            if os.readlink(f"/proc/{pid}/exe").startswith(self._own):
                return True
            with open(f"/proc/{pid}/stat", "rb") as file:
                pid = int(file.read().rpartition(b")")[2].split()[1])
        return False


def _kernel() -> tuple[int, ...]:
    """The kernel's version; not uname's answer, which is another one for processes with an old personality(2)."""
    try:
        with open(_RELEASE, encoding="ascii") as file:
            release = file.read()
    except OSError:
        release = os.uname().release
    return tuple(int(part) for part in release.split("-")[0].split(".")[:2] if part.isdigit())


def _text_at(pid: int, address: int) -> str:
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        # Not over the end of a page: the next one need not be there.
        data = b""
        while b"\0" not in data and len(data) < _LONGEST:
            place = address + len(data)
            data += os.pread(memory, 4096 - place % 4096, place)
    finally:
        os.close(memory)
    return os.fsdecode(data.partition(b"\0")[0])


def _is_program(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode) and os.access(path, os.X_OK)
    except OSError:
        return False


def _interpreters(script: str) -> list[str]:
    """The program in a script's first line, which the kernel starts itself."""
    try:
        with open(script, "rb") as file:
            first = file.read(256).partition(b"\n")[0]
    except OSError:
        return []
    words = first[2:].split() if first.startswith(b"#!") else []
    return [os.fsdecode(words[0])] if words else []
