"""Recognises what varies in itself, such as times, names and numbers: both sides are equal but for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheel_diff.causes.matches import found
from wheel_diff.difference import Cause
from wheel_diff.fixes import KEEP_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheel_diff.difference import Difference


@dataclass(frozen=True)
class _Varying:
    pattern: re.Pattern[str]
    cause: Cause


_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_CLOCK = r"[0-2]?\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?: ?[AP]M)?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?"
_DATE = (
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?(?:{_MONTHS} +\d?\d,?(?: {_CLOCK})?(?: [A-Z]{{3,4}})? (?:19|20)\d\d"
    rf"|\d?\d {_MONTHS} (?:19|20)\d\d|(?:19|20)\d\d[-/.](?:0\d|1[0-2])[-/.][0-3]\d)"
)
_TIME = re.compile(
    rf"{_DATE}(?:[T ]{_CLOCK}{_ZONE})?|\b{_CLOCK}{_ZONE}|(?<![\w.])(?:1[0-9]{{9}})(?:\.\d+|\d{{3}})?(?![\w.])"
)
_SAME_CLOCK = "Build with SOURCE_DATE_EPOCH set, as py_sdist_wheel does; what ignores it needs `patches`."
_VARYING = (
    _Varying(
        re.compile(r"[.+]d20\d{6}\b|\+g[0-9a-f]{7,}(?:\.d20\d{6})?"),
        Cause(
            "version from version control",
            "the state or the date of the checkout is in the version",
            "Build from an sdist, or set the version (SETUPTOOLS_SCM_PRETEND_VERSION in `env`).",
            8,
        ),
    ),
    _Varying(_TIME, Cause("build time", "the date or time of the build is recorded", _SAME_CLOCK, 11)),
    _Varying(
        re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE),
        Cause("random number", "a UUID made while building", KEEP_OUT, 13),
    ),
    _Varying(
        re.compile(r"\b0x[0-9a-fA-F]{6,16}\b"),
        Cause("memory address", "the repr() of an object was written to a file", KEEP_OUT, 13),
    ),
    _Varying(
        re.compile(r"\btmp[\w]{6,8}\b|\bcc[A-Za-z0-9]{6}\.[so]\b"),
        Cause("temporary file", "the random name of a temporary file is recorded", KEEP_OUT, 13),
    ),
    _Varying(
        re.compile(r"\b[\w.-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})*"),
        Cause("user and host name", "who built it, and where, is recorded", KEEP_OUT, 11),
    ),
    _Varying(
        re.compile(r"(?i)\b(?:user(?:name)?|built[ _-]by|builder)\b[\"']?\s{0,8}[=: ]\s{0,8}[\"']?[\w.-]{1,64}"),
        Cause("user name", "who built it is recorded", KEEP_OUT, 11),
    ),
    _Varying(
        re.compile(
            r"(?i)\b(?:host(?:name)?|node)\b[\"']?\s{0,8}[=: ]\s{0,8}[\"']?[\w.-]{1,64}|"
            r"\b(?=[a-f]{0,12}\d)[0-9a-f]{12}\b"
        ),
        Cause("host name", "the machine's or container's name is recorded", KEEP_OUT, 11),
    ),
    _Varying(
        re.compile(r"\bLinux[- ]\d+\.\d+[\w.-]*(?:with-\w+[\d.]*)?"),
        Cause("kernel version", "the machine's kernel is recorded", KEEP_OUT, 12),
    ),
)


def of_varying(difference: Difference) -> Cause | None:
    """The cause where both sides are equal but for something that varies."""
    for a, b in _pairs(difference):
        for entry in _VARYING:
            if entry.pattern.sub("#", a) == entry.pattern.sub("#", b):
                return entry.cause
        # Also when something else changed beside a time.
        if _TIME.search(a) and _TIME.search(b) and found(_TIME, a) != found(_TIME, b):
            return next(entry.cause for entry in _VARYING if entry.pattern is _TIME)
    return None


def _pairs(difference: Difference) -> Iterator[tuple[str, str]]:
    if difference.a is None or difference.b is None:
        return
    yield difference.a, difference.b
    a, b = difference.a.split("\n"), difference.b.split("\n")
    if 1 < len(a) == len(b):
        yield from ((one, other) for one, other in zip(a, b) if one != other)
