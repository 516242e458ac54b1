"""Entry: `python3 tools/isolation/probe.py`: exits with 0 where builds can be closed on this machine, else says why.

Stands alone: it runs while Bazel loads, from the sources.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).absolute().parents[1])

from common.linux import namespaces
from isolation.closed_root import ALL_NAMESPACES, BUILD_ROOT, GROUP, HOST_NAME, USER, Seen, build_root
from isolation.fixed_machine import fixed_answers

if TYPE_CHECKING:
    from collections.abc import Callable


def why_not_closed() -> str:
    """Makes a closed root with nothing in it, in a child process.

    Returns:
        "" where this machine lets a build be closed, else what it says.
    """
    with tempfile.TemporaryDirectory() as folder:
        told, telling = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(told)
            _exit_after(lambda: _enter(folder), telling)
        os.close(telling)
        with os.fdopen(told, encoding="utf-8", errors="replace") as file:
            said = file.read().strip()
        code = os.waitpid(child, 0)[1]
        return "" if code == 0 else said or f"exit code {code}"


def main() -> int:
    """Entry; returns the exit code."""
    reason = why_not_closed()
    if reason:
        print(reason, file=sys.stderr)
    return 1 if reason else 0


def _enter(folder: str) -> None:
    namespaces.enter(ALL_NAMESPACES, user=USER, group=GROUP)
    child = os.fork()
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    place, build = f"{folder}/root", f"{folder}/build"
    for path in (place, build):
        Path(path).mkdir()
    namespaces.keep_mounts_private()
    build_root(place, Seen(contents=(), inputs={}, links={}, etc={}, cpus=1), build=build, temporary=build)
    subprocess.run(["/proc/self/exe"], preexec_fn=fixed_answers(1), stdin=subprocess.DEVNULL, check=True)
    namespaces.change_root(place)
    namespaces.set_names(HOST_NAME, HOST_NAME)
    namespaces.fix_addresses()
    os.chdir(BUILD_ROOT)


def _exit_after(action: Callable[[], None], telling: int) -> None:
    code = 1
    try:
        action()
        code = 0
    except (OSError, subprocess.SubprocessError) as error:
        os.write(telling, str(error).encode())
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
