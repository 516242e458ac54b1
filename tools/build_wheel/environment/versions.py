"""Refuses build requirements of which one is there in two versions, before a file of one hides that of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from build_wheel.environment.requirements import installed_distributions
from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isolation.layout import Layout


def check_versions(layout: Layout, trees: Sequence[str], label: str) -> None:
    """Compares the versions of what is in installed build requirements.

    Args:
        layout: the directories.
        trees: the installed build requirements.
        label: the target.

    Raises:
        UserError: two have one distribution, in two versions.
    """
    known: dict[str, tuple[str, str]] = {}
    for tree in trees:
        for name, found in installed_distributions(layout.path(tree) / "site-packages").items():
            version, first = known.setdefault(name, (found.version, tree))
            if version != found.version:
                one, two = (
                    f"{found.name} {number} ({_place(place, label)})"
                    for number, place in ((version, first), (found.version, tree))
                )
                raise UserError(
                    f"{label}: two build requirements are one distribution: {one} and {two}.",
                    where=f"`build_requires` of {label}, and what these need themselves",
                    fix=f"Remove one of them from `build_requires`, so that {canonicalize_name(name)} has one version.",
                )


def _place(tree: str, label: str) -> str:
    target = wheel_target(tree)
    return f"{tree.rpartition('/')[2]}.whl" if target == label else target  # a file, which no rule has installed


def wheel_target(tree: str) -> str:
    """The target whose wheel is installed in a tree that `installed_wheels.bzl` has declared.

    Args:
        tree: such as "bazel-out/k8-opt/bin/external/repository/package/target.installed/wheel".
    """
    parts = tree.split("/")
    owner = next((number for number, part in enumerate(parts) if part.endswith(".installed")), None)
    if owner is None or parts[0] != "bazel-out" or "bin" not in parts:
        return tree
    folder, target = parts[parts.index("bin") + 1 : owner], parts[owner].removesuffix(".installed")
    repository = ""
    if folder[:1] == ["external"]:
        repository, folder = f"@@{folder[1]}", folder[2:]
    return f"{repository}//{'/'.join(folder)}:{target}"
