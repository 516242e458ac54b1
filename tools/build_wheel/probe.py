"""Entry: `python3 tools/build_wheel/probe.py`: exits with 0 where builds can be closed on this machine, else says why.

Stands alone: it runs while Bazel loads, from the sources.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).absolute().parents[1])

from build_wheel import namespaces
from build_wheel.closed_root import ALL_NAMESPACES, BUILD_ROOT, GROUP, HOST_NAME, USER, build_root
from build_wheel.fixed_machine import fixed_answers


def main() -> int:
    """Makes a closed root with nothing in it in a child process.

    Returns:
        the exit code: 0, or 1 after a message on standard error.
    """
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            _exit_after(lambda: _enter(folder))
        return min(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 1)


def _enter(folder: str) -> None:
    namespaces.enter(ALL_NAMESPACES, user=USER, group=GROUP)
    child = os.fork()
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    place, build = f"{folder}/root", f"{folder}/build"
    for path in (place, build):
        Path(path).mkdir()
    namespaces.keep_mounts_private()
    build_root(place, contents=(), inputs={}, links={}, etc={}, build=build, temporary=build, cpus=1)
    subprocess.run(["/proc/self/exe"], preexec_fn=fixed_answers(1), stdin=subprocess.DEVNULL, check=True)
    namespaces.change_root(place)
    namespaces.set_names(HOST_NAME, HOST_NAME)
    namespaces.fix_addresses()
    os.chdir(BUILD_ROOT)


def _exit_after(action: object) -> None:
    assert callable(action)
    code = 1
    try:
        action()
        code = 0
    except (OSError, subprocess.SubprocessError) as error:
        print(error, file=sys.stderr, flush=True)
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
