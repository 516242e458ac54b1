"""The code blocks of the pages, and the marks above them.

A mark is a comment on the line right above a block:

    <!-- run: tests/integration/test_x.py -->    this file reads the block with `blocks_run_by`, and does what it says
    <!-- not run: why -->
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
_MARK = re.compile(r" *<!-- (run|not run): ?(.*?) ?-->")
_FENCE = re.compile(r"( *)```(\w*)")


@dataclass(frozen=True)
class Block:
    """A code block.

    Args:
        page: the page, as seen from the root of the repository.
        line: the number of its first line, that of the fence.
        language: what stands behind the fence.
        text: what is in it.
        mark: "run", "not run", or "".
        said: the file that runs it, or the reason for which nothing does.
    """

    page: str
    line: int
    language: str
    text: str
    mark: str = ""
    said: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """All pages that have blocks to be looked at."""
    examples = sorted((REPO / "examples").glob("*/README.md"))
    return [REPO / "README.md", REPO / "CONTRIBUTING.md", *sorted((REPO / "docs").rglob("*.md")), *examples]


def blocks_of(page: Path, name: str = "") -> list[Block]:
    """The blocks of a page.

    Args:
        page: its file.
        name: what it is called; by default its path below the repository.

    Raises:
        ValueError: a block has no end, or a mark has no block below it.
    """
    name = name or str(page.relative_to(REPO))
    lines = page.read_text(encoding="utf-8").splitlines()
    found = []
    number = 0
    while number < len(lines):
        opened = _FENCE.fullmatch(lines[number])
        mark = _MARK.fullmatch(lines[number])
        if mark and not (number + 1 < len(lines) and _FENCE.fullmatch(lines[number + 1])):
            raise ValueError(f"{name}:{number + 1}: there is no block right below this mark")
        if opened:
            above = _MARK.fullmatch(lines[number - 1]) if number else None
            end = next((n for n in range(number + 1, len(lines)) if lines[n] == f"{opened[1]}```"), 0)
            if not end:
                raise ValueError(f"{name}:{number + 1}: this block has no end")
            inside = [line.removeprefix(opened[1]) for line in lines[number + 1 : end]]
            text = "".join(f"{line}\n" for line in inside)
            found.append(Block(name, number + 1, opened[2], text, *(above.groups() if above else ())))
            number = end
        number += 1
    return found


def all_blocks() -> list[Block]:
    """The blocks of all pages."""
    return [block for page in pages() for block in blocks_of(page)]


def blocks_run_by(page: str, file: str) -> list[Block]:
    """The blocks of a page whose mark says that a file runs them.

    Args:
        page: the page, as seen from the root of the repository.
        file: the file, likewise, or its path.

    Raises:
        ValueError: there is none.
    """
    test = str(Path(file).resolve().relative_to(REPO)) if Path(file).is_absolute() else file
    found = [block for block in blocks_of(REPO / page) if (block.mark, block.said) == ("run", test)]
    if not found:
        raise ValueError(f"{page} has no block that {test} runs")
    return found


def shows(shown: str, said: str) -> bool:
    """Whether a block shows what was said; `...` in it stands for anything."""
    pattern = re.escape(shown.strip("\n")).replace(re.escape("..."), ".*")
    return bool(re.fullmatch(pattern, said.strip("\n"), re.DOTALL))
