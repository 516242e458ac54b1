"""Entry of the lock tool: `python3 tools/lock`, or the zip that `bazel run` starts."""

from __future__ import annotations

import sys
from pathlib import Path

if Path(__file__).parent.is_dir():  # not from a zip
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from errors import UserError
from lock.make import lock


def main(arguments: list[str]) -> int:
    """Runs the command and turns errors into messages."""
    try:
        return lock(arguments)
    except UserError as error:
        print(f"\nERROR: {error}\n", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
