"""One lock of several."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from lock.lockfile import Entry, Lock, order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_Entry = TypeVar("_Entry", bound=Entry)


def merge(locks: Sequence[Lock]) -> Lock:
    """One lock of several for different target platforms; what is equal in them becomes one entry.

    Args:
        locks: made from the same inputs with the same options.
    """
    names = tuple(sorted(name for lock in locks for name in lock.environments))
    return replace(
        locks[0],
        environments=names,
        inputs={name: sha256 for lock in locks for name, sha256 in lock.inputs.items()},
        crates=tuple(sorted({crate for lock in locks for crate in lock.crates})),
        sdists=_merged([(lock.environments, lock.sdists) for lock in locks], names),
        wheels=_merged([(lock.environments, lock.wheels) for lock in locks], names),
        build_files=tuple(sorted({item for lock in locks for item in lock.build_files}, key=order)),
        build_sdists=_merged([(lock.environments, lock.build_sdists) for lock in locks], names),
        taken_wheels=tuple(item for lock in locks for item in lock.taken_wheels),
    )


def _merged(parts: Iterable[tuple[tuple[str, ...], Iterable[_Entry]]], names: tuple[str, ...]) -> tuple[_Entry, ...]:
    found: dict[str, list[tuple[_Entry, set[str]]]] = {}
    for all_of_part, items in parts:
        for item in items:
            bare, own = replace(item, environments=(), variant=""), item.environments or all_of_part
            alike = found.setdefault(item.filename, [])
            known = next((environments for same, environments in alike if same == bare), None)
            if known is None:
                alike.append((bare, set(own)))
            else:
                known.update(own)
    made = [
        replace(item, environments=() if len(known) == len(names) else tuple(sorted(known)))
        for alike in found.values()
        for item, known in alike
    ]
    return tuple(sorted(made, key=order))
