"""Fixtures of the integration tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace that most tests share: each adds packages of its own."""
    folder = tmp_path_factory.mktemp("shared")
    made = Workspace(folder / "workspace", folder / "output", flags=["-c", "opt"])
    yield made
    made.shutdown()


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A second machine's workspace, shared likewise: below another folder, its output base with blanks and letters."""
    folder = tmp_path_factory.mktemp("elsewhere")
    made = Workspace(folder / "another workspace" / "sub", folder / "größe 大 two words", flags=["-c", "opt"])
    yield made
    made.shutdown()
