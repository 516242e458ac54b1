"""What has to be done in a workspace: which lines, which files, which lock."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError
from init.module_file import NAME, file_of
from init.requirements import find_pip_hub, find_requirements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from init.module_file import Call, ModuleFile

RULES_SDIST, RULES_PYTHON = "0.1.0", "1.0.0"
"""The versions that a new MODULE.bazel asks for."""

LOCK, OVERRIDES, SWAP = "sdists.lock.json", "sdists.toml", "rules_sdist.MODULE.bazel"
_EXTENSIONS = "//python:extensions.bzl"
_SDISTS_TOML = """\
# What sdists do not tell. After a change, type: bazel run @rules_sdist//tools/init
#
# [distributions.pyyaml]
# native_deps = ["@libyaml//:yaml"]
# build_requires = ["cython"]
#
# docs/how_to/overrides.md of rules_sdist has all keys.
"""
_BUILD = """\
# Makes this folder a package, so that sdists.lock.json has a label.{use}
"""


@dataclass(frozen=True)
class Change:
    """A file that is written, or lengthened.

    Args:
        file: which.
        text: all of it, or what is added at its end.
        what: what that does.
    """

    file: Path
    text: str
    what: str

    def write(self) -> None:
        """Adds the text at the end of the file, which may not be there yet."""
        before = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
        gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
        self.file.write_text(before + gap + self.text, encoding="utf-8")


@dataclass(frozen=True)
class Plan:
    """All that has to be done.

    Args:
        locks: the command lines of `lock`, for the root of the workspace.
        before: what `lock` reads.
        after: what makes use of the lock.
        hub: the name of the hub.
        swaps: whether it takes the place of a part of rules_python's.
        notes: what the user ought to know.
    """

    locks: tuple[tuple[str, ...], ...]
    before: tuple[Change, ...]
    after: tuple[Change, ...]
    hub: str
    swaps: bool
    notes: tuple[str, ...] = field(default=())


def make_plan(
    root: Path, module: ModuleFile, *, checkout: Path | None, requirements: str, pip_hub: str, options: Sequence[str]
) -> Plan:
    """Looks at a workspace.

    Args:
        root: the workspace.
        module: its MODULE.bazel.
        checkout: where rules_sdist is, if it runs from a checkout.
        requirements: the file with the pins, or "" for the one that is there.
        pip_hub: the name of the hub of `pip.parse`, or "" for the only one.
        options: more options for `lock`.

    Raises:
        UserError: what is missing.
    """
    hubs = module.tags(_EXTENSIONS, "lock")
    if hubs:
        if requirements or pip_hub:
            raise UserError(
                f"{NAME} has a hub already, whose lock says what it is made from.",
                where=NAME,
                fix="Leave out --requirements and --pip-hub; or make another lock with `lock`.",
            )
        return _known(root, hubs, options)
    named = root / requirements if requirements else None
    pip = find_pip_hub(root, module, pip_hub, named)
    pins = named or (pip.requirements if pip else None)
    others: tuple[Path, ...] = ()
    if not pins:
        pins, others = find_requirements(root)
    notes = [f"{file.name} is there, too; `--requirements {file.name}` takes that one." for file in others]
    line = [_relative(pins, root), "-o", LOCK, "--overrides", OVERRIDES]
    lines = _dependencies(root, module, checkout)
    if pip:
        line += ["--swap", SWAP, f"--pip-hub={pip.name}", *pip.names]
        line += [f"--python=python{version}" for version in pip.pythons]
        hub = "sdists_hub"
        lines += [f'include("//:{SWAP}")\n'] if not module.includes(f"//:{SWAP}") else []
        what = f"builds what `pip.parse` of {pip.name} has no wheel for"
    else:
        hub = next(name for name in ("deps", "sdists_hub", "rules_sdist_hub") if name not in module.repositories())
        lines.append(_hub_lines(module, root, hub))
        what = f"the hub {hub}, of all that is in the lock"
    before = [] if (root / OVERRIDES).exists() else [Change(root / OVERRIDES, _SDISTS_TOML, "what sdists do not tell")]
    after = [Change(root / NAME, "\n".join(lines), what)] if lines else []
    after += _package(root, "" if pip else hub)
    return Plan(((*line, *options),), tuple(before), tuple(after), hub, swaps=pip is not None, notes=tuple(notes))


def _package(root: Path, hub: str) -> list[Change]:
    """What makes the root of the workspace a package."""
    if any((root / name).exists() for name in ("BUILD.bazel", "BUILD")):
        return []
    use = hub and f'\n# A py_binary or py_test has deps = ["@{hub}//NAME"].'
    return [Change(root / "BUILD.bazel", _BUILD.format(use=use), "makes the folder a package")]


def _known(root: Path, hubs: Sequence[Call], options: Sequence[str]) -> Plan:
    """The plan where MODULE.bazel has a hub already: its lock is made anew, as it was made."""
    locks, notes = [], []
    for call in hubs:
        file = file_of(root, str(call.get("lock")))
        notes.append(f"{NAME} has the hub {call.get('name')} of {_relative(file, root)} already; nothing is added.")
        command = _command_of(file)
        if not command:
            pins, _ = find_requirements(root)
            command = [_relative(pins, root), "-o", _relative(file, root)]
            command += ["--overrides", OVERRIDES] if (root / OVERRIDES).exists() else []
        locks.append((*command, *options))
    last = hubs[-1]
    return Plan(tuple(locks), (), (), str(last.get("name")), swaps=bool(last.get("swaps")), notes=tuple(notes))


def _command_of(lock: Path) -> list[str]:
    """The options that a lock was made with; none where it is not there, or damaged."""
    try:
        command = json.loads(lock.read_text(encoding="utf-8"))["command"]
        return [str(word) for word in command]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _dependencies(root: Path, module: ModuleFile, checkout: Path | None) -> list[str]:
    lines = []
    for name, version in (("rules_python", RULES_PYTHON), ("rules_sdist", RULES_SDIST)):
        if not module.dependency(name):
            lines.append(f'bazel_dep(name = "{name}", version = "{version}")\n')
            if name == "rules_sdist" and checkout:
                path = _relative(checkout, root)
                lines.append(f'local_path_override(\n    module_name = "rules_sdist",\n    path = "{path}",\n)\n')
    return ["".join(lines)] if lines else []


def _hub_lines(module: ModuleFile, root: Path, hub: str) -> str:
    own = [call for call in module.extensions(_EXTENSIONS) if call.file == root / NAME and call.variable]
    variable = own[0].variable if own else "sdists"
    dependency = module.dependency("rules_sdist")
    repository = (dependency and dependency.get("repo_name")) or "rules_sdist"
    use = "" if own else f'{variable} = use_extension("@{repository}{_EXTENSIONS}", "sdists")\n'
    return f"""\
{use}{variable}.lock(
    name = "{hub}",
    lock = "//:{LOCK}",
)
use_repo({variable}, "{hub}")
"""


def _relative(file: Path, root: Path) -> str:
    return Path(os.path.relpath(file, root)).as_posix()
