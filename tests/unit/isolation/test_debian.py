"""Scripts that have to run in the Debian where they were written."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from isolation.debian import enter_debian

if TYPE_CHECKING:
    from pathlib import Path


def test_a_script_enters_the_root_that_it_was_written_in(tmp_path: Path) -> None:
    enter, mark, script = tmp_path / "enter it", tmp_path / "mark", tmp_path / "a script"
    enter.write_text(f'#!/bin/sh\necho "entered $1"; shift; touch "{mark}"; exec "$@"\n')
    enter.chmod(0o755)
    mark.write_text(f"{enter}\n/the root\n")
    script.write_text(f'{enter_debian(mark)}echo "here $1"\n')
    line = ["/bin/sh", str(script), "word"]
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout == "here word\n"
    mark.unlink()
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout == "entered /the root\nhere word\n"


def test_elsewhere_there_is_nothing_to_enter(tmp_path: Path) -> None:
    assert enter_debian(tmp_path / "none") == ""
