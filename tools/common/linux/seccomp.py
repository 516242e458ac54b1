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

    Answer = Callable[["Call"], "int | None"]

NATIVE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""The audit architecture of a machine's own system calls, by the machine."""

_SECCOMP = {"x86_64": 317, "aarch64": 277}
_NO_NEW_PRIVILEGES = 38
_SET_FILTER, _FLAGS = 1, 4 | 8  # without speculation barriers, which would cost time; with a listener
_NOTIFY, _ALLOW, _UNKNOWN = 0x7FC00000, 0x7FFF0000, 0x00050000 | errno.ENOSYS
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _RETURN = 0x20, 0x15, 0x35, 0x06
_OTHER_ABI = 0x40000000
_RECEIVE, _SEND, _STILL_THERE = 0xC0502100, 0xC0182101, 0x40082102
_CONTINUE = 1


@dataclass(frozen=True)
class Call:
    """A system call that waits for its answer.

    Args:
        process: who called.
        architecture: how: an audit architecture.
        number: which call.
        arguments: the six arguments.
    """

    process: int
    architecture: int
    number: int
    arguments: tuple[int, ...]
    _listener: int
    _id: int

    @classmethod
    def receive(cls, listener: int) -> Call:
        """The next call.

        Raises:
            OSError: it waits no more.
        """
        request = bytearray(80)
        fcntl.ioctl(listener, _RECEIVE, request, True)
        identity, process = struct.unpack_from("=QI", request)
        number, architecture = struct.unpack_from("=iI", request, 16)
        return cls(process, architecture, number, struct.unpack_from("=6Q", request, 32), listener, identity)

    def waits(self) -> bool:
        """Whether it still does; else its process may have been killed, and its number be another one's."""
        try:
            fcntl.ioctl(self._listener, _STILL_THERE, struct.pack("=Q", self._id))
        except OSError:
            return False
        return True

    def answer(self, result: int | None, failure: int = 0) -> None:
        """Has it return a result or fail; without any of both the kernel does what was asked."""
        flags = _CONTINUE if result is None and not failure else 0
        with contextlib.suppress(OSError):  # it is gone
            fcntl.ioctl(self._listener, _SEND, struct.pack("=QqiI", self._id, result or 0, -failure, flags))


class Listener:
    """Answers system calls of one child and of all that it starts.

    Args:
        answers: for each audit architecture, by the number of a call, a function that gives its result, or None for
            that of the kernel, or raises OSError with what the call fails with.
        refuses_others: whether calls of other architectures, and x32's, fail as unknown ones, so that nobody gets
            around.
    """

    def __init__(self, answers: Mapping[int, Mapping[int, Answer]], *, refuses_others: bool) -> None:
        self._answers = answers
        self._filter = _code({machine: sorted(calls) for machine, calls in answers.items()}, refuses_others)
        self._known = threading.Event()
        self._installed = False

    def install(self) -> Callable[[], None]:
        """Prepares for the child.

        Returns:
            what the child has to call before its own execve; it raises OSError where the system does not allow it.
        """
        ours, theirs = socket.socketpair()
        child = _Filter(self._filter, theirs)
        threading.Thread(target=self._serve, args=(ours, theirs), daemon=True).start()
        return child

    def installed(self, patience: float) -> bool:
        """Whether the child's calls come here; waits for that up to `patience` seconds."""
        return self._known.wait(patience) and self._installed

    def _serve(self, ours: socket.socket, theirs: socket.socket) -> None:
        with ours, theirs:
            _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
        self._installed = bool(descriptors)
        self._known.set()
        if not descriptors:
            return
        (listener,) = descriptors
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        while True:
            events = poll.poll()
            if not events or not events[0][1] & select.POLLIN:
                break  # the last process is gone
            with contextlib.suppress(OSError):  # a signal was faster, or it is gone
                self._answer(Call.receive(listener))
        os.close(listener)

    def _answer(self, call: Call) -> None:
        if not call.waits():
            return
        result, failure = None, 0
        try:
            result = self._answers[call.architecture][call.number](call)
        except OSError as error:
            failure = error.errno or errno.EIO
        finally:  # whatever happened here, the process has to go on
            call.answer(result, failure)


def _code(calls: Mapping[int, list[int]], refuses_others: bool) -> bytes:
    """The filter's program, as Linux's classic BPF.

    Args:
        calls: the numbers to ask about, by the audit architecture.
        refuses_others: see `Listener`.
    """
    steps = []
    for architecture, numbers in calls.items():
        others = [(_JUMP_GREATER_EQUAL, 0, 1, _OTHER_ABI), (_RETURN, 0, 0, _UNKNOWN)] if refuses_others else []
        own = [
            (_LOAD, 0, 0, 0),
            *others,
            *((_JUMP_EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _NOTIFY),
        ]
        steps += [(_LOAD, 0, 0, 4), (_JUMP_EQUAL, 0, len(own), architecture), *own]
    steps.append((_RETURN, 0, 0, _UNKNOWN if refuses_others else _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


class _Filter:
    """What the child does: it installs the filter, and hands its listener over.

    Args:
        code: the filter's program.
        to: where the listener is sent.
    """

    def __init__(self, code: bytes, to: socket.socket) -> None:
        self._to = to
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._call = _SECCOMP[platform.machine()]
        self._code = ctypes.create_string_buffer(code, len(code))
        self._program = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(self._code)))

    def __call__(self) -> None:
        self._libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        listener = self._libc.syscall(self._call, _SET_FILTER, _FLAGS, self._program)
        if listener < 0:
            number = ctypes.get_errno()
            self._to.send(b"-")
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
