"""Entry of the zip that py_wheel_reproducibility_test starts: `python program.zip JOB ARGUMENT...`."""

from __future__ import annotations

import sys
from pathlib import Path

from common.errors import exit_code


def main(arguments: list[str]) -> int:
    """Runs one job.

    Args:
        arguments: "test" with a parameter file and the runfiles' root, or "facts" with a file to write and the job
            count; the second is what a test runs in a rebuild's place, to see what its conditions look like.

    Returns:
        the exit code: 0, or 1 for a test that failed.
    """
    job, first, second = arguments
    if job == "facts":
        from reproducibility_test.facts import write_facts

        write_facts(Path(first), jobs=second)
        return 0
    from reproducibility_test.vary import vary

    return exit_code(lambda: vary(Path(first), Path(second)), failed=1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
