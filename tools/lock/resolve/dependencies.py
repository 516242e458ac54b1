"""Which of the locked distributions need which others at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from common.errors import UserError
from common.extras import named_extras

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lock.target_platforms import TargetPlatform


ALL_EXTRAS = "*"
"""Stands for all of a distribution's extras, where an input does not tell which are asked for."""

_SHOWN = 300


def check_requirements(filename: str, requires_dist: Iterable[str]) -> None:
    """Checks what a file says that it needs.

    Args:
        filename: whose.
        requires_dist: its METADATA's Requires-Dist lines.

    Raises:
        UserError: one is not of PEP 508's form.
    """
    for line in requires_dist:
        try:
            Requirement(line)
        except InvalidRequirement as error:
            raise UserError(
                f"{filename} needs {line[:_SHOWN]!r}, which is not a requirement that PEP 508 knows.",
                where="Requires-Dist in its METADATA",
                fix="Pin another version; or, for an sdist, write its `requires_dist` into the overrides.",
            ) from error


def _held(lines: Sequence[Requirement], asked: Iterable[str], target: TargetPlatform) -> list[Requirement]:
    """The requirements that hold with the extras that are asked for."""
    extras = set(asked)
    if ALL_EXTRAS in extras:
        extras |= named_extras(lines)
    return [line for line in lines if target.holds(line, extras)]


def reached(
    requires_dist: Mapping[str, Sequence[str]], start: Mapping[str, Iterable[str]], target: TargetPlatform
) -> dict[str, frozenset[str]]:
    """What is needed on a target platform, and with which extras.

    Args:
        requires_dist: PEP 508 strings by distribution, normalised.
        start: what is asked for, with its extras, likewise.
        target: decides the markers.

    Returns:
        of the distributions in `requires_dist` those that are reached from `start`, each with the extras asked for.
    """
    parsed = {name: [Requirement(line) for line in lines] for name, lines in requires_dist.items()}
    asked = {name: set(extras) for name, extras in start.items() if name in parsed}
    waiting = list(asked)
    while waiting:
        name = waiting.pop()
        for requirement in _held(parsed[name], asked[name], target):
            needed = str(canonicalize_name(requirement.name))
            if needed not in parsed:
                continue
            extras = {str(canonicalize_name(extra)) for extra in requirement.extras}
            if needed not in asked or not extras <= asked[needed]:
                asked.setdefault(needed, set()).update(extras)
                waiting.append(needed)
    return {name: frozenset(extras) for name, extras in asked.items()}


def asked_by(requirements: Iterable[str], target: TargetPlatform) -> dict[str, set[str]]:
    """The distributions that PEP 508 strings ask for on a target platform, with their extras."""
    found: dict[str, set[str]] = {}
    for requirement in map(Requirement, requirements):
        if target.holds(requirement):
            extras = {str(canonicalize_name(extra)) for extra in requirement.extras}
            found.setdefault(str(canonicalize_name(requirement.name)), set()).update(extras)
    return found


def runtime_edges(
    requires_dist: Mapping[str, Sequence[str]], extras: Mapping[str, Iterable[str]], target: TargetPlatform
) -> dict[str, tuple[str, ...]]:
    """The distributions that each one needs on a target platform, with the extras that are asked for on the way.

    Args:
        requires_dist: PEP 508 strings by locked distribution, normalised.
        extras: what the inputs ask for, likewise.
        target: decides the markers.

    Returns:
        by distribution those of the locked ones that it needs, sorted.
    """
    asked = reached(requires_dist, {name: extras.get(name, ()) for name in requires_dist}, target)
    edges = {}
    for name, lines in requires_dist.items():
        held = _held([Requirement(line) for line in lines], asked[name], target)
        needed = {str(canonicalize_name(requirement.name)) for requirement in held}
        edges[name] = tuple(sorted((needed & requires_dist.keys()) - {name}))
    return edges


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


def check_builds_end(edges: Mapping[str, Iterable[str]], names: Mapping[str, str]) -> None:
    """Checks that nothing is needed to build itself.

    Args:
        edges: the sdists that each sdist's build needs.
        names: the distributions of those that are build requirements.

    Raises:
        UserError: some are needed to build each other.
    """
    for group in cycles((name, needed) for name, below in edges.items() for needed in below):
        found = [names[filename] for filename in group if filename in names]
        raise UserError(
            f"Without any wheel, these are needed to build each other: {', '.join(found)}.",
            where=found[0],
            fix=f"Take one of them as a wheel, such as --wheel {found[0]}.",
        )


def _reachable(name: str, below: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for needed in below.get(waiting.pop(), ()):
            if needed not in found:
                found.add(needed)
                waiting.append(needed)
    return found
