"""Compares two bills of materials: what is another in every build, versions of crates, then line by line."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

from formats.cyclonedx import project_folder, without_chance
from wheel_diff import known_causes
from wheel_diff.difference import Difference
from wheel_diff.kinds.elf_rust import crate_versions
from wheel_diff.kinds.text import as_text, compare_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_CRATE = re.compile(r"pkg:cargo/(?P<name>[^@?#]+)@(?P<version>[^?#]+)")


def compare_bill(member: str, a: bytes, b: bytes) -> list[Difference]:
    """The differences of two CycloneDX files in JSON; nothing if one of them is none.

    Args:
        member: the member's name.
        a: the first file.
        b: the second.
    """
    parsed = [_parsed(side) for side in (a, b)]
    texts = [as_text(without_chance(side)) for side in (a, b)]
    if parsed[0] is None or parsed[1] is None or texts[0] is None or texts[1] is None:
        return []
    chance = [_chance(side) for side in parsed if side is not None]
    found = []
    if chance[0] != chance[1]:
        one, two = ("\n".join(value for value in side if value) or None for side in chance)
        found.append(
            Difference(member, "text", "serial number, time and folder", one, two, cause=known_causes.BILL_OF_MATERIALS)
        )
    versions = crate_versions(member, "text", _versions(parsed[0]), _versions(parsed[1]))
    lines = compare_text(member, texts[0], texts[1]) if texts[0] != texts[1] else []
    return [*found, *versions, *(dataclasses.replace(line, consequence=bool(versions)) for line in lines)]


def _parsed(content: bytes) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError, RecursionError):
        document = json.loads(content)
        if isinstance(document, dict) and document.get("bomFormat") == "CycloneDX":
            return document
    return None


def _chance(document: Mapping[str, Any]) -> tuple[str, str, str]:
    """The serial number, the time and the folder."""
    metadata = document.get("metadata")
    time = metadata.get("timestamp") if isinstance(metadata, dict) else None
    return str(document.get("serialNumber") or ""), str(time or ""), project_folder(document)


def _versions(document: Mapping[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    components = document.get("components")
    for component in components if isinstance(components, list) else ():
        match = _CRATE.match(str(component.get("purl"))) if isinstance(component, dict) else None
        if match:
            found.setdefault(match["name"], set()).add(match["version"])
    return found
