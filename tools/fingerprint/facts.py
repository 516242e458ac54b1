"""The facts of a fingerprint, as JSON has them, and in what those of two fingerprints differ."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fingerprint.content import Contents

# Where the links of a sandbox lead to.
_EXECUTION_ROOT = re.compile(r"^/.*?/execroot/[^/]+/")


@dataclass(frozen=True)
class Fingerprint:
    """What a tool is.

    Args:
        facts: the fingerprint, for JSON: "kind", what the tool says of itself, and `Contents.hashed`.
        contents: the files that it lists.
    """

    facts: Mapping[str, Any]
    contents: Contents

    def text(self) -> str:
        """Its canonical JSON."""
        return json.dumps(self.facts, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def as_input(self, roots: Sequence[str], known: Sequence[Contents] | None) -> Fingerprint:
        """The fingerprint of a tool that is an input: without absolute paths of inputs.

        Args:
            roots: folders in which inputs are; paths below them are relative.
            known: what the tool may use of the machine; None where that is not looked at.

        Raises:
            ValueError: it uses something else of the machine.
        """

        def named(found: Mapping[str, Any]) -> dict[str, Any]:
            return {_short(path, roots): value for path, value in found.items()}

        parts = {key: named(self.facts[key]) for key in ("files", "folders")}
        outside = [path for found in parts.values() for path in found if path.startswith("/")]
        unknown = [path for path in outside if not any(one.has(path) for one in known or ())]
        if known is not None and unknown:
            raise ValueError(_leads_out(unknown))
        return Fingerprint({**self.facts, **parts, "links": {}, "input": True}, self.contents)


def _short(path: str, roots: Iterable[str]) -> str:
    """The path relative to the first root that it is below, or to an execution root."""
    root = next((root for root in roots if path.startswith(root.rstrip("/") + "/")), "")
    return path[len(root.rstrip("/")) + 1 :] if root else _EXECUTION_ROOT.sub("", path)


def _leads_out(unknown: Sequence[str]) -> str:
    shown = sorted(unknown, key=lambda path: ("/bin/" not in path, path))
    more = f" and {len(shown) - 1} more files" if len(shown) > 1 else ""
    return (
        f"it is an input, and leads to {shown[0]}{more} of this machine, which no input declares. Give the toolchain "
        f"all of its files, or name that tool in .bazelrc: common --repo_env=RULES_SDIST_HOST_TOOLS={shown[0]}"
    )


def difference(one: Mapping[str, Any], other: Mapping[str, Any], *, names: tuple[str, str]) -> list[str]:
    """In what two fingerprints differ, a line for each fact; single files come last.

    Args:
        one: the facts of a fingerprint.
        other: those of another one.
        names: what to call the two in the lines.
    """
    lines: list[str] = []
    for key in sorted({*one, *other}, key=lambda key: (isinstance(one.get(key), dict), key)):
        left, right = one.get(key), other.get(key)
        if left == right:
            continue
        if isinstance(left, dict) and isinstance(right, dict):
            lines += [f"{key}: {line}" for line in difference(left, right, names=names)]
        else:
            lines.append(f"{key}: {names[0]} {_shown(left)}, {names[1]} {_shown(right)}")
    return lines


def _shown(value: Any) -> str:
    return "has none" if value is None else str(value)
