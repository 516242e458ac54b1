"""Compares the names that somebody typed with those that there are: one without an effect is an error."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from common.errors import UserError
from lock.inputs.read import read_inputs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lock.lockfile import Lock
    from lock.options import Options
    from lock.overrides import Overrides

_SHOWN = 12


def did_you_mean(name: str, known: Collection[str]) -> str:
    """The name that is most like a wrong one; else all, if they are few."""
    close = difflib.get_close_matches(name, sorted(known), 1)
    if close:
        return f"Did you mean {close[0]}?"
    return f"There are: {', '.join(sorted(known))}." if 0 < len(known) <= _SHOWN else ""


def check_typed(options: Options, overrides: Overrides, old: Lock | None) -> None:
    """Checks all names before anything is resolved, as far as nobody has to be asked for that.

    Args:
        options: the command line.
        overrides: what the user says.
        old: the lock that there is, or None.

    Raises:
        UserError: a name that would have no effect, with what may have been meant.
    """
    if not (options.build or options.wheel or options.upgrade or overrides.distributions):
        return
    required = {pin.name for path in options.inputs for pin in read_inputs(path)}
    _check(options.build, required, "--build", "is not among the requirements, so it can't be built")
    if not options.build_requires_from_source:  # else build requirements may be meant: `check_found`
        _check(options.wheel, required, "--wheel", "is not among the requirements")
        overrides.check_names(required, options.overrides, "is not among the requirements")
    if old:
        kept = old.build_requirements() | {str(canonicalize_name(crate.name)) for crate in old.crates}
        kept |= {sdist.distribution for sdist in old.sdists if sdist.git}
        for name in sorted((options.upgrade & required) - kept):
            raise UserError(
                f"{name} is a requirement, and no build requirement.",
                where="--upgrade",
                fix=f"Change its version in {' or '.join(path.name for path in options.inputs)}.",
            )
        _check(options.upgrade, kept, "--upgrade", "is no build requirement, crate or git source of the lock")


def check_found(options: Options, found: Collection[str]) -> None:
    """Checks what `check_typed` could not: exceptions from `--build-requires-from-source`.

    Args:
        options: the command line.
        found: all requirements and build requirements.

    Raises:
        UserError: as `check_typed`.
    """
    _check(options.wheel, found, "--wheel", "is neither a requirement nor a build requirement")


def _check(typed: Iterable[str], known: Collection[str], option: str, said: str) -> None:
    for name in sorted(set(typed) - set(known)):
        meant = did_you_mean(name, known)
        raise UserError(f"{name} {said}.", where=option, fix=f"{meant} Else leave the option out.".strip())
