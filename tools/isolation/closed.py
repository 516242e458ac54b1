"""Runs a job of the helper as the first process of a closed root (see `closed_root`)."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import struct
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError, show_error
from common.libraries import LIBRARIES, library_places
from common.linux import namespaces
from common.processes import end_children, end_with_parent
from isolation.closed_root import ALL_NAMESPACES, EXECROOT, GROUP, HOST_NAME, USER, build_root, refuse_hidden
from isolation.fixed_machine import fix_limits
from isolation.layout import OF_THE_SYSTEM, TOLD, plain_executable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from isolation.closed_root import Seen
    from isolation.layout import Layout

_REFUSED = 125
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1


def not_allowed(error: OSError) -> UserError:
    """The error where this machine can't do what the action's key says."""
    place = f" ({error.filename})" if error.filename else ""
    return UserError(
        f"This machine does not let a build be closed: {error.strerror or error}{place}.",
        where="the setting isolation=closed of rules_sdist, which needs user, mount and process namespaces",
        fix="Allow them (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
        "kernel.apparmor_restrict_unprivileged_userns; a container's seccomp profile; a worker that runs as root "
        "without capabilities has to run as another user), or build without, for all machines:\n"
        "    build --@rules_sdist//python/settings:isolation=mapped",
    )


def run(
    real: Layout,
    arguments: Sequence[str],
    seen: Seen,
    *,
    told: Mapping[str, object] | None,
    main: Callable[[list[str]], int],
) -> int:
    """Runs the helper in a closed root, and waits for it.

    Where interpreter and helper have the same paths there, a child of this process goes on; that saves the start of a
    Python, and imports. Else the helper starts anew.

    Args:
        real: the real directories, which exist.
        arguments: the helper's command line, a job and its parameters.
        seen: what it sees.
        told: for the helper, as JSON through the file descriptor `TOLD`; nothing else of the build sees it.
        main: what runs a command line of the helper.

    Returns:
        the helper's exit code; it has printed what it has to say.

    Raises:
        UserError: this machine does not allow it, or a file of it would not be seen.
    """
    refuse_hidden(seen.contents)
    helper, added = _helper(real)
    base = getattr(sys, "_base_executable", sys.executable)  # a virtual environment has no files of its own
    interpreter = plain_executable(base)
    command = [_inside(interpreter, real), *FLAGS, *helper, *arguments]
    goes_on = command[0] == interpreter and not added and not Path(sys.path[0]).is_absolute()

    def start() -> int:
        _enter(real, replace(seen, inputs={**seen.inputs, **added}))
        return _go_on(main, list(arguments), interpreter) if goes_on else os.execve(command[0], command, _ENVIRONMENT)

    sys.stdout.flush()
    given, giving = os.pipe()
    outer = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(giving)
        os.dup2(given, TOLD)
        os.set_inheritable(TOLD, True)
        _become(outer, start)
    os.close(given)
    return _awaited(child, giving, told)


def _awaited(child: int, giving: int, told: Mapping[str, object] | None) -> int:
    """Tells the child what it has to know, and returns its exit code; nothing that it started is left."""
    try:
        with os.fdopen(giving, "w", encoding="utf-8") as file:
            json.dump(told, file)
    except BrokenPipeError:
        pass  # it has ended
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        end_children()


def _enter(real: Layout, seen: Seen) -> None:
    """Closes this process, the first of its namespaces, in."""
    place = real.root / "r"
    place.mkdir(exist_ok=True)
    namespaces.keep_mounts_private()
    build_root(str(place), seen, build=str(real.root), temporary=str(real.temporary))
    namespaces.change_root(str(place))
    namespaces.set_names(HOST_NAME, HOST_NAME)
    _start_loopback()
    namespaces.fix_addresses()
    fix_limits()
    os.chdir(EXECROOT)


FLAGS = ("-I", "-S", "-B", "-X", "utf8")
"""Python's, for the helper: the same as in `run_helper` in python/private/toolchain/interpreter.bzl."""

_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}


HELPER = ".helper"
"""Below the execution root: a helper that is no input of the action."""

_START = f"""import runpy, sys
sys.path[:0] = ["{EXECROOT}/{HELPER}/libraries"]
runpy.run_path("{EXECROOT}/{HELPER}/tools", run_name="__main__")
"""


def _helper(real: Layout) -> tuple[list[str], dict[str, str]]:
    """The arguments that start this helper in the closed root, and what has to be there for that besides the inputs."""
    helper = os.path.abspath(sys.path[0])  # noqa: PTH100 - resolving would lead out of the sandbox
    inside = _inside(helper, real)
    if inside != helper:
        return [inside], {}
    if Path(helper).is_file():  # of another program, which has this helper in it
        return [f"{EXECROOT}/{HELPER}"], {HELPER: helper}
    added = {f"{HELPER}/tools": helper}  # a source checkout
    for place in library_places(LIBRARIES).values():
        added[f"{HELPER}/libraries/{Path(place).name}"] = place
    return ["-c", _START], added


def _inside(path: str, real: Layout) -> str:
    below = os.path.relpath(path, real.execroot)
    is_of_system = below.startswith("..") or (real.execroot == Path("/") and below.split("/")[0] in OF_THE_SYSTEM)
    return path if is_of_system else f"{EXECROOT}/{below}"


def _go_on(main: Callable[[list[str]], int], arguments: list[str], interpreter: str) -> int:
    """Runs the helper in this process, without what it has from outside; returns its exit code."""
    # By its plain path: in the root, a link such as /usr/bin/python3 is something else.
    sys.executable = sys._base_executable = interpreter  # type: ignore[attr-defined]
    namespaces.drop_privileges()
    os.closerange(TOLD + 1, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(_ENVIRONMENT)
    try:
        return main(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # as Python does: nothing else is there to tell it
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()


def _become(outer: int, start: Callable[[], int]) -> None:
    """Becomes the parent of the closed root's first process, or that process; does not return."""
    code = _REFUSED
    try:
        end_with_parent(outer, signal.SIGKILL)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        namespaces.enter(ALL_NAMESPACES, user=USER, group=GROUP)
        first = os.fork()
        if first:
            code = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
        else:
            end_with_parent(os.getppid(), signal.SIGKILL)
            code = start()
    except OSError as error:
        show_error(not_allowed(error))
        code = 1
    finally:
        os._exit(code if code >= 0 else 128 - code)


def _start_loopback() -> None:
    """Switches the one network device on, for programs that talk to themselves."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = bytearray(struct.pack("16sh22x", b"lo", 0))
        fcntl.ioctl(any_socket, _GET_FLAGS, request, True)
        (flags,) = struct.unpack_from("h", request, 16)
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh22x", b"lo", flags | _UP))
