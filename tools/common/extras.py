"""The extras that requirements tell of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement

_EXTRA = re.compile(r"""extra *== *["']([^"']+)["']|["']([^"']+)["'] *== *extra""")


def named_extras(lines: Iterable[Requirement]) -> set[str]:
    """The extras that markers name, such as `x` of `demo; extra == "x"`."""
    return {found[1] or found[2] for line in lines for found in _EXTRA.finditer(str(line.marker or ""))}
