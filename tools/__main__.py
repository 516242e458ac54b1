"""Entry of the helper zip: `python helper.zip JOB PARAMETERS.json`."""

from __future__ import annotations

import sys

from jobs import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
