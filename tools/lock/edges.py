"""Which of the locked distributions need which others at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lock.environments import Environment


def runtime_edges(
    requires_dist: Mapping[str, Sequence[str]], extras: Mapping[str, Iterable[str]], environment: Environment
) -> dict[str, tuple[str, ...]]:
    """The distributions that each one needs in an environment, with the extras that are asked for on the way.

    Args:
        requires_dist: PEP 508 strings by locked distribution, normalised.
        extras: what the inputs ask for, likewise.
        environment: decides the markers.

    Returns:
        by distribution those of the locked ones that it needs, sorted.
    """
    parsed = {name: [Requirement(line) for line in lines] for name, lines in requires_dist.items()}
    asked = {name: set(extras.get(name, ())) for name in parsed}
    edges: dict[str, set[str]] = {name: set() for name in parsed}
    waiting = list(parsed)
    while waiting:
        name = waiting.pop()
        for requirement in parsed[name]:
            needed = str(canonicalize_name(requirement.name))
            if needed not in parsed or not environment.holds(requirement, asked[name]):
                continue
            if needed != name:
                edges[name].add(needed)
            more = {str(canonicalize_name(extra)) for extra in requirement.extras} - asked[needed]
            if more:
                asked[needed] |= more
                waiting.append(needed)
    return {name: tuple(sorted(found)) for name, found in edges.items()}


def cycles(edges: Iterable[tuple[str, str]], groups: Iterable[Iterable[str]] = ()) -> tuple[tuple[str, ...], ...]:
    """The sets of distributions that need each other.

    Args:
        edges: pairs of one that needs another.
        groups: sets that count as such in any case.

    Returns:
        each sorted, all sorted.
    """
    below: dict[str, set[str]] = {}
    for name, needed in edges:
        below.setdefault(name, set()).add(needed)
    for group in groups:
        members = list(group)
        for name, following in zip(members, [*members[1:], *members[:1]]):
            below.setdefault(name, set()).add(following)
    reached = {name: _reachable(name, below) for name in below}
    found = {
        tuple(sorted(other for other in names if name in reached.get(other, ())))
        for name, names in reached.items()
        if name in names
    }
    return tuple(sorted(found))


def _reachable(name: str, below: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for needed in below.get(waiting.pop(), ()):
            if needed not in found:
                found.add(needed)
                waiting.append(needed)
    return found
