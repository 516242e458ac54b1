"""The file `wheels.sha256`: the hash of every wheel of a workspace, and what each was built with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from buildinfo.document import BuildInfo

COMMAND = "bazel run @rules_sdist//tools/wheel_hashes"

_HEAD = f"""\
# The wheels of this workspace, and what each is built with.
# Written by `{COMMAND}`; `{COMMAND} -- --check` compares.
# Beside the wheels, `sha256sum --check` reads this file, too.
"""
_NO_DIFFERENCE = {"undeclared_host_files", "isolation", "label", "leak_policy"}
"""Parts of a recipe that decide whether a wheel is made, and not which."""


@dataclass(frozen=True, order=True)
class Part:
    """One part of what a wheel is built with.

    Args:
        kind: "build requirement", "compiler", "helper" or "interpreter".
        name: what people call it, such as a wheel's file name or a compiler's version.
        sha256: of all that is known of it.
    """

    kind: str
    name: str
    sha256: str


@dataclass(frozen=True)
class Record:
    """One wheel.

    Args:
        label: its target.
        wheel: its file name.
        sha256: its hash.
        inputs: the hash of all hashes of sdist, patches, libraries and other inputs.
        recipe: the hash of the target's attributes, and the toolchain's flags.
        environment: what it is built with, sorted.
    """

    label: str
    wheel: str
    sha256: str
    inputs: str
    recipe: str
    environment: tuple[Part, ...]

    @classmethod
    def of(cls, label: str, info: BuildInfo) -> Record:
        """What build information tells of a target's wheel."""
        recipe = {name: value for name, value in info.recipe.items() if name not in _NO_DIFFERENCE}
        parts = [Part("helper", f"rules_sdist {info.version}", info.helper)]
        parts += [Part("build requirement", entry.wheel, entry.sha256) for entry in info.inputs if entry.wheel]
        for kind, facts in (("compiler", info.compiler), ("interpreter", info.interpreter), ("Rust", info.rust)):
            if facts:
                parts.append(Part(kind, " ".join(str(facts["version"]).split()), _digest(facts)))
        own = [(entry.path, entry.sha256) for entry in info.inputs if not entry.wheel]
        return cls(label, info.wheel, info.sha256, _digest(own), _digest(recipe), tuple(sorted(parts)))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def text_of(records: Iterable[Record]) -> str:
    """The file: environments first, each once; then a comment and a line of sha256sum(1) for each wheel."""
    ordered = sorted(records, key=lambda record: record.label)
    environments = {_name_of(record.environment): record.environment for record in ordered}
    lines = []
    for name, parts in sorted(environments.items()):
        lines.append(f"#\n# environment {name}")
        lines += [f"#   {part.sha256} {part.kind}: {part.name}" for part in parts]
    for record in ordered:
        digests = {"inputs": record.inputs, "recipe": record.recipe, "environment": _name_of(record.environment)}
        lines.append(f"#\n# wheel {record.label}")
        lines += [f"#   {digest} {name}" for name, digest in digests.items()]
        lines.append(f"{record.sha256}  {record.wheel}")
    return _HEAD + "".join(f"{line}\n" for line in lines)


def _name_of(environment: tuple[Part, ...]) -> str:
    return _digest([(part.kind, part.name, part.sha256) for part in environment])


def read_records(file: Path) -> dict[str, Record]:
    """The records in a file, by their labels.

    Raises:
        UserError: there is no such file, or it is none that this command wrote.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise UserError(
            f"The recorded hashes can't be read: {getattr(error, 'strerror', '') or error}.",
            where=str(file),
            fix=f"Record the hashes of this workspace's wheels: {COMMAND}",
        ) from error
    environments: dict[str, list[Part]] = {}
    found: dict[str, Record] = {}
    heading, digests = "", dict[str, str]()
    for number, line in enumerate(text.splitlines(), 1):
        try:
            if line.startswith("#   "):
                sha256, _, name = line[4:].partition(" ")
                if heading in environments:
                    kind, _, name = name.partition(": ")
                    environments[heading].append(Part(kind, name, sha256))
                digests[name] = sha256
            elif line.startswith(("# environment ", "# wheel ")):
                heading, digests = line.split(" ", 2)[2], {}
                if line.startswith("# environment "):
                    environments[heading] = []
            elif not line.startswith("#"):
                found[heading] = _record(heading, line, digests, environments)
        except (KeyError, ValueError) as error:
            raise UserError(
                f"Line {number} is not one that wheel_hashes writes: {line[:100]!r}",
                where=f"{file}:{number}",
                fix=f"Take the file back from version control, or write it anew: {COMMAND}",
            ) from error
    return found


def _record(label: str, line: str, digests: Mapping[str, str], environments: Mapping[str, list[Part]]) -> Record:
    sha256, separator, wheel = line.partition("  ")
    if not separator or not label:
        raise ValueError(line)
    parts = tuple(environments[digests["environment"]])
    if _name_of(parts) != digests["environment"]:
        raise ValueError(digests["environment"])
    return Record(label, wheel, sha256, digests["inputs"], digests["recipe"], parts)
