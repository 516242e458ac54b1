"""Names the variants of distributions: their packages in a hub, which are part of paths and so of what caches know."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Callable, TypeVar

from lock.lockfile import NO_NAMES, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lock.lockfile import Lock

    _Known = dict[tuple[str, ...], list[tuple[Entry, str, set[str]]]]

ONLY = "any"
"""The name of a variant that was alone when it was named."""

_Entry = TypeVar("_Entry", bound=Entry)


def with_variants(lock: Lock, old: Lock | None) -> Lock:
    """Names all variants; one that an old lock has as well keeps its name, also when there are more of them now.

    Args:
        lock: all of it.
        old: the lock that it takes the place of, or None.
    """
    known = _variants_of(old) if old else {}
    hub: list[Entry] = [*lock.sdists, *lock.wheels]
    names = _named(hub, _distribution, known, lock) | _named(lock.build_sdists, _build, known, lock)

    def all_named(entries: Iterable[_Entry]) -> tuple[_Entry, ...]:
        return tuple(replace(entry, variant=names[id(entry)]) for entry in entries)

    return replace(
        lock,
        sdists=all_named(lock.sdists),
        build_sdists=all_named(lock.build_sdists),
        wheels=all_named(lock.wheels),
    )


def _distribution(entry: Entry) -> tuple[str, ...]:
    return (entry.distribution,)


def _build(entry: Entry) -> tuple[str, ...]:
    return (entry.distribution, entry.version)


def _variants_of(old: Lock) -> _Known:
    """The entries of a lock with their variants and environments, by package."""
    found: _Known = {}
    hub: list[Entry] = [*old.sdists, *old.wheels]
    keyed = [(_distribution(entry), entry) for entry in hub] + [(_build(entry), entry) for entry in old.build_sdists]
    for key, entry in keyed:
        variant = entry.variant or (entry.environments[0] if entry.environments else ONLY)
        found.setdefault(key, []).append((entry, variant, set(entry.environments or old.environments)))
    return found


def _named(
    entries: Iterable[Entry],
    package: Callable[[Entry], tuple[str, ...]],
    known: _Known,
    lock: Lock,
) -> dict[int, str]:
    groups = defaultdict(list)
    for entry in entries:
        groups[package(entry)].append(entry)
    names: dict[int, str] = {}
    for key, group in groups.items():
        taken: set[str] = set()
        # The same; else what was made of the same file for the same target platform, whatever it needs now.
        for is_kept in (_is_same, _is_like):
            for entry in group:
                for other, variant, environments in known.get(key, ()):
                    here = set(entry.environments or lock.environments)
                    if id(entry) not in names and variant not in taken and is_kept(entry, other, here & environments):
                        names[id(entry)] = variant
                        taken.add(variant)
        for entry in group:
            if id(entry) not in names:
                first = (ONLY,) if len(group) == 1 else entry.environments or lock.environments
                names[id(entry)] = _free(first, taken)
                taken.add(names[id(entry)])
    return names


def _is_same(entry: Entry, other: Entry, _shared: set[str]) -> bool:
    ignored = {**NO_NAMES, "environments": ()}
    return replace(entry, **ignored) == replace(other, **ignored)


def _is_like(entry: Entry, other: Entry, shared: set[str]) -> bool:
    return bool(shared) and entry.sha256 == other.sha256


def _free(names: Iterable[str], taken: set[str]) -> str:
    """The first name that is not taken."""
    several = list(names)
    numbered = (f"{several[0]}_{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (*several, *numbered) if name not in taken)
