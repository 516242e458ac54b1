"""The steps of README's "Use it", and of a tutorial."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

_SECTION = re.compile(r"^## Use it\n(.*?)^##", re.MULTILINE | re.DOTALL)
_FIRST_SECTION = re.compile(r"^## ", re.MULTILINE)
_STEP = re.compile(r"^(\d+)\. ", re.MULTILINE)
_BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"`([\w./]+)`")


@dataclass(frozen=True)
class Step:
    """What a new user does.

    Args:
        files: contents by name; what is written first, at the end of a file that is there.
        commands: what is typed then.
    """

    files: dict[str, str]
    commands: tuple[str, ...]


def steps_of(text: str) -> list[Step]:
    """The steps of a page: of README's section, or those before a page's first section.

    A block of `sh` is typed; any other one is a file, whose name is the first in backquotes since the block before it.

    Raises:
        ValueError: there are no steps, or a block has no name.
    """
    section = _SECTION.search(text)
    _, *parts = _STEP.split(section[1] if section else _FIRST_SECTION.split(text)[0])
    if not parts:
        raise ValueError("no steps in a section `Use it` with another one after it, and none before the first section")
    return [_step(part) for part in parts[1::2]]


def _step(text: str) -> Step:
    files: dict[str, str] = {}
    commands: list[str] = []
    end = 0
    for block in _BLOCK.finditer(text):
        content = textwrap.dedent(block[2])
        if block[1] == "sh":
            commands.append(content)
        else:
            name = _NAME.search(text, end, block.start())
            if not name:
                raise ValueError(f"a block has no file name before it: {content}")
            files[name[1]] = content
        end = block.end()
    return Step(files, tuple(commands))
