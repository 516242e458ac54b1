"""Whether actions have anything in their keys of the machine that they ran on, from its execution log."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from support import secrets, spawns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_machines import Machine

_OURS = ("PySdist", "PyWheel")
_IN_KEY = ("commandArgs", "environmentVariables", "platform", "inputs", "listedOutputs", "remotable", "cacheable")


def read_keys(machine: Machine) -> dict[str, str]:
    """What the keys of our actions are made of, as JSON: of those that the machine's last build ran.

    Args:
        machine: has built.

    Returns:
        by mnemonic and outputs.
    """
    if not machine.log.exists():
        return {}
    ours = [spawn for spawn in spawns(machine.log) if spawn["mnemonic"].startswith(_OURS)]
    return {_name(spawn): json.dumps({part: spawn[part] for part in _IN_KEY}, sort_keys=True) for spawn in ours}


def told_by(keys: Sequence[dict[str, str]], machines: Sequence[Machine]) -> list[str]:
    """What is wrong with the keys.

    Args:
        keys: each machine's, see `read_keys`.
        machines: in the same order.

    Returns:
        a line each for an action that has different keys, and for one that tells something of its machine.
    """
    one, two = keys
    both = sorted(one.keys() & two.keys())
    lines = [f"{name}: other keys on the two machines" for name in both if one[name] != two[name]]
    for found, machine in zip(keys, machines):
        words = re.compile("|".join(sorted(secrets(machine.root, machine.output_base, machine.env))))
        for name, text in sorted(found.items()):
            match = words.search(text)
            if match:
                lines.append(f"{name}: its key on the {machine.name} has {match[0]!r} in it")
    return lines


def _name(spawn: dict[str, Any]) -> str:
    return f"{spawn['mnemonic']} {' '.join(spawn['listedOutputs'])}"
