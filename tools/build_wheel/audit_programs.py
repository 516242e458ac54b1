"""Which programs a backend and all that it starts run, as the kernel tells it.

A seccomp filter has the kernel tell this process of each execve and then go on with it (`SECCOMP_RET_USER_NOTIF`,
seccomp_unotify(2), Linux 5.5): no privileges, and unlike with ptrace the processes' signals, exit codes and children
are their own. All that they could see is that they can't gain privileges by setuid programs, as in Bazel's sandbox.
Where a machine does not allow it, nothing is recorded, and that is said.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import fcntl
import os
import platform
import select
import socket
import stat
import struct
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_KERNEL = (5, 5)
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_EXECVE: dict[str, dict[int, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    # Of each machine, for each way into its kernel: the audit architecture, and the numbers of execve and execveat.
    # On x86-64 a program may also call as an i386 or an x32 one does, on aarch64 it may be a 32-bit ARM one.
    "x86_64": {0xC000003E: ((59, 0x40000000 + 520), (322, 0x40000000 + 545)), 0x40000003: ((11,), (358,))},
    "aarch64": {0xC00000B7: ((221,), (281,)), 0x40000028: ((11,), (387,))},
}

_NO_NEW_PRIVILEGES = 38
_SET_FILTER, _FLAGS = 1, 4 | 8  # without speculation barriers, which would cost time; with a listener
_NOTIFY, _ALLOW = 0x7FC00000, 0x7FFF0000
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_RECEIVE, _SEND, _STILL_THERE = 0xC0502100, 0xC0182101, 0x40082102
_CONTINUE = 1
_LONGEST = 4096
_DEEPEST = 40
_RELEASE = "/proc/sys/kernel/osrelease"
_PATIENCE = 10  # seconds, for a thread that gets no CPU


class Programs:
    """Records the programs of one build.

    Args:
        own: words in a command line; what processes with one of them start is not recorded: the compiler wrappers'.
    """

    def __init__(self, own: str) -> None:
        self._own = os.fsencode(own)
        self._machine = platform.machine()
        self._lock = threading.Lock()
        self._found: dict[str, set[str]] = {}
        self._looked_away = self._machine not in _EXECVE or _kernel() < _FIRST_KERNEL
        self._answers: list[threading.Event] = []

    @property
    def complete(self) -> bool:
        """Whether every process could be watched."""
        for answer in self._answers:
            answer.wait(_PATIENCE)
        return not self._looked_away

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
        ours, theirs = socket.socketpair()
        install = _Filter(self._machine, theirs)
        self._answers.append(threading.Event())
        threading.Thread(target=self._serve, args=(ours, theirs, self._answers[-1]), daemon=True).start()
        return install

    def _serve(self, ours: socket.socket, theirs: socket.socket, answer: threading.Event) -> None:
        with ours, theirs:
            _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
        self._looked_away = self._looked_away or not descriptors
        answer.set()
        if not descriptors:
            return
        listener = descriptors[0]
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        while True:
            events = poll.poll()
            if not events or not events[0][1] & select.POLLIN:
                break  # the last process is gone
            request = bytearray(80)
            try:
                fcntl.ioctl(listener, _RECEIVE, request, True)
            except OSError:
                continue  # a signal was faster
            number, pid = struct.unpack_from("=QI", request)
            call, architecture = struct.unpack_from("=iI", request, 16)
            arguments = struct.unpack_from("=6Q", request, 32)
            try:
                self._note(pid, call in _EXECVE[self._machine][architecture][1], arguments)
            except OSError:
                with contextlib.suppress(OSError):
                    fcntl.ioctl(listener, _STILL_THERE, struct.pack("=Q", number))
                    self._looked_away = True  # else it was killed meanwhile, and starts nothing
            finally:
                with contextlib.suppress(OSError):  # it is gone
                    # Whatever happened here, the process has to go on.
                    fcntl.ioctl(listener, _SEND, struct.pack("=QqiI", number, 0, 0, _CONTINUE))
        os.close(listener)

    def _note(self, pid: int, has_folder: bool, arguments: tuple[int, ...]) -> None:
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
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if self._own in file.read(_LONGEST):
                    return True
            with open(f"/proc/{pid}/stat", "rb") as file:
                pid = int(file.read().rpartition(b")")[2].split()[1])
        return False


class _Filter:
    """What the child does: it installs the filter, and hands its listener over.

    Args:
        machine: of `_EXECVE`.
        to: where the listener is sent.
    """

    def __init__(self, machine: str, to: socket.socket) -> None:
        self._to = to
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._call = _SECCOMP[machine]
        steps = []
        for architecture, calls in _EXECVE[machine].items():
            numbers = [number for kind in calls for number in kind]
            steps += [(_LOAD, 0, 0, 4), (_JUMP_EQUAL, 0, len(numbers) + 3, architecture), (_LOAD, 0, 0, 0)]
            steps += [(_JUMP_EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
            steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _NOTIFY)]
        steps.append((_RETURN, 0, 0, _ALLOW))
        code = b"".join(struct.pack("=HBBI", *step) for step in steps)
        self._code = ctypes.create_string_buffer(code, len(code))
        self._program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(self._code)))

    def __call__(self) -> None:
        self._libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        listener = self._libc.syscall(self._call, _SET_FILTER, _FLAGS, self._program)
        if listener < 0:
            self._to.send(b"-")
            return
        self._to.sendmsg([b"+"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener]))])
        os.close(listener)


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
