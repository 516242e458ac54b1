"""Whether actions have anything in their keys of the machine that they ran on, from its execution log."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from clients import secrets
from support import spawns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_machines import Machine

_OURS = ("PySdist", "PyWheel")
_IN_KEY = ("commandArgs", "environmentVariables", "platform", "inputs", "listedOutputs", "remotable", "cacheable")


def read_keys(machine: Machine) -> dict[str, str]:
    """What the keys of our actions are made of, as JSON, also of those that the last build did not have to run again.

    Args:
        machine: has built.

    Returns:
        by mnemonic and target.
    """
    record = machine.record("keys")
    keys: dict[str, str] = json.loads(record.read_text()) if record.exists() else {}
    for spawn in spawns(machine.log) if machine.log.exists() else ():
        if spawn["mnemonic"].startswith(_OURS):
            name = f"{spawn['mnemonic']} {spawn['targetLabel']}"
            keys[name] = json.dumps({part: spawn[part] for part in _IN_KEY}, sort_keys=True)
    record.write_text(json.dumps(keys))
    return keys


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
