"""bazelw, started where nobody has a Bazel."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from support import BAZELW

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def run(*arguments: str, env: Mapping[str, str], launcher: Path = BAZELW) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(launcher), *arguments], env=dict(env), capture_output=True, text=True, check=False)


def bare_environment(folder: Path) -> dict[str, str]:
    """An environment in which PATH has the system's programs, but no Bazel."""
    return {
        "HOME": str(folder / "home"),
        "PATH": "/usr/bin:/bin",
        "PIP_INDEX_URL": "http://user:secret@127.0.0.1:9/simple",
        "RULES_SDIST_CACHE": str(folder / "cache"),
    }
