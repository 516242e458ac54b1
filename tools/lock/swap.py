"""Writes the lines of MODULE.bazel that put our wheels in the place of those that rules_python would make with pip."""

from __future__ import annotations

import shlex
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lock.rules_python import normalized, repository_name
from lock.target_platforms import parts_of
from lock.workspace import label_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from pathlib import Path

    from lock.lockfile import Entry, Lock

_HEAD = '"""rules_python\'s sdists, built by rules_sdist. Made by its `lock`: do not edit."""'

_COMMAND = "bazel run @rules_sdist//tools/lock -- "
_RENEW = """\
# "module extension ... does not generate repository ..., yet it is overridden" means: the requirements have changed, so
# rules_python's repositories have other names. This writes the new ones; it works in that state, too:"""

_NOT_VISIBLE = """\
# "no repository visible as '@{hub}'" means: MODULE.bazel has it under another name only, or not at all. It needs
#   use_repo(pip, "{hub}")"""


@dataclass(frozen=True)
class Swap:
    """What is swapped.

    Args:
        pip_hub: the `hub_name` (before rules_python 0.24: `name`) of `pip.parse`.
        hub: the name of ours.
        names: how rules_python names its repositories, one of `NAMES`.
        other_names: the same for single distributions.
    """

    pip_hub: str
    hub: str
    names: str
    other_names: tuple[tuple[str, str], ...] = ()

    def names_of(self, distribution: str) -> str:
        """How rules_python names a distribution's repositories."""
        return dict(self.other_names).get(distribution, self.names)

    @property
    def wheels(self) -> bool:
        """Whether wheels are swapped as well: without a digest in the name, pip decides between sdist and wheel."""
        return any(names != "digest" for _, names in (("", self.names), *self.other_names))


# By rules_python's version and whether it reads the index itself (`experimental_index_url`, the default since 2.0).
NAMES = {
    "digest": "HUB_314_NAME_sdist_DIGEST: it reads the index itself",
    "python": "HUB_314_NAME: 0.24 and newer without that",
    "plain": "HUB_NAME: older ones",
}


def overridden_names(entry: Entry, environments: Iterable[str], swap: Swap, lock: Lock, *, several: bool) -> set[str]:
    """The repositories that rules_python would make for a distribution.

    Args:
        entry: which.
        environments: for what, such as "cp314_linux_x86_64".
        swap: see there.
        lock: the whole, which tells what rules_python takes in its place.
        several: whether one Python has several versions of it, by platform.

    Returns:
        such as {"pypi_314_pyyaml_sdist_d7662337"}, {"pypi_314_pyyaml"} or {"pypi_pyyaml"}.
    """
    kind, package = swap.names_of(entry.distribution), normalized(entry.distribution)
    if kind == "plain":
        return {f"{swap.pip_hub}_{package}"}
    if kind == "python":
        return {f"{swap.pip_hub}_{parts_of(environment)[0]}_{package}" for environment in environments}
    taken = {wheel.environment: wheel for wheel in lock.taken_wheels if wheel.distribution == entry.distribution}
    platforms: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for environment in environments:
        file = taken.get(environment, entry)
        python, platform = parts_of(environment)
        platforms[python, file.filename, file.sha256].append(platform)
    return {
        f"{swap.pip_hub}_{python}_{repository_name(filename, sha256, sorted(names) if several else ())}"
        for (python, filename, sha256), names in platforms.items()
    }


def _overrides(lock: Lock, swap: Swap, apart: Container[str]) -> dict[str, str]:
    """The repositories that come in the place of rules_python's, by the names of those."""
    versions: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    entries: list[Entry] = [*lock.sdists, *lock.wheels]
    for entry in entries:
        for environment in entry.environments or lock.environments:
            versions[entry.distribution, parts_of(environment)[0]].add(entry.version)
    several = {distribution for (distribution, _), found in versions.items() if len(found) > 1}
    return {
        name: f"{swap.hub}__spoke_{normalized(entry.distribution)}"
        for entry in (entries if swap.wheels else lock.sdists)
        for name in overridden_names(
            entry,
            entry.environments or lock.environments,
            swap,
            lock,
            several=entry.distribution in several or entry.distribution in apart,
        )
    }


def module_text(lock: Lock, swap: Swap, lock_file: Path, left: Iterable[str], apart: Container[str] = ()) -> str:
    """The file that MODULE.bazel includes.

    Args:
        lock: its sdists are swapped.
        swap: see there.
        lock_file: where the lock is.
        left: distributions that are left to rules_python.
        apart: distributions with several versions in a uv.lock: rules_python names their repositories after platforms
            even where only one of them counts.
    """
    overrides = _overrides(lock, swap, apart)
    names = "".join(f'        "{name}",\n' for name in sorted(overrides))
    repositories = "".join(f'    "{name}",\n' for name in [swap.hub, *sorted(set(overrides.values()))])
    lines = "".join(f'    {name} = "{spoke}",\n' for name, spoke in sorted(overrides.items()))
    named = "".join(f'        "{name}",\n' for name in left)
    left_to_pip = f"    left_to_pip = [\n{named}    ],\n" if named else ""
    wheels = "    swaps_wheels = True,\n" if swap.wheels else ""
    return f"""\
{_HEAD}

pip = use_extension("@rules_python//python/extensions:pip.bzl", "pip")

sdists = use_extension("@rules_sdist//python:extensions.bzl", "sdists")

{_NOT_VISIBLE.format(hub=swap.pip_hub)}
sdists.lock(
    name = "{swap.hub}",
{left_to_pip}    lock = "{label_of(lock_file)}",
    overridden = [
{names}    ],
    swaps = "@{swap.pip_hub}//:BUILD.bazel",
{wheels})
use_repo(
    sdists,
{repositories})

{_RENEW}
#   {_COMMAND}{shlex.join(lock.command)}
override_repo(
    pip,
{lines})
"""
