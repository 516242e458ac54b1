from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS

from common.errors import UserError
from lock.threads import scratch_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_error_is_told_while_another_thread_still_writes() -> None:
    done = threading.Event()

    def write(folder: Path) -> None:
        number = 0
        while not done.is_set():
            number += 1
            with contextlib.suppress(OSError):
                (folder / str(number)).touch()

    try:
        with pytest.raises(UserError, match="no such sdist"), scratch_folder() as folder:
            threading.Thread(target=write, args=(folder,)).start()
            while not (folder / "1000").exists():  # so many that the removal takes a while
                time.sleep(0.01)
            raise UserError("no such sdist", where="the index", fix="Take another.")
    finally:
        done.set()


WAITING = """
import multiprocessing, os, sys
multiprocessing.set_start_method("forkserver")  # Python 3.14's own
from concurrent.futures import ThreadPoolExecutor
from lock.threads import each
assert each(ThreadPoolExecutor(1), str, [1, 2], "numbers") == ["1", "2"]
os._exit(0)  # as the command ends
"""


def test_what_shows_the_progress_leaves_nothing_to_clean_up() -> None:
    environment = {**os.environ, "PYTHONPATH": str(TOOLS)}
    done = subprocess.run([sys.executable, "-c", WAITING], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""


NAMED = """
import os
from concurrent.futures import ThreadPoolExecutor
from lock.threads import each
assert each(ThreadPoolExecutor(1), str, [1, 2], "numbers", lambda item: f"number {item}") == ["1", "2"]
os._exit(0)
"""


def test_without_a_terminal_there_is_a_line_for_each() -> None:
    environment = {**os.environ, "PYTHONPATH": str(TOOLS)}
    done = subprocess.run([sys.executable, "-c", NAMED], env=environment, capture_output=True, text=True, check=True)
    counts, names = zip(*(line.split(": ") for line in done.stderr.splitlines()))
    assert counts == ("numbers 1/2", "numbers 2/2")
    assert sorted(names) == ["number 1", "number 2"]
