"""A skip in CI that the machine gives no reason for is a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPS = """
import pytest

@pytest.mark.skipif(True, reason="there is no clang")
def test_known(): pass

@pytest.mark.skipif(True, reason="no gcc")
def test_by_a_mark(): pass

def test_in_itself():
    pytest.skip("this machine does not tell of programs")
"""


def skips(folder: Path, **variables: str) -> str:
    shutil.copy(CONFTEST, folder)
    (folder / "test_these.py").write_text(SKIPS)
    line = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(folder), "-p", "no:cacheprovider", str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | variables
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[-1]


def test_a_skip_for_no_known_reason_fails_in_ci(tmp_path: Path) -> None:
    assert skips(tmp_path, CI="1").startswith("1 failed, 1 skipped, 1 error")


def test_elsewhere_any_skip_is_one(tmp_path: Path) -> None:
    assert skips(tmp_path).startswith("3 skipped")
