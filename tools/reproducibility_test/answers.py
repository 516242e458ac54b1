"""Conditions in which the system answers otherwise, or always the same, when asked for times or random numbers."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from reproducibility_test.machine import PRELOAD

if TYPE_CHECKING:
    from reproducibility_test.conditions import Conditions
    from reproducibility_test.machine import Machine


def with_preload(
    conditions: Conditions, machine: Machine, *, ahead: int = 0, stopped: int = 0, repeating: bool = False
) -> Conditions:
    """The conditions with a clock that is ahead or stands still, or random numbers that repeat.

    Settings that are there already stay.
    """
    before = conditions.etc.get(f"{PRELOAD}/settings", b"0 0 0").split()
    settings = b"%d %d %d" % (ahead or int(before[0]), stopped or int(before[1]), repeating or int(before[2]))
    files = {
        f"{PRELOAD}/settings": settings,
        f"{PRELOAD}/preload.so": machine.preload,
        "ld.so.preload": f"/etc/{PRELOAD}/preload.so\n".encode(),
    }
    return dataclasses.replace(conditions, etc={**conditions.etc, **files})


def preloaded(conditions: Conditions) -> dict[str, bytes]:
    """What /etc has of `with_preload`, by the names there; also a closed build has to find it."""
    return {name: content for name, content in conditions.etc.items() if name.startswith((f"{PRELOAD}/", "ld.so."))}


def stands_still(conditions: Conditions, machine: Machine, second: int) -> Conditions:
    """The conditions with a clock that stands still."""
    return with_preload(conditions, machine, stopped=second)


def repeats(conditions: Conditions, machine: Machine) -> Conditions:
    """The conditions with random numbers of the system that are the same in each process, each time."""
    conditions = with_preload(conditions, machine, repeating=True)
    uuid = b"01234567-89ab-4cde-8f01-23456789abcd\n"
    devices = {"/dev/urandom": bytes(range(256)) * 4096, "/dev/random": bytes(range(256)) * 4096}
    kernel = {f"/proc/sys/kernel/random/{name}": uuid for name in ("boot_id", "uuid")}
    return dataclasses.replace(conditions, files={**conditions.files, **devices, **kernel})
