"""A machine with more compilers than that of other tests: Debian's Bazel with clang, lld, gfortran, Go and ccache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from machine import cache_folder, debian_root
from support import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PACKAGES = (
    *("ca-certificates", "bazel-bootstrap", "python3-dev", "python3-venv", "git", "mount"),
    *("clang", "lld", "gfortran", "golang-go", "ccache", "pkg-config"),
)


@pytest.fixture(scope="session")
def other_debian(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What has bazelw run Bazel in that Debian."""
    cache = tmp_path_factory.mktemp("cache")
    (cache / debian_root().name).symlink_to(debian_root(*PACKAGES))
    for trust in cache_folder().glob("trust-*"):
        (cache / trust.name).symlink_to(trust)
    return {"RULES_SDIST_CACHE": str(cache)}


@pytest.fixture
def machines(other_debian: dict[str, str], tmp_path: Path) -> Iterator[Callable[[str], Workspace]]:
    """Makes workspaces there; each has another path."""
    made: list[Workspace] = []

    def make(folder: str, *flags: str) -> Workspace:
        place = tmp_path / folder
        place.mkdir(parents=True)
        made.append(Workspace(place / "w", place / "o", flags=["-c", "opt", *flags], env=other_debian))
        return made[-1]

    yield make
    for workspace in made:
        workspace.shutdown()
