"""Runs the jobs of the helper as actions do: each in an interpreter of its own, in an execution root."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# See `run_helper` in python/private/toolchain/interpreter.bzl; -S would hide the libraries of a source checkout.
_FLAGS = ("-I", "-B", "-X", "utf8")
_VARIABLES = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}


def start_job(job: str, parameters: Mapping[str, Any], file: str, execution_root: Path) -> str:
    """Runs one job in a process of its own.

    Args:
        job: "build_wheel" or "install_wheel".
        parameters: what is in its parameter file.
        file: that file, to be written, relative to the execution root.
        execution_root: the folder to which all paths in it are relative.

    Returns:
        what went wrong, or "".
    """
    (execution_root / file).write_text(json.dumps(parameters), encoding="utf-8")
    program = os.path.abspath(sys.argv[0])  # noqa: PTH100 - perhaps a link to be kept
    done = subprocess.run(
        [sys.executable, *_FLAGS, program, job, file],
        cwd=execution_root,
        env=_VARIABLES,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return done.stdout.strip() or f"exit code {done.returncode}" if done.returncode else ""
