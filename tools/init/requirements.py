"""Finds what a workspace has pinned."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.errors import UserError
from init.module_file import file_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from init.module_file import Call, ModuleFile

PIP = "//python/extensions:pip.bzl"
_PLAIN = ("requirements_lock.txt", "requirements.txt")
# Only `lock` says what to do with these.
_OTHER_TOOLS = ("poetry.lock", "pdm.lock", "Pipfile.lock")


@dataclass(frozen=True)
class PipHub:
    """A hub of `pip.parse`.

    Args:
        name: its `hub_name`.
        pythons: the Pythons that it is for, such as ["3.11"]; none for the default one.
        requirements: what it reads.
        names: how rules_python names its repositories: options of `lock`.
    """

    name: str
    pythons: tuple[str, ...]
    requirements: Path
    names: tuple[str, ...]


def find_requirements(root: Path) -> tuple[Path, tuple[Path, ...]]:
    """The file with a workspace's pins, and others that would do as well.

    Raises:
        UserError: there is none.
    """
    hashed = [file for file in sorted(root.glob("*.txt")) if _is_hashed(file)]
    hashed.sort(key=lambda file: (file.name not in _PLAIN, file.name))
    locks = [root / "uv.lock", *sorted(root.glob("pylock*.toml")), *hashed, *(root / name for name in _OTHER_TOOLS)]
    found = [file for file in locks if file.is_file()]
    if found:
        return found[0], tuple(found[1:])
    raise UserError(
        "This workspace has no pinned requirements: no uv.lock, pylock.toml or requirements.txt with hashes.",
        where=str(root),
        fix=_pin_first(root),
    )


def find_pip_hub(root: Path, module: ModuleFile, wanted: str, requirements: Path | None = None) -> PipHub | None:
    """What `pip.parse` says.

    Args:
        root: the workspace.
        module: its MODULE.bazel.
        wanted: the name of the hub, or "" for the only one.
        requirements: what it reads, where the user has said that.

    Returns:
        None where there is no `pip.parse`.

    Raises:
        UserError: there are several hubs, or there is none of that name, or its requirements can't be told.
    """
    by_name: dict[str, list[Call]] = {}
    for call in module.tags(PIP, "parse"):
        by_name.setdefault(str(call.get("hub_name") or call.get("name")), []).append(call)
    if not by_name and not wanted:
        return None
    if (wanted or len(by_name) > 1) and wanted not in by_name:
        said = f"`pip.parse` makes no hub {wanted!r}" if wanted else "`pip.parse` makes several hubs"
        raise UserError(
            f"{said}; there are: {', '.join(sorted(by_name)) or 'none'}.",
            where=str(root / "MODULE.bazel"),
            fix=f"Name one of them: --pip-hub {next(iter(sorted(by_name)), 'NAME')}. A hub needs a lock of its own.",
        )
    name = wanted or next(iter(by_name))
    calls = by_name[name]
    files = {requirements} if requirements else {_requirements_of(root, call) for call in calls}
    if len(files) > 1:
        raise UserError(
            f"`pip.parse` of {name} reads other requirements for each Python: "
            f"{', '.join(sorted(file.name for file in files))}.",
            where=str(root / "MODULE.bazel"),
            fix="Make the lock with `lock`, which takes them all: docs/reference/lock.md of rules_sdist.",
        )
    versions = {
        ".".join(str(call.get("python_version")).split(".")[:2]) for call in calls if call.get("python_version")
    }
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    pythons = () if versions <= {running} else tuple(sorted(versions))
    return PipHub(name, pythons, files.pop(), _names(module, calls))


def _requirements_of(root: Path, call: Call) -> Path:
    label = next(
        (call.get(key) for key in ("requirements_lock", "requirements_linux", "uv_lock") if call.get(key)), None
    )
    by_platform = call.get("requirements_by_platform")
    if label is None and isinstance(by_platform, dict):
        mine = (f"linux_{platform.machine()}", "linux_*")
        label = next((key for key, names in by_platform.items() if any(name in str(names) for name in mine)), None)
    if not isinstance(label, str):
        raise UserError(
            "Which file `pip.parse` reads can't be told from MODULE.bazel.",
            where=str(call.file),
            fix="Name it: --requirements FILE",
        )
    package = call.file.parent.relative_to(root).as_posix()
    return file_of(root, label, "" if package == "." else package)


def _names(module: ModuleFile, calls: Iterable[Call]) -> tuple[str, ...]:
    """How rules_python names the repositories; docs/how_to/pip_parse.md has the table."""
    tags = list(calls)
    if any(call.get("hub_name") is None for call in tags):  # it was `name` before 0.24
        return ("--pip-names=plain",)
    dependency = module.dependency("rules_python")
    major = str((dependency and dependency.get("version")) or "2").partition(".")[0]
    if (not major.isdigit() or int(major) < 2) and not any(call.get("experimental_index_url") for call in tags):
        return ("--pip-names=python",)
    skipped = {str(name) for call in tags for name in call.get("simpleapi_skip") or ()}
    return tuple(f"--pip-names={name}=python" for name in sorted(skipped))


def _is_hashed(file: Path) -> bool:
    try:
        return "--hash=sha256:" in file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False


def _pin_first(root: Path) -> str:
    """What to type for pins with hashes, from what there is."""
    if (root / "pyproject.toml").is_file():
        return "Type `uv lock`, then this command again."
    for name in ("requirements.in", "requirements.txt"):
        if (root / name).is_file():
            output = "requirements.txt" if name.endswith(".in") else "requirements_lock.txt"
            return (
                f"Type `pip-compile --generate-hashes -o {output} {name}` or "
                f"`uv pip compile --generate-hashes -o {output} {name}`, then this command again."
            )
    return (
        "Write what you need into requirements.in, a name per line; then type "
        "`pip-compile --generate-hashes requirements.in`, then this command again."
    )
