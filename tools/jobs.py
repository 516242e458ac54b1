"""The jobs that actions run: each reads a parameter file, and makes outputs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import machine
from errors import UserError
from processes import guarded

JOBS = ("build_wheel", "build_inside", "install_wheel")


def main(arguments: list[str]) -> int:
    """Runs one job, with a guard that lets nothing of it outlive it.

    Args:
        arguments: one of `JOBS`, its parameter file, and for a wheel perhaps the file that lists the action's inputs.

    Returns:
        the exit code: 0, or 1 after a message on standard error.
    """
    job, *parameters = arguments
    try:
        return guarded(lambda: _run(job, parameters))
    except UserError as error:
        print(f"\nERROR: {error}\n", file=sys.stderr)
        return 1
    except OSError as error:
        if not machine.is_to_blame(error):
            raise
        print(f"\nERROR: {machine.failure(error, os.curdir)}\n", file=sys.stderr)
        return 1


def _run(job: str, arguments: list[str]) -> int:
    parameters = Path(arguments[0])
    if job == "install_wheel":
        from install_wheel.install import InstallParams, install

        install(InstallParams.read(parameters))
        return 0
    from build_wheel.build import build, build_inside
    from build_wheel.params import BuildParams

    params = BuildParams.read(parameters)
    return build_inside(params) if job == "build_inside" else build(params, arguments)
