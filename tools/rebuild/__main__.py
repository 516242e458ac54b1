"""Entry of rebuild: `python3 tools/rebuild`, or the zip that `bazel run` starts.

It starts itself once more for each job of the helper, in the same form as Bazel's actions do.
"""

from __future__ import annotations

import sys
from pathlib import Path

if Path(__file__).parent.is_dir():  # not from a zip, which has the libraries in it
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from common.libraries import LIBRARIES, check_libraries

    check_libraries("rebuild", LIBRARIES)

import jobs
from common.errors import exit_code


def main(arguments: list[str]) -> int:
    """Runs the command, or a job, and turns errors into messages."""
    if arguments[:1] and arguments[0] in jobs.JOBS:
        return jobs.main(arguments)
    from rebuild.command import rebuild  # not for jobs

    return exit_code(lambda: rebuild(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
