"""Writes the lines of MODULE.bazel that put our wheels in the place of those that rules_python would build with pip."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lock.lockfile import Lock, LockedSdist

_HEAD = '"""rules_python\'s sdists, built by rules_sdist. Made by its `lock`: do not edit."""'


@dataclass(frozen=True)
class Swap:
    """What is swapped.

    Args:
        pip_hub: the `hub_name` (before rules_python 0.24: `name`) of `pip.parse`.
        hub: the name of ours.
        digest_names: whether rules_python names an sdist's repository after its hash, as it does since it reads the
            index itself (`experimental_index_url`, or 2.x), and not only after the distribution.
    """

    pip_hub: str
    hub: str
    digest_names: bool


def overridden_name(sdist: LockedSdist, swap: Swap, python: str) -> str:
    """The repository in which rules_python would build an sdist.

    Args:
        sdist: which.
        swap: see there.
        python: "3.14".

    Returns:
        such as "pypi_314_pyyaml_sdist_d7662337", or "pypi_pyyaml".
    """
    if not swap.digest_names:
        return f"{swap.pip_hub}_{_package(sdist.distribution)}"
    norm = _package(sdist.filename.rpartition("-")[0].lower())
    return f"{swap.pip_hub}_{python.replace('.', '')}_{norm}_sdist_{sdist.sha256[:8]}"


def _package(distribution: str) -> str:
    return distribution.replace("-", "_").replace(".", "_")


def label_of(file: Path) -> str:
    """A file's label: the nearest folder above it with a BUILD file is its package, that with MODULE.bazel the root.

    Without a MODULE.bazel above it, the file's own folder is taken for the root.
    """
    file = Path(os.path.abspath(file))  # noqa: PTH100 - links are not followed: the label is what users see
    parents = list(file.parents)
    root = next((folder for folder in parents if (folder / "MODULE.bazel").exists()), file.parent)
    packages = [folder for folder in parents if (folder / "BUILD.bazel").exists() or (folder / "BUILD").exists()]
    package = next((folder for folder in packages if folder.is_relative_to(root)), root)
    name = "" if package == root else package.relative_to(root).as_posix()
    return f"//{name}:{file.relative_to(package).as_posix()}"


def module_text(lock: Lock, swap: Swap, lock_file: Path, inputs: Iterable[Path]) -> str:
    """The file that MODULE.bazel includes.

    Args:
        lock: its sdists are swapped.
        swap: see there.
        lock_file: where the lock is.
        inputs: what it was made from.
    """
    spokes = {sdist: f"{swap.hub}__spoke_{_package(sdist.distribution)}" for sdist in lock.sdists}
    labels = "".join(f'        "{label_of(path)}",\n' for path in inputs)
    repositories = "".join(f'    "{spoke}",\n' for spoke in sorted(spokes.values()))
    overrides = sorted((overridden_name(sdist, swap, lock.python), spoke) for sdist, spoke in spokes.items())
    lines = "".join(f'    {name} = "{spoke}",\n' for name, spoke in overrides)
    return f"""\
{_HEAD}

pip = use_extension("@rules_python//python/extensions:pip.bzl", "pip")
sdists = use_extension("@rules_sdist//python:extensions.bzl", "sdists")
sdists.lock(
    name = "{swap.hub}",
    inputs = [
{labels}    ],
    lock = "{label_of(lock_file)}",
    swaps = "@{swap.pip_hub}//:BUILD.bazel",
)
use_repo(
    sdists,
{repositories})
override_repo(
    pip,
{lines})
"""
