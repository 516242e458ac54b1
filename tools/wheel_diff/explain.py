"""Recognises why something differs, and says what to do about it.

`RECOGNISERS` is the table: each looks at one difference; the first that knows a cause wins.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from wheel_diff.causes.compilers import of_compiler, of_flags, of_linker, of_rustc
from wheel_diff.causes.members import of_folder, of_member, of_mode
from wheel_diff.causes.metadata import of_field
from wheel_diff.causes.paths import of_path, of_system_path
from wheel_diff.causes.sources import of_source
from wheel_diff.causes.tools import of_tool
from wheel_diff.causes.varying import of_varying

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheel_diff.difference import Cause, Difference

# Of a stranger's file, which may be one long line.
_MOST_SEARCHED = 20_000


def explain(difference: Difference) -> Difference:
    """The difference with its cause, if one is recognised and it has none yet.

    Args:
        difference: any; one that does not show, or follows from others, stays as it is.
    """
    if difference.cause or difference.packaging or difference.consequence:
        return difference
    short = dataclasses.replace(difference, a=_start(difference.a), b=_start(difference.b))
    for recogniser in RECOGNISERS:
        cause = recogniser(short)
        if cause:
            return dataclasses.replace(difference, cause=cause)
    return difference


def _start(text: str | None) -> str | None:
    return text if text is None else text[:_MOST_SEARCHED]


RECOGNISERS: tuple[Callable[[Difference], Cause | None], ...] = (
    of_field,
    of_member,
    of_mode,
    of_folder,
    of_linker,
    of_rustc,
    of_path,
    of_tool,
    of_compiler,
    of_flags,
    of_system_path,
    of_varying,
    of_source,
)
