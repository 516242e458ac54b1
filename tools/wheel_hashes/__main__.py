"""Entry of wheel_hashes: `python3 tools/wheel_hashes`, or the zip that `bazel run` starts."""

from __future__ import annotations

import sys
from pathlib import Path

if Path(__file__).parent.is_dir():  # not from a zip
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from common.errors import exit_code
from wheel_hashes.command import wheel_hashes

if __name__ == "__main__":
    sys.exit(exit_code(lambda: wheel_hashes(sys.argv[1:])))
