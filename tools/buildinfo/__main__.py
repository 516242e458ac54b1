"""Entry of the program that writes build information: `python program.zip buildinfo PARAMETERS.json`."""

from __future__ import annotations

import sys
from pathlib import Path

from buildinfo.record import RecordParams, record

if __name__ == "__main__":
    record(RecordParams.read(Path(sys.argv[2])))
