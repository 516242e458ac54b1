"""Has the kernel ask this process about some system calls of its children (seccomp_unotify(2), Linux 5.5).

It takes no privileges, and unlike with ptrace the processes' signals, exit codes and children are their own. All that
they could see is that they can't gain privileges by setuid programs, as in Bazel's sandbox.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import errno
import fcntl
import os
import platform
import select
import socket
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Audit architecture, and the number of the system call seccomp, by the machine.
_MACHINES = {"x86_64": (0xC000003E, 317), "aarch64": (0xC00000B7, 277)}

_NO_NEW_PRIVILEGES = 38
_SET_FILTER, _FLAGS = 1, 4 | 8  # without speculation barriers, which would cost time; with a listener
_NOTIFY, _ALLOW, _ERROR = 0x7FC00000, 0x7FFF0000, 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _RETURN = 0x20, 0x15, 0x35, 0x06
_OTHER_ABI = 0x40000000
_RECEIVE, _SEND, _STILL_THERE = 0xC0502100, 0xC0182101, 0x40082102
_LONGEST = 4096


@dataclass(frozen=True)
class Call:
    """A system call that waits for its answer.

    Args:
        process: who called.
        number: which call.
        arguments: the six arguments.
    """

    process: int
    number: int
    arguments: tuple[int, ...]


class Listener:
    """Answers system calls of children.

    Args:
        answers: by the number of a call, a function that gives its result, or raises OSError with what it fails with.
            Calls of other architectures fail as unknown ones, so that nobody gets around.

    Raises:
        OSError: in the child, by `install`: the system does not allow it.
    """

    def __init__(self, answers: Mapping[int, Callable[[Call], int]]) -> None:
        self._answers = answers

    def install(self) -> Callable[[], None]:
        """Prepares for one child.

        Returns:
            what the child has to call before its own execve.
        """
        ours, theirs = socket.socketpair()
        child = _Filter(sorted(self._answers), theirs)
        threading.Thread(target=self._serve, args=(ours, theirs), daemon=True).start()
        return child

    def _serve(self, ours: socket.socket, theirs: socket.socket) -> None:
        with ours, theirs:
            _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
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
            with contextlib.suppress(OSError):  # a signal was faster, or it is gone
                fcntl.ioctl(listener, _RECEIVE, request, True)
                self._answer(listener, request)
        os.close(listener)

    def _answer(self, listener: int, request: bytearray) -> None:
        number, process = struct.unpack_from("=QI", request)
        call = Call(process, struct.unpack_from("=i", request, 16)[0], struct.unpack_from("=6Q", request, 32))
        try:
            fcntl.ioctl(listener, _STILL_THERE, struct.pack("=Q", number))
            result, failure = self._answers[call.number](call), 0
        except OSError as error:
            result, failure = 0, -(error.errno or errno.EIO)
        fcntl.ioctl(listener, _SEND, struct.pack("=QqiI", number, result, failure, 0))


class _Filter:
    """What the child does: it installs the filter, and hands its listener over.

    Args:
        calls: numbers of system calls.
        to: where the listener is sent.
    """

    def __init__(self, calls: list[int], to: socket.socket) -> None:
        self._to = to
        self._libc = ctypes.CDLL(None, use_errno=True)
        architecture, self._call = _MACHINES[platform.machine()]
        steps = [
            (_LOAD, 0, 0, 4),
            (_JUMP_EQUAL, 1, 0, architecture),
            (_RETURN, 0, 0, _ERROR | errno.ENOSYS),
            (_LOAD, 0, 0, 0),
            (_JUMP_GREATER_EQUAL, 0, 1, _OTHER_ABI),
            (_RETURN, 0, 0, _ERROR | errno.ENOSYS),
            *((_JUMP_EQUAL, len(calls) - index, 0, call) for index, call in enumerate(calls)),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _NOTIFY),
        ]
        code = b"".join(struct.pack("=HBBI", *step) for step in steps)
        self._code = ctypes.create_string_buffer(code, len(code))
        self._program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(self._code)))

    def __call__(self) -> None:
        self._libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        listener = self._libc.syscall(self._call, _SET_FILTER, _FLAGS, self._program)
        if listener < 0:
            number = ctypes.get_errno()
            raise OSError(number, f"seccomp: {os.strerror(number)}")
        self._to.sendmsg([b"+"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener]))])
        os.close(listener)


def write_memory(process: int, address: int, data: bytes) -> None:
    """Writes to a process's memory.

    Not through /proc, which may be one of other process ids: see `closed_root`.

    Raises:
        OSError: it can't be written there.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(data, len(data))
    ours = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), len(data))
    theirs = (ctypes.c_size_t * 2)(address, len(data))
    one, no_flags = ctypes.c_ulong(1), ctypes.c_ulong(0)
    libc.process_vm_writev.restype = ctypes.c_ssize_t
    written = libc.process_vm_writev(process, ours, one, theirs, one, no_flags)
    if written != len(data):
        number = ctypes.get_errno() if written < 0 else errno.EFAULT
        raise OSError(number, os.strerror(number))
