"""Entry of reproducibility_report: `python3 tools/reproducibility_report`, or the zip that `bazel run` starts."""

from __future__ import annotations

import sys
from pathlib import Path

if Path(__file__).parent.is_dir():  # not from a zip
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from common.errors import exit_code
from reproducibility_report.command import reproducibility_report

if __name__ == "__main__":
    sys.exit(exit_code(lambda: reproducibility_report(sys.argv[1:])))
