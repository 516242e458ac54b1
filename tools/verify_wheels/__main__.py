"""Entry of verify_wheels: `python3 tools/verify_wheels`, or the zip that `bazel run` starts."""

from __future__ import annotations

import sys
from pathlib import Path

if Path(__file__).parent.is_dir():  # not from a zip
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from common.errors import exit_code
from verify_wheels.command import verify_wheels

if __name__ == "__main__":
    sys.exit(exit_code(lambda: verify_wheels(sys.argv[1:])))
