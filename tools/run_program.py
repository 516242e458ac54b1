"""Starts the zip that lies beside this file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

program = Path(__file__).parent / "program.zip"
sys.exit(subprocess.run([sys.executable, "-I", str(program), *sys.argv[1:]], check=False).returncode)
