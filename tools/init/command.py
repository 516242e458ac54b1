"""The command `init`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError
from init.module_file import NAME, read_module
from init.plan import make_plan
from lock.command import lock
from lock.lockfile import read_lock
from lock.options import parse_options
from lock.rules_python import normalized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from init.plan import Change, Plan

_DOC = """Brings a workspace from its pinned requirements to wheels that are built from source: looks at what is there,
says what it does, writes a lock, the lines of MODULE.bazel and what else is missing, and prints what to type next.
Options that it does not know go to `lock`, such as --build-all."""


def init(arguments: Sequence[str]) -> int:
    """Does what is left to do in a workspace; the second time that is nothing but a look at the lock.

    Args:
        arguments: the command line.

    Returns:
        0.

    Raises:
        UserError: what is missing, or what `lock` says. What was there before is as it was.
    """
    parsed, options = _parser().parse_known_args(arguments)
    root = _root(parsed.workspace)
    checkout = _checkout()
    if checkout == root:
        raise UserError(
            "This is the checkout of rules_sdist itself.",
            where=str(root),
            fix="Name your workspace: --workspace FOLDER",
        )
    os.environ["BUILD_WORKING_DIRECTORY"] = str(root)  # for lock, and what it starts
    plan = make_plan(
        root,
        read_module(root),
        checkout=checkout,
        requirements=parsed.requirements,
        pip_hub=parsed.pip_hub,
        options=options,
    )
    _say(root, plan)
    if parsed.dry_run:
        print("Nothing is written: --dry-run.")
        return 0
    _write(plan.before, root)
    for line in plan.locks:
        lock(line)
    _write(plan.after, root)
    print(f"\nDone. Next:\n  {_next(root, plan)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="init", description=_DOC, allow_abbrev=False)
    add = parser.add_argument
    add("--workspace", default="", metavar="FOLDER", help="the workspace; default: the one of this folder")
    add("--requirements", default="", metavar="FILE", help="the pinned requirements; default: those that are there")
    add("--pip-hub", default="", metavar="NAME", help="the hub of pip.parse; default: the only one")
    add("--dry-run", action="store_true", help="say what would be done, and do nothing")
    return parser


def _root(typed: str) -> Path:
    here = Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    if typed:
        folder = here / typed
        if not folder.is_dir():
            raise UserError(f"There is no folder {typed}.", where="--workspace", fix="Make it, or correct the path.")
        return folder.resolve()
    here = here.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / NAME).is_file()), here)


def _checkout() -> Path | None:
    """The checkout of rules_sdist that this runs from, if it does."""
    started = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    places = [Path(__file__).resolve().parents[2], *([Path(started).resolve()] if started else [])]
    return next((place for place in places if (place / "tools" / "init" / "plan.py").is_file()), None)


def _say(root: Path, plan: Plan) -> None:
    """What is going to happen."""
    print(f"In {root}:")
    for change in (*plan.before, *plan.after):
        size = f"{len(change.text.splitlines())} lines more, at its end" if change.file.exists() else "new"
        print(f"  {_name(change.file, root)}: {size}: {change.what}")
    for line in plan.locks:
        options = parse_options(line, root)
        made = "made anew where it is stale" if options.output.exists() else "new"
        inputs = ", ".join(_name(file, root) for file in options.inputs)
        print(f"  {_name(options.output, root)}: {made}: from {inputs}")
        if options.swap:
            print(
                f"  {_name(options.swap[1], root)}: written by lock: which of rules_python's repositories are replaced"
            )
    for note in plan.notes:
        print(f"  {note}")
    print(flush=True)


def _write(changes: Sequence[Change], root: Path) -> None:
    for change in changes:
        try:
            change.write()
        except OSError as error:
            raise UserError(
                f"{_name(change.file, root)} can't be written: {error.strerror}.",
                where=str(change.file),
                fix="Make it writable, and type the same again.",
            ) from error


def _name(file: Path, root: Path) -> str:
    return Path(os.path.relpath(file, root)).as_posix()


def _next(root: Path, plan: Plan) -> str:
    if plan.swaps:
        return f"bazel test @{plan.hub}//:check"
    made = read_lock(parse_options(plan.locks[-1], root).output)
    names = [item.distribution for item in made.sdists] + [item.distribution for item in made.wheels]
    return f"bazel build @{plan.hub}//{normalized(names[0])}" if names else f"bazel query @{plan.hub}//..."
