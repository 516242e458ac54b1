"""Finds which variations make a wheel differ, with few builds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reproducibility_test.conditions import TookTooLongError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reproducibility_test.rebuild import Outcome

MOST_BUILDS = 32
_OTHER_SECOND = 1.5


class Builder(Protocol):
    """Builds the wheel; see `rebuild.Rebuilder`."""

    builds: int

    @property
    def holdable(self) -> frozenset[str]: ...

    def build(self, varied: frozenset[str], held: frozenset[str] = frozenset()) -> Outcome: ...


@dataclass(frozen=True)
class Cause:
    """Why two builds differ.

    Args:
        kind: "variation", the one of `names` is enough; "varying", the same, and it differs by itself from build to
            build: `a` was built with it held fixed; "together", only several of them are, or it happens by chance;
            "unrepeatable", two builds under the same conditions differ; "elsewhere", all builds here are the same, and
            not what Bazel built; "unfinished", there may be (more) causes among `names`, and there was no time to look.
        names: variations, or what could be held fixed.
        a: one outcome.
        b: the other.
    """

    kind: str
    names: tuple[str, ...]
    a: Outcome
    b: Outcome


class _EnoughError(Exception):
    """There have been as many builds as are allowed."""


class Search:
    """Looks for causes.

    Args:
        builder: makes builds.
        most_builds: how many it may make, with those that it has made.
    """

    def __init__(self, builder: Builder, most_builds: int = MOST_BUILDS) -> None:
        self._builder = builder
        self._most_builds = most_builds
        self._suspects: tuple[str, ...] = ()

    def causes(self, built: Outcome, varied: Outcome, names: Sequence[str]) -> list[Cause]:
        """Explains why a rebuild differs.

        Args:
            built: what Bazel built.
            varied: what came of the rebuild under all variations.
            names: the variations.

        Returns:
            at least one cause.
        """
        found: list[Cause] = []
        self._suspects = tuple(names)
        try:
            self._find(built, varied, names, found)
        except (_EnoughError, TookTooLongError):
            found.append(Cause("unfinished", self._suspects, built, varied))
        return found

    def _find(self, built: Outcome, varied: Outcome, names: Sequence[str], found: list[Cause]) -> None:
        # Held fixed from the start: two builds in one second of the clock would seem to be repeatable.
        held = self._builder.holdable
        base = self._build((), held)
        if "clock" not in held:
            time.sleep(_OTHER_SECOND)
        again = self._build((), held)
        if not base.same_as(again):
            found.append(Cause("unrepeatable", (), base, again))
            return
        free = self._build(())
        if held and not free.same_as(base):
            for name in sorted(held):
                outcome = self._build((), held - {name})
                if not outcome.same_as(base):
                    found.append(Cause("varying", (name,), base, outcome))
            if not found:
                found.append(Cause("unrepeatable", (), base, free))
            known = {name for cause in found for name in cause.names}
            names = [name for name in names if name not in known]
            varied = self._build(names, held)
        if varied.same_as(base) and not found:
            found.append(Cause("elsewhere", (), built, free))
        while names and not varied.same_as(base):
            cause = self._smallest(base, varied, names, held)
            found.append(cause)
            names = [name for name in names if name not in cause.names]
            self._suspects = tuple(names)
            varied = self._build(names, held)

    def _smallest(self, base: Outcome, varied: Outcome, names: Sequence[str], held: frozenset[str]) -> Cause:
        """A cause among names that together make a difference: one, or the fewest that were seen to make it."""
        group, seen = tuple(names), tuple(names)
        while len(group) > 1:
            self._suspects = group
            half = group[: len(group) // 2]
            outcome = self._build(half, held)
            if outcome.same_as(base):
                group = group[len(half) :]  # it has to be here, but for several that only work together
            else:
                group = seen = half
                varied = outcome
        if group != seen:
            outcome = self._build(group, held)
            if outcome.same_as(base):
                return Cause("together", seen, base, varied)
            varied = outcome
        return Cause("variation", group, base, varied)

    def _build(self, names: Sequence[str], held: frozenset[str] = frozenset()) -> Outcome:
        if self._builder.builds >= self._most_builds:
            raise _EnoughError
        return self._builder.build(frozenset(names), held)
