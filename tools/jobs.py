"""The jobs that actions run: each reads a parameter file, and makes outputs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import machine
from errors import UserError
from processes import guarded

JOBS = ("build_wheel", "install_wheel")


def main(arguments: list[str]) -> int:
    """Runs one job, with a guard that lets nothing of it outlive it.

    Args:
        arguments: one of `JOBS`, and its parameter file.

    Returns:
        the exit code: 0, or 1 after a message on standard error.
    """
    job, parameters = arguments
    try:
        return guarded(lambda: _run(job, Path(parameters)))
    except UserError as error:
        print(f"\nERROR: {error}\n", file=sys.stderr)
        return 1
    except OSError as error:
        if not machine.is_to_blame(error):
            raise
        print(f"\nERROR: {machine.failure(error, os.curdir)}\n", file=sys.stderr)
        return 1


def _run(job: str, parameters: Path) -> int:
    if job == "build_wheel":
        from build_wheel.build import build
        from build_wheel.params import BuildParams

        build(BuildParams.read(parameters))
    elif job == "install_wheel":
        from install_wheel.install import InstallParams, install

        install(InstallParams.read(parameters))
    else:
        raise ValueError(job)
    return 0
