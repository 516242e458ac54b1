"""What fingerprints are made of: hashes of files, each by a name that is the same on machines that agree."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Where the links of a sandbox lead to.
_EXECUTION_ROOT = re.compile(r"^/.*?/execroot/[^/]+/")


@dataclass(frozen=True)
class Fingerprint:
    """What a tool is.

    Args:
        facts: the fingerprint, for JSON: "kind", what the tool says of itself, "files" with the hash of each file that
            decides its output, and hashes of whole groups of files.
        read: the absolute paths of the single files; a change of one of them is a change of the tool.
    """

    facts: Mapping[str, Any]
    read: tuple[str, ...]

    def text(self) -> str:
        """Its canonical JSON."""
        return json.dumps(self.facts, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def sha256(path: str) -> str:
    """The hash of a file's content.

    Raises:
        OSError: it can't be read.
    """
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def hashes(paths: Iterable[str], prefix: str = "") -> dict[str, str]:
    """The hash of each file, by its path with links resolved; below `prefix` the path is relative to it."""
    real = {os.path.realpath(path) for path in paths}
    return {short(path, prefix): sha256(path) for path in sorted(real)}


def group(paths: Iterable[str], prefix: str = "") -> dict[str, Any]:
    """How many files there are, and one hash for their names and contents."""
    digest = hashlib.sha256()
    found = hashes(paths, prefix)
    for name, value in sorted(found.items()):
        digest.update(f"{value}  {name}\n".encode("utf-8", "surrogateescape"))
    return {"files": len(found), "sha256": digest.hexdigest()}


def short(path: str, prefix: str) -> str:
    """The path relative to `prefix`, where it is below it, or to an execution root."""
    if prefix and path.startswith(prefix + "/"):
        return path[len(prefix) + 1 :]
    below = os.getcwd() + "/"
    return path[len(below) :] if path.startswith(below) else _EXECUTION_ROOT.sub("", path)


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
