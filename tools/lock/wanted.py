"""What the inputs of a lock want for one target platform."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lock.inputs.read import read_inputs, read_roots
from lock.resolve.dependencies import asked_by, reached

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from pathlib import Path

    from lock.pinned import Pinned
    from lock.target_platforms import TargetPlatform


def wanted_in(target: TargetPlatform, inputs: Iterable[Path]) -> list[Pinned]:
    """What the inputs pin for a target platform, each distribution once, with the extras that are asked for.

    Args:
        target: decides the markers.
        inputs: pinned requirements.

    Returns:
        sorted by name.
    """
    found: dict[str, Pinned] = {}
    for path in inputs:
        pins: dict[str, Pinned] = {}
        for pin in read_inputs(path):
            if target.counts(pin.marker):
                pins.setdefault(pin.name, pin)
        roots = read_roots(path)
        if roots is not None:
            requires = {name: pin.requires or () for name, pin in pins.items()}
            needed = reached(requires, asked_by(roots, target), target)
            pins = {name: replace(pins[name], extras=tuple(sorted(extras))) for name, extras in needed.items()}
        for name, pin in pins.items():
            known = found.setdefault(name, pin)
            found[name] = replace(known, extras=tuple(sorted({*known.extras, *pin.extras})))
    return [found[name] for name in sorted(found)]


def left_out(inputs: Iterable[Path], locked: Container[str]) -> dict[str, str]:
    """What the inputs pin and a lock does not have, for nothing needs it there.

    Args:
        inputs: pinned requirements.
        locked: the names of the rest.

    Returns:
        the markers under which it counts, or "" where there is none, by name.
    """
    found: dict[str, set[str]] = {}
    for pin in (pin for path in inputs for pin in read_inputs(path)):
        if pin.name not in locked:
            found.setdefault(pin.name, set()).update([pin.marker] if pin.marker else [])
    return {name: " or ".join(sorted(markers)) for name, markers in sorted(found.items())}
