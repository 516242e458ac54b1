"""Reports a comparison as JSON.

The schema, number 1; keys are sorted, a later number may add some:

    schema       1
    verdict      "equal", "packaging" (the content is equal) or "content"
    a, b         {file, sha256, size, members}: the path as given, the hash, the size, the number of members
    causes       [{cause, why, fix, places: [{member, where}]}]: the most telling first
    differences  [{member, kind, where, a, b, detail, cause, fix, packaging, consequence}]
                 member: "" for the archive as a whole; kind: "archive", "member" (only in one wheel), "header",
                 "metadata", "record", "text", "binary", "elf", "ar", "gzip" or "pyc"; where: the place in the member;
                 a, b: strings or null (nothing there), cut behind 4000 characters; detail: lines, often of a diff;
                 cause, fix: strings or null; packaging: an installed wheel does not show it;
                 consequence: it follows from other differences in the list
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wheel_diff.difference import Comparison, Difference, Side

SCHEMA = 1
_LONGEST = 4000


def json_report(comparison: Comparison) -> str:
    """The report."""
    content = {
        "schema": SCHEMA,
        "verdict": comparison.verdict,
        "a": _side(comparison.a),
        "b": _side(comparison.b),
        "causes": [
            {
                "cause": cause.title,
                "why": cause.why,
                "fix": cause.fix,
                "places": [{"member": member, "where": where} for member, where in _places(explained)],
            }
            for cause, explained in comparison.causes()
        ],
        "differences": [_difference(difference) for difference in comparison.differences],
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def _places(explained: list[Difference]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((difference.member, difference.where) for difference in explained))


def _side(side: Side) -> dict[str, Any]:
    return {"file": side.label, "sha256": side.sha256, "size": side.size, "members": side.members}


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "member": difference.member,
        "kind": difference.kind,
        "where": difference.where,
        "a": _cut(difference.a),
        "b": _cut(difference.b),
        "detail": list(difference.detail),
        "cause": str(difference.cause) if difference.cause else None,
        "fix": difference.cause.fix if difference.cause else None,
        "packaging": difference.packaging,
        "consequence": difference.consequence,
    }


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= _LONGEST else text[:_LONGEST] + "..."
