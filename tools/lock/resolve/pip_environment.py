"""A virtual environment with the pip that Python brings: the interpreter itself may have none, or another one."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

from common.errors import UserError


def make_environment(folder: Path) -> Path:
    """Makes one. Unpacking pip takes a tenth of the time in which `venv` has pip install itself.

    Args:
        folder: where.

    Returns:
        its interpreter.

    Raises:
        UserError: this Python can't.
    """
    wheel = bundled_pip()
    line = [sys.executable, "-m", "venv", *(["--without-pip"] if wheel else []), str(folder)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(
            f"{sys.executable} can't make a virtual environment:\n{(done.stdout + done.stderr).strip()}",
            where="pip, which resolves the build requirements, runs in one",
            fix="Install what is missing; on Debian: apt-get install python3-venv.",
        )
    if wheel:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(next(folder.glob("lib/python*/site-packages")))
    return folder / "bin" / "python"


def bundled_pip() -> Path | None:
    """The wheel of pip from which `venv` installs it; None where it lies elsewhere than usual."""
    own = importlib.util.find_spec("ensurepip")
    place = sysconfig.get_config_var("WHEEL_PKG_DIR") or (own and own.origin and Path(own.origin).parent / "_bundled")
    wheels = list(Path(place).glob("pip-*.whl")) if own and place else []
    return wheels[0] if len(wheels) == 1 else None
