"""Builds the wheel again, with the inputs and the helper of Bazel's action, under given conditions."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.errors import UserError
from common.files import remove_tree, sha256
from reproducibility_test import look, system
from reproducibility_test.answers import preloaded, repeats, stands_still, with_preload
from reproducibility_test.conditions import TookTooLongError, run
from reproducibility_test.variations import BY_NAME, conditions_with

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reproducibility_test.conditions import Conditions
    from reproducibility_test.machine import Machine
    from reproducibility_test.params import VaryParams

# See `run_helper` in python/private/toolchain/interpreter.bzl.
_FLAGS = ("-I", "-S", "-B", "-X", "utf8")
_MOST_LINES = 60
_LOOK = "rules_sdist_look"

CLOCK, RANDOM_NUMBERS, ADDRESSES = "clock", "random_numbers", "address_layout"


@dataclass(frozen=True)
class Outcome:
    """What came of a build.

    Args:
        wheel: the wheel, or None where the build failed.
        sha256: its hash, or "".
        failure: what the build said when it failed, or "".
    """

    wheel: Path | None
    sha256: str
    failure: str = ""

    @classmethod
    def of(cls, wheel: Path) -> Outcome:
        """That of a build which made this wheel."""
        return cls(wheel, sha256(wheel))

    def same_as(self, other: Outcome) -> bool:
        """Whether both made the same bytes, or both failed: what failures say may tell of the conditions."""
        return self.sha256 == other.sha256


class Rebuilder:
    """Builds one wheel, again and again.

    Args:
        params: the test's parameters.
        runfiles: the root of its runfiles.
        machine: this machine.
        end: when, by the monotonic clock, the last build has to have ended.
    """

    def __init__(self, params: VaryParams, runfiles: Path, machine: Machine, end: float) -> None:
        self._params = params
        self._runfiles = runfiles
        self._machine = machine
        self._end = end
        self._inputs = runfiles / params.inputs
        build_params = self._inputs / params.build_params
        self._build_params: dict[str, Any] = json.loads(build_params.read_text(encoding="utf-8"))
        self._started = int(time.time())
        self.is_closed = self._build_params["isolation"] == "closed"
        self.builds = 0
        self._can_fix_addresses = can_fix_addresses()

    @property
    def holdable(self) -> frozenset[str]:
        """What can be held fixed from build to build."""
        preloaded = () if self._machine.clock else (CLOCK, RANDOM_NUMBERS)
        return frozenset((*preloaded, ADDRESSES) if self._can_fix_addresses else preloaded)

    def facts(self, varied: frozenset[str]) -> dict[str, str]:
        """What a process sees under these conditions, by the names of variations.

        Raises:
            UserError: not even a Python starts under them.
        """
        conditions = conditions_with(varied, self._machine)
        _, seen = self._execution_root(conditions)
        output = self._machine.new_folder("facts") / "facts.json"
        jobs = str(self._jobs(conditions))
        command = [self._interpreter(), *_FLAGS, os.path.abspath(sys.argv[0]), "facts", str(output), jobs]  # noqa: PTH100 - a link
        code, log = self._run(conditions, command, seen)
        if code:
            if CLOCK in varied:
                # Such as a library that was compiled for another C library than this machine's.
                lines = log.strip().splitlines()
                self._machine.clock = f"with the library that shifts it, Python does not start: {(lines or [''])[-1]}"
                return self.facts(varied - {CLOCK})
            raise UserError(
                f"Under other conditions ({', '.join(sorted(varied)) or 'none'}) Python does not start:\n{log}",
                where=self._params.label,
                fix="Switch variations off with `without`, one by one, until it does, and report what is in the way.",
            )
        facts: dict[str, str] = json.loads(output.read_text(encoding="utf-8"))
        return facts

    def facts_inside(self, varied: frozenset[str]) -> dict[str, str]:
        """What a closed build sees under these conditions, by the names of variations; under none, as in its action.

        Raises:
            UserError: no closed build is possible under them.
        """
        conditions = self._conditions(varied, undisturbed=not varied)
        root, seen = self._execution_root(conditions)
        sources = {}
        for name, content in look.source_files().items():
            sources[name] = f"{_LOOK}/{name}"
            (root / _LOOK / name).parent.mkdir(parents=True, exist_ok=True)
            (root / _LOOK / name).write_bytes(content)
        params = look.parameters({**self._build_params, "cpus": self._jobs(conditions)}, sources)
        (root / _LOOK / "params.json").write_text(json.dumps(params), encoding="utf-8")
        added = [f"{_LOOK}/params.json", *sources.values()]
        code, log = self._run(conditions, self._build_command(conditions, added[0], added), seen)
        if code:
            raise UserError(
                f"Under other conditions ({', '.join(sorted(varied)) or 'none'}) a closed build can't be made:\n"
                f"{_failure(log)}",
                where=self._params.label,
                fix="Switch variations off with `without`, one by one, until it can, and report what is in the way; or "
                "test where no build is closed: --@rules_sdist//python/settings:isolation=mapped.",
            )
        return look.facts_in(root)

    def _conditions(self, varied: frozenset[str], *, undisturbed: bool) -> Conditions:
        """The conditions with the named variations.

        In a closed build addresses are fixed. The library that changes its clock moves them, and else nothing does: so
        all builds have it, that they can be compared with each other, but for undisturbed ones.
        """
        conditions = conditions_with(varied, self._machine)
        if self.is_closed and not undisturbed and not self._machine.clock:
            conditions = with_preload(conditions, self._machine)
        return conditions

    def _build_command(self, conditions: Conditions, params: str, more_inputs: Sequence[str] = ()) -> list[str]:
        command = [self._interpreter(), *_FLAGS, self._params.helper, "build_wheel", params]
        if not self.is_closed:
            return command
        folder = self._machine.new_folder("inside")
        inputs = folder / "inputs"
        inputs.write_text("".join(f"{path}\n" for path in (*self._params.listed, *more_inputs)), encoding="utf-8")
        files = preloaded(conditions)
        for name, content in files.items():
            file = folder / "etc" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return [*command, str(inputs), *(["--etc", str(folder / "etc")] if files else [])]

    def build(
        self, varied: frozenset[str], held: frozenset[str] = frozenset(), *, undisturbed: bool = False
    ) -> Outcome:
        """Builds the wheel.

        Args:
            varied: names of variations.
            held: what does not change from build to build, of `holdable`.
            undisturbed: whether memory addresses of a closed build are those of its action.

        Raises:
            TookTooLongError: there is no time left.
        """
        self.builds += 1
        conditions = self._conditions(varied, undisturbed=undisturbed)
        if CLOCK in held:
            conditions = stands_still(conditions, self._machine, self._started)
        if RANDOM_NUMBERS in held:
            conditions = repeats(conditions, self._machine)
        if ADDRESSES in held:
            conditions = BY_NAME[ADDRESSES].change(conditions, self._machine)
        root, seen = self._execution_root(conditions)
        code, log = self._run(conditions, self._build_command(conditions, self._params.build_params), seen)
        built = root / self._params.wheel
        if code:
            return Outcome(None, "", _failure(log))
        kept = self._machine.new_folder("wheel") / built.name
        kept.write_bytes(built.read_bytes())
        remove_tree(root)
        return Outcome.of(kept)

    def _run(self, conditions: Conditions, command: list[str], seen: Path) -> tuple[int, str]:
        log = self._machine.new_folder("log") / "log"
        left = self._end - time.monotonic()
        if left <= 0:
            raise TookTooLongError
        code = run(conditions, self._machine, command, folder=seen, log=log, seconds=left)
        return code, log.read_text(encoding="utf-8", errors="replace")

    def _interpreter(self) -> str:
        return self._params.interpreter

    def _jobs(self, conditions: Conditions) -> int:
        jobs: int = self._build_params["cpus"] + conditions.more_jobs
        return jobs

    def _execution_root(self, conditions: Conditions) -> tuple[Path, Path]:
        """Makes an execution root with the action's inputs; returns where it is, and where the build will see it."""
        place = self._machine.in_memory if conditions.in_memory and not self._machine.memory else self._machine.place
        for left in place.iterdir():
            remove_tree(left)
        root = place / conditions.below / "_main"
        root.mkdir(parents=True)
        link_files(self._inputs, root)
        # A closed build is told of the runfiles themselves.
        for program in () if self.is_closed else self._params.programs:
            (root / f"{program}.runfiles").symlink_to(self._runfiles)
        (root / self._params.wheel).unlink()
        if conditions.more_jobs:
            params = root / self._params.build_params
            params.unlink()
            changed = {**self._build_params, "cpus": self._jobs(conditions)}
            params.write_text(json.dumps(changed), encoding="utf-8")
        return root, self._machine.place / conditions.below / "_main"


def can_fix_addresses() -> bool:
    """Whether a process may switch off the random layout of its addresses."""

    def fix() -> None:
        system.personality(add=system.FIXED_ADDRESSES)

    return not system.problem(fix)


def link_files(source: Path, target: Path) -> None:
    """Makes the same folders with a link to each file, as Bazel's sandbox does."""
    for entry in sorted(os.scandir(source), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            (target / entry.name).mkdir()
            link_files(Path(entry.path), target / entry.name)
        else:
            (target / entry.name).symlink_to(entry.path)


def _failure(log: str) -> str:
    """The helper's message, or the end of what it said."""
    start = log.find("ERROR: ")
    lines = (log[start:] if start >= 0 else log).strip().splitlines()
    return "\n".join(lines[-_MOST_LINES:])
