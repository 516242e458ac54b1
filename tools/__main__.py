"""Entry of the helper zip: `python helper.zip JOB PARAMETERS.json`."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # Relative, so that the part that enters a closed root finds there what it has not imported yet.
    helper = os.path.relpath(sys.path[0])
    if not helper.startswith(os.pardir):
        sys.path[0] = helper
    from jobs import main

    sys.exit(main(sys.argv[1:]))
