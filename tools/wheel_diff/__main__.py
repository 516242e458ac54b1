"""Entry of wheel_diff: `python3 tools/wheel_diff`, or the zip that `bazel run` starts."""

from __future__ import annotations

import sys
from pathlib import Path

if Path(__file__).parent.is_dir():  # not from a zip
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from wheel_diff.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
