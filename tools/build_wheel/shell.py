"""A shell in a build root that stays, for who wants to look around in it."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from build_wheel.inside import run_inside
from build_wheel.tool_check import known_tools
from common.errors import UserError
from isolation import closed
from isolation.debian import enter_debian
from isolation.fixed_machine import fixed_answers
from isolation.layout import CLOSED, SHELL, SHELL_INSIDE, Layout

if TYPE_CHECKING:
    from build_wheel.command import Command
    from build_wheel.params import BuildParams

_INPUTS = "inputs"
_AGAIN = (
    "Build the target again, and nothing else after it, with\n"
    "    --spawn_strategy=local --@rules_sdist//python/settings:keep_build_root=true"
)


def write_reentry(params: BuildParams, command: Command, real: Layout) -> None:
    """Writes the script that enters a closed root again.

    Args:
        params: the build's parameters.
        command: its command line.
        real: the real directories.
    """
    arguments = [command.parameters]
    if command.inputs:  # Bazel's file is Bazel's
        shutil.copyfile(command.inputs, real.root / _INPUTS)
        arguments.append(str(real.root / _INPUTS))
    helper = os.path.abspath(sys.path[0])  # noqa: PTH100 - resolving would lead out of the execution root
    line = [sys.executable, *closed.FLAGS, helper, "shell", *arguments]
    script = real.root / SHELL
    script.write_text(
        f"#!/bin/sh\n# A shell in the build root of {params.label}, closed as the build was.\n"
        f"{enter_debian()}cd {shlex.quote(str(real.execroot))} || exit 1\n"
        f"exec {shlex.join(line)}\n",
        encoding="utf-8",
    )
    script.chmod(0o755)


def open_shell(params: BuildParams, command: Command) -> int:
    """Runs a shell in the closed root of a build that is over.

    Args:
        params: the build's parameters.
        command: this job's command line.

    Returns:
        the shell's exit code.

    Raises:
        UserError: there is no such build root, or this machine has changed.
    """
    os.umask(0o022)
    execroot = Path.cwd()
    real = Layout(execroot, execroot / params.build_root)
    if not (real.root / SHELL_INSIDE).is_file():
        raise UserError(
            "There is no build root for a shell: it is gone, or the build did not come as far as its backend.",
            where=params.build_root,
            fix=_AGAIN,
        )
    try:
        code = run_inside("shell_inside", params, command, real=real, tools=known_tools(params, real))
    except FileNotFoundError as error:  # Bazel links to the inputs of what it built last, and only to these
        raise UserError("An input of the build is no longer there.", where=str(error.filename), fix=_AGAIN) from error
    _take_terminal()
    return code


def shell_inside(params: BuildParams) -> int:
    """Does the part of `open_shell` that runs in the closed root, with what a backend is told of the machine.

    Returns:
        the shell's exit code.
    """
    answers = fixed_answers(params.cpus)

    def enter() -> None:
        # A group that can be named in here: a shell gives the terminal back to the one that had it.
        os.setpgid(0, 0)
        _take_terminal()
        answers()

    code = subprocess.run(["/bin/sh", CLOSED.root / SHELL_INSIDE], preexec_fn=enter, check=False).returncode
    return code if code >= 0 else 128 - code


def _take_terminal() -> None:
    """Brings this process's group to the foreground of the terminal that is its standard input, if it is one."""
    if os.isatty(0):
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpgrp())
        signal.signal(signal.SIGTTOU, before)
