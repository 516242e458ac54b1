"""Builds one wheel: the part of an action that sees the machine.

It imports little: where a closed build starts Python anew, that Python imports all else.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from build_wheel.lock_language import for_lock
from build_wheel.outside import Outside
from build_wheel.tool_check import declared_files, known_tools
from common import host_errors
from common.errors import UserError
from common.files import remove_tree
from isolation.layout import CLOSED, FINISHED, RECORD, SHELL, TOLD, Layout, linked_execroots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build_wheel.command import Command
    from build_wheel.params import BuildParams


def build(params: BuildParams, command: Command) -> int:
    """Builds the wheel and writes it to `params.output`; leaves nothing else behind.

    Args:
        params: the parameters.
        command: the rest of the command line.

    Returns:
        0, or 1 where the build has told itself why there is no wheel.

    Raises:
        UserError: the wheel can't be built, is not the declared one, or would not be the same elsewhere.
    """
    os.umask(0o022)
    execroot = Path.cwd()
    real = Layout(execroot, execroot / params.build_root, linked_execroots(execroot, params.build_requires))
    try:
        with _telling(params, real), _naming_shell(params, real):
            real.create()
            tools = known_tools(params, real)
            outside = Outside.of(real, declared_files(params, real))
            if params.isolation == "closed":
                from build_wheel.inside import run_inside

                if params.keep_build_root:
                    from build_wheel.shell import write_reentry

                    write_reentry(params, command, real)
                code = run_inside("build_inside", params, command, real=real, tools=tools, told=outside.as_json())
                if code:
                    return code  # and `_naming_shell` names the shell below what was said in there
            else:
                from build_wheel.make_wheel import make_wheel

                make_wheel(params, real, outside, tools)
            for name, output in ((RECORD, params.host_files_output), (FINISHED, params.output)):
                (real.root / name).replace(real.path(output))  # whole or not at all
            return 0
    finally:
        if not params.keep_build_root:
            remove_tree(real.root)


def build_inside(params: BuildParams) -> int:
    """Does the part of `build` that runs in a closed root; a file descriptor tells of what is outside.

    Returns:
        0; the wheel lies in the build root.

    Raises:
        UserError: as `build`.
    """
    from build_wheel.make_wheel import make_wheel

    os.umask(0o022)
    with os.fdopen(TOLD, encoding="utf-8") as told:
        outside = Outside.from_json(json.load(told))
    with _telling(params, CLOSED):
        make_wheel(params, CLOSED, outside)
    return 0


@contextlib.contextmanager
def _naming_shell(params: BuildParams, real: Layout) -> Iterator[None]:
    """Where the build root stays, has the script that opens a shell in it be the last thing that is printed."""
    if not params.keep_build_root:
        yield
        return
    line = f"The build root stays; for a shell in it run: {real.root / SHELL}"
    try:
        yield
    except UserError as error:
        raise UserError(error.what, where=error.where, fix=f"{error.fix}\n{line}") from None
    print(line, file=sys.stderr)


@contextlib.contextmanager
def _telling(params: BuildParams, layout: Layout) -> Iterator[None]:
    """Has failures of the machine be told as such, and those of a lock's targets where they can be mended."""
    try:
        yield
    except OSError as error:
        if not host_errors.is_to_blame(error):
            raise
        raise host_errors.failure(error, params.build_root) from error
    except UserError as error:
        full = host_errors.full_disk(error, layout.root, params.build_root)
        if full:
            raise full from None
        raise (for_lock(error, params.expected.distribution) if params.from_lock else error) from None
