"""The extras that requirements tell of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement

_EXTRA = re.compile(r"""extra *== *["']([^"']+)["']""")


def named_extras(lines: Iterable[Requirement]) -> set[str]:
    """The extras that markers name, such as `x` of `demo; extra == "x"`."""
    return {name for line in lines for name in _EXTRA.findall(str(line.marker or ""))}
