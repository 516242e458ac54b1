"""What has to hold for a wheel before anyone gets it."""

from __future__ import annotations

import json
import platform
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from common.errors import UserError
from common.extras import named_extras

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from packaging.tags import Tag

    from build_wheel.params import BuildParams
    from formats.canonical_wheel import WheelSummary


_SAID = 4
_NATIVE_SOURCES = (".c", ".cc", ".cpp", ".cxx", ".f", ".f90", ".pyx", ".rs")


def one_wheel(wheels: Sequence[Path], params: BuildParams) -> Path:
    """The only wheel that the backend made.

    Raises:
        UserError: there is none, or more than one.
    """
    if len(wheels) != 1:
        found = ", ".join(wheel.name for wheel in wheels) or "none"
        raise UserError(
            f"{params.label}: expected one wheel, the backend made {len(wheels)}: {found}.",
            where="the backend's output folder",
            fix="Build one distribution per py_sdist_wheel: choose it with `config_settings` or `patches`.",
        )
    return wheels[0]


def check_identity(
    wheel: Path, summary: WheelSummary, params: BuildParams, output: str, shipped: Iterable[str] = ()
) -> None:
    """Compares name, version, tags and dependencies with what the rule declares.

    Args:
        wheel: the backend's wheel; its file name carries the tags.
        summary: its metadata.
        params: the rule's parameters.
        output: what the backend printed.
        shipped: the sdist's files.

    Raises:
        UserError: naming all that is not as expected, and the lines to write.
    """
    found, hint = list(_differences(wheel, summary, params)), ""
    if not found:
        return
    tags = _wheel_tags(wheel)
    if any(one.attribute == "wheel_tags" for one in found):
        hint = _tag_hint(params.expected.tags, tags, output, shipped)
    said = [one.said for one in found]
    what = said[0] if len(said) == 1 else "the wheel is not as declared:" + "".join(f"\n  {text}" for text in said)
    fix = "Write on the py_sdist_wheel:\n" + "\n".join(one.line for one in found)
    if params.from_lock and any(one.attribute in ("distribution", "version") for one in found):
        fix = "The sdist's file name says another name or version than its metadata: pin another file, or patch it."
    raise UserError(f"{params.label}: {what}{hint}", where="the wheel's file name and METADATA", fix=fix)


@dataclass(frozen=True)
class _Difference:
    """One value that is not the declared one: what is to be said of it, and the line to write."""

    attribute: str
    said: str
    value: Any

    @property
    def line(self) -> str:
        return f"    {self.attribute} = {json.dumps(self.value)},"


def _differences(wheel: Path, summary: WheelSummary, params: BuildParams) -> Iterator[_Difference]:
    expected, tags = params.expected, _wheel_tags(wheel)

    def differs(attribute: str, declared: str, made: str, value: str) -> _Difference:
        return _Difference(attribute, f"expected {attribute} {declared!r}, the backend made {made!r}.", value)

    if canonicalize_name(summary.name) != canonicalize_name(expected.distribution):
        yield differs("distribution", expected.distribution, summary.name, summary.name)
    if _version(summary.version) != _version(expected.version):
        yield differs("version", expected.version, summary.version, summary.version)
    if _tags(tags) != _tags(expected.tags):
        yield differs("wheel_tags", expected.tags, tags, general_tags(tags))
    if expected.requires_dist is not None:
        declared = {_requirement(line) for line in expected.requires_dist}
        found = {_requirement(line) for line in summary.requires_dist}
        if declared != found and not _same_here(declared, found):
            yield _Difference(
                "requires_dist",
                "the wheel's dependencies are not the declared ones."
                f"\n  only declared: {sorted(declared - found)}\n  only in the wheel: {sorted(found - declared)}",
                sorted(found),
            )


def _wheel_tags(wheel: Path) -> str:
    return "-".join(wheel.name[: -len(".whl")].split("-")[-3:])


def general_tags(tags: str) -> str:
    """The tags as `wheel_tags` has them, so that they hold for other Pythons and platforms, too."""
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    parts = tags.split("-")
    if len(parts) != 3:
        return tags
    if parts[2] == f"linux_{platform.machine()}":
        parts[2] = "{platform}"
    if parts[:2] == [python, python + getattr(sys, "abiflags", "")]:
        parts[:2] = ["{python}", "{abi}"]
    return "-".join(parts)


def _version(text: str) -> Version | str:
    try:
        return Version(text)
    except InvalidVersion:
        return text


def _tags(text: str) -> frozenset[Tag] | str:
    try:
        return parse_tag(text)
    except ValueError:
        return text


def _requirement(line: str) -> str:
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return line
    requirement.name = canonicalize_name(requirement.name)
    return str(requirement)


def _same_here(declared: Iterable[str], found: Iterable[str]) -> bool:
    """Whether requirements, in other words, come to the same on this Python and platform, with each extra."""
    try:
        sides = [[Requirement(line) for line in lines] for lines in (declared, found)]
    except InvalidRequirement:
        return False
    extras = {"", *(extra for side in sides for extra in named_extras(side))}
    first, second = ([_held(side, extra) for extra in extras] for side in sides)
    return first == second


def _held(lines: Iterable[Requirement], extra: str) -> set[tuple[str, ...]]:
    return {
        (line.name, ",".join(sorted(line.extras)), str(line.specifier), line.url or "")
        for line in lines
        if not line.marker or line.marker.evaluate({"extra": extra})
    }


def _tag_hint(expected: str, found: str, output: str, shipped: Iterable[str]) -> str:
    if expected.endswith("-any") or not found.endswith("-any"):
        return ""
    return "\n  A wheel with C or C++ extensions was expected, but none was compiled.\n" + what_was_said(
        output, shipped
    )


def what_was_said(output: str, shipped: Iterable[str]) -> str:
    """Of what an extension would have been made, and what a backend has said that may tell why none was.

    Args:
        output: what it printed.
        shipped: the sdist's files.
    """
    sources = sorted(name for name in shipped if name.endswith(_NATIVE_SOURCES))
    more = ", ..." if len(sources) > _SAID else ""
    named = f"  Its sources are {', '.join(sources[:_SAID])}{more}.\n" if sources else ""
    words = re.compile(
        r"\b(?:warning|error|fail\w*|skip\w*|not found|unable|can ?not|can't|missing|without|no compiler)\b",
        re.IGNORECASE,
    )
    lines = [line.strip() for line in output.splitlines() if words.search(line)]
    if not lines:
        return f"{named}  The backend said nothing of that."
    return f"{named}  The backend said:\n" + "\n".join(f"    {line}" for line in lines[-_SAID:])


def last_lines(output: str, most: int = 60) -> str:
    """The end of what a backend printed, which is the part that matters."""
    lines = output.rstrip().splitlines()
    dropped = len(lines) - most
    return "\n".join([f"[{dropped} lines above are not shown]", *lines[-most:]] if dropped > 0 else lines)


def error_lines(output: str, most: int = 30) -> str:
    """The part of the output that begins shortly before its first error; the end where it names none."""
    lines = output.rstrip().splitlines()
    error = re.compile(r"\berror(?:\[E\d+\])?:", re.IGNORECASE)  # rustc gives its errors a number
    first = next((number for number, line in enumerate(lines) if error.search(line)), None)
    return last_lines(output) if first is None else "\n".join(lines[max(0, first - 5) : first + most])
