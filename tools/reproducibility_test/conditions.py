"""The conditions under which a wheel is built again, and a process that has them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reproducibility_test import system

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import NoReturn

    from reproducibility_test.machine import Machine

ETC = Path("/etc")
USUAL_PROCESS = 300
_USED_UP = 300


@dataclass(frozen=True)
class Conditions:
    """What a process sees of its machine, as far as it may differ from what this process sees.

    Args:
        variables: the environment.
        umask: the umask.
        user: the user's id; None for this one.
        group: the group's id; None for this one.
        host_name: the host's name and domain; None for this one's.
        cpus: the CPUs that may be used; None for all.
        personality: what is added to the process's personality.
        first_process: about the process id.
        etc: contents of files below /etc, by their names there.
        files: contents of other files, by their paths; those that do not exist are left out.
        more_jobs: added to what the rule says under `cpus`.
        below: the folder below the machine's place for builds in which the execution root lies.
        in_memory: whether that place is on a file system in memory.
    """

    variables: Mapping[str, str]
    umask: int = 0o022
    user: int | None = None
    group: int | None = None
    host_name: tuple[str, str] | None = None
    cpus: frozenset[int] | None = None
    personality: int = 0
    first_process: int = USUAL_PROCESS
    etc: Mapping[str, bytes] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    more_jobs: int = 0
    below: str = ""
    in_memory: bool = False


class TookTooLongError(Exception):
    """A process did not end in time."""


def run(
    conditions: Conditions, machine: Machine, command: Sequence[str], *, folder: Path, log: Path, seconds: float
) -> int:
    """Runs a command under these conditions and returns its exit code.

    What the machine does not allow is left out: `facts` tells afterwards what was really different.

    Args:
        conditions: the conditions.
        machine: what it allows.
        command: the program's path, and its arguments.
        folder: where it starts.
        log: the file for its output.
        seconds: how long it may take.

    Raises:
        TookTooLongError: it did not end in time, and was killed.
    """
    scratch = _contents(conditions, machine)

    def start() -> NoReturn:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, descriptor in enumerate((nothing, output, output)):
            os.dup2(descriptor, number)
        sys.stdin, sys.stdout, sys.stderr = (open(number, closefd=False) for number in range(3))  # noqa: SIM115
        _enter(conditions, machine, scratch, lambda: _execute(conditions, scratch, command, folder))

    child = system.in_child(start)
    return _wait(child, seconds)


def _wait(child: int, seconds: float) -> int:
    end = time.monotonic() + seconds
    pause = 0.002
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise TookTooLongError
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def _contents(conditions: Conditions, machine: Machine) -> Path:
    """Writes the files that take the place of others, and returns the folder with `etc`, `files` and `proc`."""
    scratch = machine.new_folder("contents")
    for name in ("etc", "files", "proc"):
        (scratch / name).mkdir()
    for name, content in conditions.etc.items():
        (scratch / "etc" / name).parent.mkdir(parents=True, exist_ok=True)
        (scratch / "etc" / name).write_bytes(content)
    for number, content in enumerate(conditions.files.values()):
        (scratch / "files" / str(number)).write_bytes(content)
    return scratch


def _enter(conditions: Conditions, machine: Machine, scratch: Path, execute: Callable[[], NoReturn]) -> NoReturn:
    """Takes on what belongs to namespaces, and goes on to `execute`, here or in a child."""
    if machine.namespaces:
        _execute_later(conditions, execute)
    user = os.getuid() if conditions.user is None else conditions.user
    group = os.getgid() if conditions.group is None else conditions.group
    wanted = system.NEW_MOUNTS | system.NEW_HOST_NAME
    system.enter_namespaces(wanted | (0 if machine.processes else system.NEW_PROCESSES), user, group)
    if conditions.in_memory:
        system.bind(str(machine.in_memory), str(machine.place))
    if conditions.host_name:
        system.set_host_name(*conditions.host_name)
    if conditions.etc and not machine.etc:
        cover_etc(scratch / "etc")
    if machine.processes:
        _execute_later(conditions, execute)

    def first() -> NoReturn:
        system.mount_processes()
        # One more, in which nothing will be covered: else the kernel would not let a closed build mount its own.
        system.mount_processes(str(scratch / "proc"))
        with contextlib.suppress(OSError):
            Path("/proc/sys/kernel/ns_last_pid").write_text(str(conditions.first_process - 1), encoding="ascii")
        only = system.in_child(execute)
        while True:  # whoever is left without a parent is the first process's child
            ended, status = os.wait()
            if ended == only:
                _exit_as(status)

    _exit_as(os.waitpid(system.in_child(first), 0)[1])


def _execute_later(conditions: Conditions, execute: Callable[[], NoReturn]) -> NoReturn:
    """Executes with a higher process id, where there is no namespace in which the kernel could be told the next one."""
    if conditions.first_process > USUAL_PROCESS:
        for _ in range(_USED_UP):
            os.waitpid(system.in_child(lambda: os._exit(0)), 0)
    _exit_as(os.waitpid(system.in_child(execute), 0)[1])


def _exit_as(status: int) -> NoReturn:
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def cover_etc(over: Path) -> None:
    """Makes /etc look as if the files in a folder were in it, too."""
    # Each entry by itself: no overlay, which older kernels forbid users, and all of them where /etc has mounts below.
    kept = {
        entry.name: (os.open(entry.path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC), entry)
        for entry in os.scandir(ETC)
        if not (over / entry.name).exists()
    }
    system.mount_memory(ETC)
    shutil.copytree(over, ETC, dirs_exist_ok=True)
    for name, (descriptor, entry) in kept.items():
        if entry.is_symlink():
            (ETC / name).symlink_to(os.readlink("", dir_fd=descriptor))
        else:
            (ETC / name).mkdir() if entry.is_dir() else (ETC / name).touch()
            system.bind(f"/proc/self/fd/{descriptor}", str(ETC / name))
        os.close(descriptor)


def _execute(conditions: Conditions, scratch: Path, command: Sequence[str], folder: Path) -> NoReturn:
    for number, place in enumerate(conditions.files):
        with contextlib.suppress(OSError):  # also where there is no namespace of ours to do it in
            system.bind(str(scratch / "files" / str(number)), place)
    if conditions.cpus:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, conditions.cpus)
    if conditions.personality:
        with contextlib.suppress(OSError):
            system.personality(add=conditions.personality)
    os.umask(conditions.umask)
    os.chdir(folder)
    os.execve(command[0], list(command), dict(conditions.variables))
