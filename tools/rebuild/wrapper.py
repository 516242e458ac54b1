"""Compiles the program that stands before compilers, which Bazel does for actions."""

from __future__ import annotations

import shutil
import subprocess
from importlib.resources import files
from typing import TYPE_CHECKING

from common.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ".compiler_wrapper"
"""Where the program is, in the execution root."""


def compile_wrapper(root: Path) -> str:
    """Compiles it with this machine's own C compiler: its bytes get into no wheel.

    No flag and no program of the build information is used: this runs outside of the closed build.

    Args:
        root: the execution root.

    Returns:
        the program, relative to that.

    Raises:
        UserError: there is no compiler on PATH, or it fails.
    """
    (root / FOLDER).mkdir()
    sources = list((files("build_wheel") / "cc" / "wrapper").iterdir())
    for entry in sources:
        (root / FOLDER / entry.name).write_bytes(entry.read_bytes())
    names = sorted(entry.name for entry in sources if entry.name.endswith(".c"))
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    said = "there is none on PATH"
    if compiler:
        line = [compiler, "-O2", "-o", "wrapper", *names]
        done = subprocess.run(line, cwd=root / FOLDER, capture_output=True, text=True, errors="replace", check=False)
        said = done.stderr.strip() if done.returncode else ""
    if said:
        raise UserError(
            f"The compiler wrapper can't be compiled: {said}",
            where="rebuild, which needs a C compiler of this machine for that, besides the recorded one",
            fix="Install a C compiler (Debian: gcc and libc6-dev), so that `cc` is on PATH.",
        )
    return f"{FOLDER}/wrapper"
