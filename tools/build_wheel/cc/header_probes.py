"""Which headers a source asks for with `__has_include`: one that is there changes what is compiled, and is not read.

Part of the compiler wrapper, which needs it rarely; stands alone as that.
"""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PROBE = re.compile(rb"__has_include(?:_next)?\s*\(\s*(?:<([^>\n]+)>|\"([^\"\n]+)\"|([A-Za-z_]\w*))")
_DEFINITION = re.compile(rb"\s*#\s*define\s+")


def probed(texts: Mapping[str, bytes], folders: Sequence[str]) -> list[str] | None:
    """The headers that are there and asked for.

    Args:
        texts: sources and headers by their names.
        folders: those in which the compiler searches headers.

    Returns:
        paths; None where a macro says what is asked for, so that nobody can say. It does not matter whether the line is
        one that the compiler skips.
    """
    found = []
    for file, text in texts.items():
        for probe in _PROBE.finditer(text):
            if _DEFINITION.fullmatch(text, text.rfind(b"\n", 0, probe.start()) + 1, probe.start()):
                continue  # the usual `#define __has_include(x) 0`
            if probe[3] is not None:
                return None
            places = [os.path.dirname(file), *folders] if probe[2] else folders
            name = os.fsdecode(probe[1] or probe[2])
            found += [path for path in (os.path.join(place, name) for place in places) if os.path.isfile(path)][:1]
    return found
