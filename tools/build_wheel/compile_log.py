"""Which sources of an sdist could not be compiled: read from what the compiler wrappers wrote."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from build_wheel import backend_failure
from build_wheel.checks import error_lines
from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

_PROBE = re.compile(r"(?:^|/)(?:CMakeFiles/CMake(?:Scratch|Tmp)|meson-private)/")
"""Where `try_compile` and Meson's `compiler.compiles` and its kin let compilers write; no wheel is made from there."""


@dataclass(frozen=True)
class LoggedCommand:
    """One command of a compiler.

    Args:
        code: its exit code.
        shared: whether it links a shared library.
        output: what it makes, or "".
        inputs: what it is given, sources among them.
        sources: what it compiles; without a toolchain everything that it was told. All paths are absolute.
    """

    code: int
    shared: bool
    output: str
    inputs: tuple[str, ...]
    sources: tuple[str, ...]


def logged_commands(log: Path) -> Iterator[LoggedCommand]:
    """The commands in a log, in their order.

    Args:
        log: records of fields "key=value", each with a zero byte behind it, and each record with an empty field.
    """
    for record in os.fsdecode(log.read_bytes()).split("\0\0")[:-1]:
        fields: dict[str, list[str]] = {}
        for field in record.split("\0"):
            key, _, value = field.partition("=")
            fields.setdefault(key, []).append(value)
        (folder,), (code,), (output,) = fields["folder"], fields["code"], fields["output"]

        def absolute(names: Iterable[str], folder: str = folder) -> tuple[str, ...]:
            return tuple(os.path.normpath(os.path.join(folder, name)) for name in names)  # noqa: PTH118 - texts

        yield LoggedCommand(
            int(code),
            "shared" in fields,
            "".join(absolute([output] if output else [])),
            absolute(fields.get("input", ())),
            absolute(fields.get("source", ())),
        )


def failed_compilations(log: Path, source: Path, shipped: Collection[str], allowed: Iterable[str]) -> list[str]:
    """Sources of the sdist that the compiler or linker refused, and that no later command compiled or linked.

    Many packages go on without an extension that does not compile; the wheel is then another one on a machine with
    another compiler. Failing probes are no failures: of files that the build itself wrote (configure, CMake, Meson),
    and of the sdist's own where CMake or Meson put what they make into their folders for probes.

    Args:
        log: what the compiler wrappers wrote.
        source: the source root.
        shipped: names of the files in the sdist, relative to the root; a generated `x.c` beside `x.pyx` counts too.
        allowed: globs of names that may fail.

    Returns:
        names relative to the root, sorted.
    """
    if not log.exists():
        return []
    stems = {name[: -len(".pyx")] for name in shipped if name.endswith(".pyx")}
    bad: set[str] = set()
    made_from: dict[str, list[str]] = {}
    unlinked: dict[str, list[str]] = {}
    for command in logged_commands(log):
        if _PROBE.search(os.path.relpath(command.output or source, source)):
            continue
        names = []
        for path in command.sources:
            if not Path(path).is_relative_to(source):
                continue
            name = str(Path(path).relative_to(source))
            if name in shipped or name.rpartition(".")[0] in stems:
                names.append(name)
                (bad.add if command.code else bad.discard)(name)
        made_from[command.output] = names
        if command.shared:
            linked = [name for path in command.inputs for name in made_from.get(path, ())]
            unlinked[command.output] = linked if command.code else []
    bad.update(*unlinked.values())
    return sorted(name for name in bad if not any(fnmatch(name, pattern) for pattern in allowed))


def compilation_error(failed: Sequence[str], label: str, output: str, reason: str = "") -> UserError:
    """The error for an extension that would be missing from the wheel.

    Args:
        failed: the sources.
        label: the target.
        output: what the backend printed.
        reason: why nothing at all could be compiled, where that is known.
    """
    return UserError(
        f"{label}: the compiler refused {', '.join(failed)}, and the build went on without it:\n{error_lines(output)}",
        where=": ".join(filter(None, [failed[0], backend_failure.reason(output)])),
        fix=(reason or "Give the build what it misses (`native_deps`, `build_requires`, `env`).")
        + "\n  If the package may do without this file, write\n"
        f"    allow_compile_failures = {json.dumps(list(failed))},",
    )
