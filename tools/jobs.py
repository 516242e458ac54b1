"""The jobs that actions run: each reads a parameter file, and makes outputs."""

from __future__ import annotations

from pathlib import Path

from common.host_errors import action_exit_code
from common.processes import guarded

JOBS = ("ask_inside", "ask_sdist", "build_wheel", "build_inside", "install_wheel", "shell", "shell_inside")


def main(arguments: list[str]) -> int:
    """Runs one job, with a guard that lets nothing of it outlive it.

    Args:
        arguments: one of `JOBS` and its parameter file; what else those for wheels take, `build_wheel.command` says.
            "shell" is what the script in a closed build's root starts; "build_inside" and "shell_inside" are parts of
            jobs that run in closed roots.

    Returns:
        the exit code: 0, or 1 after a message on standard error; that of the shell for "shell".
    """
    job, *parameters = arguments
    if job == "build_inside":  # it knows what the backend must not; before there are two processes of it
        from common.linux.namespaces import hide_memory

        hide_memory()
    return action_exit_code(lambda: guarded(lambda: _run(job, parameters)))


def _run(job: str, arguments: list[str]) -> int:
    parameters = Path(arguments[0])
    if job == "install_wheel":
        from install_wheel.install import InstallParams, install

        install(InstallParams.read(parameters))
        return 0
    if job in ("ask_inside", "ask_sdist"):
        from build_wheel.question import ask_inside, ask_sdist

        return ask_inside(parameters) if job == "ask_inside" else ask_sdist(parameters)
    from build_wheel.command import Command
    from build_wheel.params import BuildParams

    params, command = BuildParams.read(parameters), Command.read(arguments)
    if job in ("shell", "shell_inside"):
        from build_wheel.shell import open_shell, shell_inside

        return open_shell(params, command) if job == "shell" else shell_inside(params)
    from build_wheel.build import build, build_inside

    return build_inside(params) if job == "build_inside" else build(params, command)
