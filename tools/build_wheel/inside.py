"""Starts jobs of a wheel's action in a closed root that has what the action has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from isolation import closed
from isolation.closed_root import Seen
from isolation.inputs import all_inputs, real_inputs
from isolation.layout import CLOSED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from build_wheel.command import Command
    from build_wheel.params import BuildParams
    from fingerprint.content import Contents
    from isolation.layout import Layout


def run_inside(
    job: str,
    params: BuildParams,
    command: Command,
    *,
    real: Layout,
    tools: Sequence[Contents],
    told: Mapping[str, object] | None = None,
) -> int:
    """Runs one job in a closed root.

    Args:
        job: one that has the parameter file as its only argument.
        params: the parameters.
        command: this process's command line.
        real: the real directories, which exist.
        tools: files of the machine that it sees.
        told: see `closed.run`.

    Returns:
        the job's exit code; it has printed what it has to say.

    Raises:
        UserError: this machine does not allow it.
    """
    from jobs import main  # which imports what imports this

    if command.inputs:
        inputs = Path(command.inputs).read_text(encoding="utf-8").splitlines()
    else:  # who runs this without Bazel has nothing else in the execution root
        inputs = all_inputs(str(real.execroot), (params.build_root, params.output, params.host_files_output))
    etc = command.etc
    seen = Seen(
        contents=tools,
        inputs=real_inputs(str(real.execroot), inputs),
        links={place: str(CLOSED.path(path)) for place, path in params.runfiles.items()},
        etc={name: f"{etc}/{name}" for name in all_inputs(etc, ())} if etc else {},
        cpus=params.cpus,
    )
    return closed.run(real, [job, command.parameters], seen, told=told, main=main)
