"""Nothing that a job starts outlives it, and no job outlives who asked for it.

Bazel's linux-sandbox kills what is left in it. Elsewhere a compiler, or the whole build, would go on after a `kill -9`:
with an execution root, and so with outputs, that the next build uses, too. So a guard waits for the process that does
the job. Each sees to it that whatever is below it ends, and each notices the other's death; on Linux (prctl(2)) that
includes processes whose parents are gone, and daemons.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_DEATH_SIGNAL, _REAPER = 1, 36
_TICK = 0.25  # seconds
_GRACE = 10.0  # seconds that a job gets to remove its files
_WAITS_FOR_BAZEL = "process-wrapper"
"""Bazel's program between its server and an action without a sandbox; it does not notice the server's death."""


def guarded(job: Callable[[], int]) -> int:
    """Runs a job in a child process.

    Both processes return from here, each with what it has to exit with.

    Args:
        job: returns its exit code. When it is to end early it gets a SystemExit, so that it can clean up.

    Raises:
        UserError: the job was killed.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    _control(_REAPER, 1)
    waiting = _who_waits()
    guard = os.getpid()
    worker = os.fork()
    if worker:
        return _guard(worker, waiting)
    try:
        _control(_REAPER, 1)
        end_with_parent(guard, signal.SIGTERM)
        return job()
    finally:
        end_children()


def end_with_parent(parent: int, number: int) -> None:
    """Asks the system to send this process a signal when its parent ends; sends it now if that has ended already.

    Args:
        parent: the parent's id.
        number: the signal.
    """
    if _control(_DEATH_SIGNAL, number) and os.getppid() != parent:
        os.kill(os.getpid(), number)


def end_children() -> None:
    """Kills all processes below this one, and waits until they are gone."""
    with contextlib.suppress(ChildProcessError):  # there is none: the end
        while True:
            if os.waitpid(-1, os.WNOHANG)[0]:
                continue
            children = _children()
            for child in children:  # theirs become ours
                os.kill(child, signal.SIGKILL)
            if not children:
                break  # a system that does not tell
            os.waitpid(-1, 0)


def _guard(worker: int, waiting: tuple[int, ...]) -> int:
    def tick(_number: int, _frame: FrameType | None) -> None:
        if _who_waits() != waiting:
            _stop(signal.SIGTERM, None)

    signal.signal(signal.SIGALRM, tick)
    try:
        signal.setitimer(signal.ITIMER_REAL, _TICK, _TICK)
        _, status = os.waitpid(worker, 0)
    except SystemExit:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _end_gently(worker)
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        end_children()
    if os.WIFSIGNALED(status):
        killer = signal.Signals(os.WTERMSIG(status))
        raise UserError(
            f"The build was killed by signal {killer.value} ({killer.name}).",
            fix="Build again. If it was the kernel, for want of memory (see `dmesg`), let fewer actions run at once "
            "(`--jobs`), or give the target more `cpus`, which reserves more memory.",
        )
    return os.WEXITSTATUS(status)


def _end_gently(worker: int) -> None:
    os.kill(worker, signal.SIGTERM)
    end = time.monotonic() + _GRACE
    with contextlib.suppress(ChildProcessError):
        while not os.waitpid(worker, os.WNOHANG)[0] and time.monotonic() < end:
            time.sleep(0.01)


def _stop(number: int, _frame: FrameType | None) -> None:
    for again in (signal.SIGTERM, signal.SIGINT):
        signal.signal(again, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _who_waits() -> tuple[int, ...]:
    """Who asked for this job: the parent, and if that only waits on behalf of Bazel's server, this as well."""
    parent = os.getppid()
    try:
        with open(f"/proc/{parent}/stat", "rb") as file:  # noqa: PTH123 - four times a second
            name, _, rest = file.read().partition(b"(")[2].rpartition(b")")
    except OSError:
        return (parent,)
    return (parent, int(rest.split()[1])) if name == _WAITS_FOR_BAZEL.encode() else (parent,)


def _children() -> list[int]:
    """Children of this process; nobody but this process can free their numbers."""
    own = str(os.getpid()).encode()
    found = []
    for name in os.listdir("/proc") if sys.platform == "linux" else ():  # noqa: PTH208 - rarely, but hundreds
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
            if name.isdigit() and file.read().rpartition(b")")[2].split()[1] == own:
                found.append(int(name))
    return found


def _control(option: int, value: int) -> bool:
    """Calls prctl; returns whether this system has it."""
    if sys.platform != "linux":
        return False
    import ctypes

    return bool(ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0) == 0)
