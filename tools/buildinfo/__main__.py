"""Entry of the program that writes build information: `python program.zip buildinfo PARAMETERS.json`."""

from __future__ import annotations

import sys
from pathlib import Path

from buildinfo.record import RecordParams, record
from common.host_errors import action_exit_code


def main(arguments: list[str]) -> int:
    """Runs the job; returns the exit code of an action."""
    return action_exit_code(lambda: record(RecordParams.read(Path(arguments[1]))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
