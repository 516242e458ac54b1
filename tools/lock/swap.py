"""Writes the lines of MODULE.bazel that put our wheels in the place of those that rules_python would make with pip."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from lock.inputs import read_inputs
from lock.lockfile import Lock, LockedSdist, LockedWheel
from lock.workspace import label_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Entry = Union[LockedSdist, LockedWheel]

_HEAD = '"""rules_python\'s sdists, built by rules_sdist. Made by its `lock`: do not edit."""'


@dataclass(frozen=True)
class Swap:
    """What is swapped.

    Args:
        pip_hub: the `hub_name` (before rules_python 0.24: `name`) of `pip.parse`.
        hub: the name of ours.
        digest_names: whether rules_python names an sdist's repository after its hash, as it does since it reads the
            index itself (`experimental_index_url`, or 2.x), and not only after the distribution. Where it does not, pip
            decides between sdist and wheel, so the wheels are swapped as well.
    """

    pip_hub: str
    hub: str
    digest_names: bool


def overridden_names(entry: Entry, environments: Iterable[str], swap: Swap, *, several: bool) -> set[str]:
    """The repositories that rules_python would make for a distribution.

    Args:
        entry: which.
        environments: for what, such as "cp314_linux_x86_64".
        swap: see there.
        several: whether the inputs pin several versions of it.

    Returns:
        such as {"pypi_314_pyyaml_sdist_d7662337"}, or {"pypi_pyyaml"}.
    """
    if not swap.digest_names:
        return {f"{swap.pip_hub}_{_package(entry.distribution)}"}
    norm = _package(entry.filename.rpartition("-")[0].lower())
    names = set()
    for environment in environments:
        python, platform = environment[len("cp") :].split("_", 1)
        suffix = f"_{platform}" if several else ""
        names.add(f"{swap.pip_hub}_{python}_{norm}_sdist_{entry.sha256[:8]}{suffix}")
    return names


def _package(distribution: str) -> str:
    return distribution.replace("-", "_").replace(".", "_")


def module_text(lock: Lock, swap: Swap, lock_file: Path, inputs: Iterable[Path]) -> str:
    """The file that MODULE.bazel includes.

    Args:
        lock: its sdists are swapped.
        swap: see there.
        lock_file: where the lock is.
        inputs: the pinned requirements that it was made from.
    """
    versions = defaultdict(set)
    for pin in (pin for path in inputs for pin in read_inputs(path)):
        versions[pin.name].add(pin.version)
    entries: list[Entry] = [*lock.sdists, *(() if swap.digest_names else lock.wheels)]
    overrides = {
        name: f"{swap.hub}__spoke_{_package(entry.distribution)}"
        for entry in entries
        for name in overridden_names(
            entry, entry.environments or lock.environments, swap, several=len(versions[entry.distribution]) > 1
        )
    }
    repositories = "".join(f'    "{name}",\n' for name in [swap.hub, *sorted(set(overrides.values()))])
    lines = "".join(f'    {name} = "{spoke}",\n' for name, spoke in sorted(overrides.items()))
    names = "".join(f'        "{name}",\n' for name in sorted(overrides))
    wheels = "" if swap.digest_names else "    swaps_wheels = True,\n"
    return f"""\
{_HEAD}

pip = use_extension("@rules_python//python/extensions:pip.bzl", "pip")
sdists = use_extension("@rules_sdist//python:extensions.bzl", "sdists")
sdists.lock(
    name = "{swap.hub}",
    lock = "{label_of(lock_file)}",
    overridden = [
{names}    ],
    swaps = "@{swap.pip_hub}//:BUILD.bazel",
{wheels})
use_repo(
    sdists,
{repositories})
override_repo(
    pip,
{lines})
"""
