"""Entry of the program that writes build information: `python program.zip buildinfo PARAMETERS.json`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from buildinfo.record import RecordParams, record
from common import host_errors
from common.errors import exit_code, show_error


def main(arguments: list[str]) -> int:
    """Runs the job; returns the exit code of an action."""
    try:
        return exit_code(lambda: record(RecordParams.read(Path(arguments[1]))), failed=1)
    except OSError as error:
        if not host_errors.is_to_blame(error):
            raise
        show_error(host_errors.failure(error, os.curdir))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
