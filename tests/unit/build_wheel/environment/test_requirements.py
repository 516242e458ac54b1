from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from build_wheel.environment.requirements import (
    Installed,
    check_python,
    installed_distributions,
    missing_error,
    unsatisfied,
)
from common.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

INSTALLED = {
    "setuptools": Installed("setuptools", "80.0", ()),
    "meson-python": Installed(
        "meson_python", "0.18", ("meson>=1.2", 'tomli; python_version < "3"', "ninja; extra == 'n'")
    ),
    "meson": Installed("meson", "1.0", ()),
    "beta": Installed("beta", "2.0b1", ()),
}


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        (["setuptools>=61"], []),
        (["SetupTools"], []),
        (["beta>=1"], []),
        (["wheel"], ["wheel (missing), asked for by pyproject.toml"]),
        (["setuptools<80"], ["setuptools<80 (found setuptools 80.0), asked for by pyproject.toml"]),
        (['wheel; python_version < "3"'], []),
        (["Meson.Python"], ["meson>=1.2 (found meson 1.0), asked for by meson_python"]),
        (
            ["meson_python[n]"],
            ["meson>=1.2 (found meson 1.0), asked for by meson_python", "ninja (missing), asked for by meson_python"],
        ),
        (["wheel", "wheel"], ["wheel (missing), asked for by pyproject.toml"]),
    ],
)
def test_unsatisfied(requires: list[str], expected: list[str]) -> None:
    assert unsatisfied(requires, INSTALLED) == expected


def test_not_a_requirement() -> None:
    with pytest.raises(UserError, match="'not a requirement!'"):
        unsatisfied(["not a requirement!"], {})


def test_message_has_lines_to_copy() -> None:
    text = str(missing_error(["Foo_Bar>=1 (missing), asked for by pyproject.toml"], "//x:wheel"))
    assert '      "@foo-bar_wheel//:file",  # Foo_Bar>=1 (missing), asked for by pyproject.toml' in text
    assert "`build_requires` of //x:wheel" in text


def test_python_that_a_requirement_is_not_for() -> None:
    requirement = Installed("setuptools", "84", (), ">=3.10")
    check_python([requirement, Installed("any", "1", ())], "3.14.0b1", "//x:wheel")
    with pytest.raises(UserError, match=r"setuptools 84 needs Python >=3\.10, this is Python 3\.9\.18"):
        check_python([requirement], "3.9.18", "//x:wheel")


def test_installed_distributions(tmp_path: Path) -> None:
    (tmp_path / "Foo_Bar-1.0.dist-info").mkdir()
    (tmp_path / "Foo_Bar-1.0.dist-info" / "METADATA").write_text(
        "Name: Foo.Bar\nVersion: 1.0\nRequires-Dist: x\nRequires-Python: >=3.8\n"
    )
    assert installed_distributions(tmp_path) == {"foo-bar": Installed("Foo.Bar", "1.0", ("x",), ">=3.8")}
