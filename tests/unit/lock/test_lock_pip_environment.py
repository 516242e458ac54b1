"""The virtual environment in which pip runs."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from lock.resolve.pip_environment import bundled_pip, make_environment

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("is_bundled", [True, False])
def test_an_environment_has_a_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_bundled: bool) -> None:
    if not is_bundled:
        monkeypatch.setattr("lock.resolve.pip_environment.bundled_pip", lambda: None)
    elif bundled_pip() is None:
        pytest.skip("this Python brings no wheel of pip")
    python = make_environment(tmp_path / "e")
    assert subprocess.run([python, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0
