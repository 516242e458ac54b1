"""Recognises why fields of METADATA and WHEEL differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheel_diff.difference import Cause
from wheel_diff.fixes import SAME_TOOLS

if TYPE_CHECKING:
    from wheel_diff.difference import Difference

# By the field's name.
_FIELDS = {
    "License-File": Cause(
        "License-File",
        "another version of setuptools: it writes this field since 57.0 (with paths below licenses/ since 77.0)",
        SAME_TOOLS,
        1,
    ),
    "Dynamic": Cause("Dynamic", "another version of setuptools: it writes this field since 75.8", SAME_TOOLS, 3),
    "Metadata-Version": Cause(
        "Metadata-Version",
        "another version of the build backend: setuptools writes 2.2 since 75.8, 2.4 since 77.0",
        SAME_TOOLS,
        3,
    ),
    "License-Expression": Cause("License-Expression", "another version of the build backend (PEP 639)", SAME_TOOLS, 3),
    "Description-Content-Type": Cause(
        "Description-Content-Type", "another version of the build backend", SAME_TOOLS, 4
    ),
    "Generator": Cause("Generator", "another build tool, or another version of it", SAME_TOOLS, 2),
    "Tag": Cause(
        "Tag",
        "built for other Pythons or platforms, or renamed by auditwheel",
        "Build both for the same Python and platform; declare the tags with `wheel_tags`.",
        6,
    ),
    "Root-Is-Purelib": Cause(
        "Root-Is-Purelib",
        "one of them was built without its extension modules",
        "Look in the build's output for a compiler that failed.",
        6,
    ),
    "Version": Cause(
        "Version",
        "the wheels are of different versions",
        "Compare wheels of one version; if it comes from version control, set it (SETUPTOOLS_SCM_PRETEND_VERSION).",
        0,
    ),
    "Name": Cause("Name", "the wheels are of different distributions", "Compare wheels of one name.", 0),
    "Requires-Dist": Cause(
        "Requires-Dist",
        "other dependencies: another source, or computed while building (setup.py, environment)",
        "Build both from the same sdist, with the same build requirements and environment.",
        4,
    ),
}


def of_field(difference: Difference) -> Cause | None:
    """The cause of a field of METADATA or WHEEL that differs, by its name."""
    if difference.kind != "metadata":
        return None
    return _FIELDS.get((difference.a or difference.b or "").partition(":")[0])
