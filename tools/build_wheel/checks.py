"""What has to hold for a wheel before anyone gets it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from packaging.tags import Tag

    from build_wheel.params import BuildParams
    from formats.canonical_wheel import WheelSummary


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


def check_identity(wheel: Path, summary: WheelSummary, params: BuildParams, output: str) -> None:
    """Compares name, version, tags and dependencies with what the rule declares.

    Args:
        wheel: the backend's wheel; its file name carries the tags.
        summary: its metadata.
        params: the rule's parameters.
        output: what the backend printed.

    Raises:
        UserError: naming expected and found, and the line to write.
    """
    expected = params.expected
    if canonicalize_name(summary.name) != canonicalize_name(expected.distribution):
        raise _differs(params, "distribution", expected.distribution, summary.name)
    if _version(summary.version) != _version(expected.version):
        raise _differs(params, "version", expected.version, summary.version)
    tags = "-".join(wheel.name[: -len(".whl")].split("-")[-3:])
    if _tags(tags) != _tags(expected.tags):
        raise _differs(params, "wheel_tags", expected.tags, tags, hint=_tag_hint(expected.tags, tags, output))
    if expected.requires_dist is not None:
        declared = {_requirement(line) for line in expected.requires_dist}
        found = {_requirement(line) for line in summary.requires_dist}
        if declared != found:
            raise UserError(
                f"{params.label}: the wheel's dependencies are not the declared ones."
                f"\n  only declared: {sorted(declared - found)}\n  only in the wheel: {sorted(found - declared)}",
                where="Requires-Dist in METADATA",
                fix=f"Write on the py_sdist_wheel:\n    requires_dist = {json.dumps(sorted(found))}",
            )


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


def _differs(params: BuildParams, attribute: str, expected: str, found: str, hint: str = "") -> UserError:
    return UserError(
        f"{params.label}: expected {attribute} {expected!r}, the backend made {found!r}.{hint}",
        where="the wheel's file name and METADATA",
        fix=f"Write on the py_sdist_wheel:\n    {attribute} = {json.dumps(found)},",
    )


def _tag_hint(expected: str, found: str, output: str) -> str:
    if expected.endswith("-any") or not found.endswith("-any"):
        return ""
    return (
        "\n  A wheel with C or C++ extensions was expected, but none was compiled; perhaps a library is missing in "
        f"`native_deps`. From the backend's output:\n{error_lines(output)}"
    )


def last_lines(output: str, most: int = 60) -> str:
    """The end of what a backend printed, which is the part that matters."""
    lines = output.rstrip().splitlines()
    dropped = len(lines) - most
    return "\n".join([f"[{dropped} lines above are not shown]", *lines[-most:]] if dropped > 0 else lines)


def error_lines(output: str, most: int = 30) -> str:
    """The part of the output that begins shortly before its first error; the end where it names none."""
    lines = output.rstrip().splitlines()
    first = next((number for number, line in enumerate(lines) if re.search(r"\berror:", line, re.IGNORECASE)), None)
    return last_lines(output) if first is None else "\n".join(lines[max(0, first - 5) : first + most])
