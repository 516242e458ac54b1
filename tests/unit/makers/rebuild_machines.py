"""A machine that rebuilds, made without entering namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reproducibility_test.machine import Machine

if TYPE_CHECKING:
    from pathlib import Path


def machine_in(folder: Path) -> Machine:
    """A machine on which nothing that takes a namespace can be varied."""
    made = object.__new__(Machine)  # without entering namespaces, which a test runner could not leave
    made.work, made.preload, made._folders = folder, b"", 0
    made.place = folder / "builds"
    made.place.mkdir()
    made.in_memory = folder / "in_memory"
    made.namespaces = made.processes = made.etc = made.clock = made.memory = "forbidden"
    return made
