"""Entry of init: `python3 tools/init`, or the zip that `bazel run` starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if Path(__file__).parent.is_dir():  # not from a zip, which has the libraries in it
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from common.libraries import OF_LOCK, check_libraries

    check_libraries("init", OF_LOCK)

import jobs
from common.errors import exit_code


def main(arguments: list[str]) -> int:
    """Runs the command, or what `lock` starts this program again for."""
    if arguments[:1] and arguments[0] in jobs.JOBS:
        return jobs.main(arguments)
    if any(word.startswith("--part=") for word in arguments):  # the lock of another Python
        from lock.command import lock

        return exit_code(lambda: lock(arguments))
    from init.command import init  # not for jobs

    return exit_code(lambda: init(arguments), interrupted="Interrupted; type the same again.")


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # waits for no thread that hangs in a download
