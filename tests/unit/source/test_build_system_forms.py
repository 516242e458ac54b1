from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from common.errors import UserError
from source.project import LEGACY, read_build_system

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("text", ["build-system = 1", 'build-system = "x"', "[[build-system]]\nrequires = []"])
def test_a_build_system_that_is_no_table_is_an_error_for_the_user(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(UserError) as caught:
        read_build_system(tmp_path)
    assert "not of the form that PEP 518 asks for" in str(caught.value)
    assert "where: pyproject.toml" in str(caught.value)


def test_setup_cfg_alone_is_legacy_too(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").touch()
    assert read_build_system(tmp_path) == LEGACY
