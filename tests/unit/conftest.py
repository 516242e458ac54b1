"""Fixtures of the unit tests."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = TOOLS / "reproducibility_test" / "preload" / "preload.c"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that fixes answers."""
    made = tmp_path_factory.mktemp("preload") / "libpreload.so"
    warnings = ["-Wall", "-Wextra", "-Werror", "-Wno-nonnull-compare"]
    subprocess.run(["gcc", "-O2", *warnings, "-fPIC", "-shared", SOURCE, "-o", made, "-ldl"], check=True)
    return made
