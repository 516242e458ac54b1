"""The test: builds a wheel again under varied conditions and compares the bytes with those that Bazel built."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError
from reproducibility_test.conditions import TookTooLongError
from reproducibility_test.machine import Machine
from reproducibility_test.params import VaryParams
from reproducibility_test.rebuild import ADDRESSES, CLOCK, Outcome, Rebuilder
from reproducibility_test.report import Result, Varied, as_xml, html, text
from reproducibility_test.search import Cause, Search
from reproducibility_test.variations import BY_NAME, VARIATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

_USUAL_TIMEOUT = 300
_JOBS = "jobs"
_ENOUGH = 0.9  # of Bazel's time limit; the rest is for the report


def vary(params_file: Path, runfiles: Path) -> int:
    """Runs the test.

    Args:
        params_file: its parameters.
        runfiles: the root of its runfiles.

    Returns:
        0 if the wheel is the same, 1 if it is not.

    Raises:
        UserError: the test itself can't run.
    """
    end = time.monotonic() + _ENOUGH * float(os.environ.get("TEST_TIMEOUT", _USUAL_TIMEOUT))
    params = VaryParams.read(params_file)
    unknown = sorted(set(params.without) - BY_NAME.keys())
    if unknown:
        raise UserError(
            f"There is no variation {', '.join(unknown)}.",
            where=f"`without` of {params.label}",
            fix=f"Known ones: {', '.join(BY_NAME)}.",
        )
    runfiles = Path(os.path.abspath(runfiles))  # noqa: PTH100 - resolving would lead out of the sandbox
    work = Path(tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR")))
    machine = Machine(work, runfiles / params.preload if params.preload else None)
    rebuilder = Rebuilder(params, runfiles, machine, end)
    try:
        result = _result(params, runfiles, machine, rebuilder)
    except TookTooLongError:
        raise UserError(
            "There was no time to build the wheel once more.",
            where=params.label,
            fix='Give the test more: `timeout = "long"`, or "eternal".',
        ) from None
    print(text(result))
    _keep(result)
    return 1 if result.causes else 0


def _result(params: VaryParams, runfiles: Path, machine: Machine, rebuilder: Rebuilder) -> Result:
    varied = _in_effect(params, machine, rebuilder)
    names = tuple(varied.changes)
    built = Outcome.of(runfiles / params.inputs / params.wheel)
    started = time.monotonic()
    rebuilt = rebuilder.build(frozenset(names), undisturbed=not {CLOCK, ADDRESSES} & set(names))
    seconds = time.monotonic() - started
    causes = () if rebuilt.same_as(built) else _causes(rebuilder, built, rebuilt, names)
    return Result(
        label=params.label,
        wheel=Path(params.wheel).name,
        built=built,
        rebuilt=rebuilt,
        varied=varied,
        causes=causes,
        builds=rebuilder.builds,
        seconds=seconds,
    )


def _causes(rebuilder: Rebuilder, built: Outcome, rebuilt: Outcome, names: Sequence[str]) -> tuple[Cause, ...]:
    causes = tuple(Search(rebuilder).causes(built, rebuilt, names))
    if rebuilder.is_closed and [cause.kind for cause in causes] == ["elsewhere"]:
        plain = rebuilder.build(frozenset(), undisturbed=True)
        if plain.same_as(built):  # nothing but addresses tells it from the others
            return (Cause("variation", (ADDRESSES,), plain, rebuilt),)
    return causes


def _in_effect(params: VaryParams, machine: Machine, rebuilder: Rebuilder) -> Varied:
    """Tells which variations make a difference to a process that looks, and to a closed build."""
    wanted = [item.name for item in VARIATIONS if item.name not in params.without and not item.forbidden(machine)]
    plain, other = rebuilder.facts(frozenset()), rebuilder.facts(frozenset(wanted))
    forbidden = {item.name: item.forbidden(machine) for item in VARIATIONS}  # the machine has been tried now
    changes = {name: (plain[name], other[name]) for name in wanted if plain[name] != other[name]}
    seen = _seen_inside(rebuilder, wanted) if rebuilder.is_closed else changes
    hidden = tuple(name for name in changes if name not in seen)
    changes = {name: (seen.get(name) or changes[name]) for name in wanted if name in changes or name in seen}
    not_varied = {
        name: why or f"a process sees no difference: {plain[name]}"
        for name, why in forbidden.items()
        if name not in params.without and name not in changes
    }
    return Varied(changes, not_varied, tuple(sorted(params.without)), hidden)


def _seen_inside(rebuilder: Rebuilder, wanted: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The variations that make a difference to a closed build, with what it saw without and with them."""
    plain, other = rebuilder.facts_inside(frozenset()), rebuilder.facts_inside(frozenset(wanted) - {_JOBS})
    if _JOBS in wanted:  # by itself: so many jobs, so many CPUs does a closed build see
        other[_JOBS] = rebuilder.facts_inside(frozenset({_JOBS}))[_JOBS]
    return {name: (plain[name], other[name]) for name in wanted if plain[name] != other[name]}


def _keep(result: Result) -> None:
    """Writes what Bazel keeps of a test beside its log."""
    report = os.environ.get("XML_OUTPUT_FILE")
    if report:
        Path(report).write_text(as_xml(result), encoding="utf-8")
    kept = os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR")
    if not result.causes or not kept or not shutil.which("zip"):  # without it, Bazel could not pack them, and fail
        return
    page = html(result)
    if page:
        (Path(kept) / "difference.html").write_text(page, encoding="utf-8")
    if result.rebuilt.wheel:
        shutil.copyfile(result.rebuilt.wheel, Path(kept) / result.rebuilt.wheel.name)
    print("The wheel that was built again, and difference.html, are in test.outputs, beside this log.")
