"""What inputs say about building from source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pinned_inputs import PYLOCK, UV_LOCK

from common.errors import UserError
from lock.inputs.build_options import BuildOptions, build_options

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "no_binary", "only_binary"),
    [
        ("", (), ()),
        ("--no-binary Foo_Bar,six\n--only-binary=numpy\n", ("foo-bar", "six"), ("numpy",)),
        ("--no-binary :all:\n--only-binary six\n", (":all:",), ("six",)),
        ("--only-binary six\n--no-binary :all:\n", (":all:",), ()),
        ("--no-binary six --no-binary :none:\n", (), ()),
        ("--no-binary=six\n--only-binary=six\n", (), ("six",)),
        ("-r more.txt\n--only-binary=more\n", ("else",), ("more",)),
    ],
)
def test_lines_of_requirements_count_as_pip_counts_them(
    tmp_path: Path, text: str, no_binary: tuple[str, ...], only_binary: tuple[str, ...]
) -> None:
    (tmp_path / "r.txt").write_text(text + "# end\n")
    (tmp_path / "more.txt").write_text("--no-binary=more,else\n")
    assert build_options([tmp_path / "r.txt"]) == BuildOptions(no_binary, only_binary)


def test_a_name_counts_before_all() -> None:
    options = BuildOptions((":all:",), ("six",))
    assert (options.builds("six"), options.builds("numpy")) == (False, True)
    options = BuildOptions(("six",), (":all:",))
    assert (options.builds("six"), options.builds("numpy")) == (True, False)
    assert not BuildOptions().builds("six")


def test_settings_beside_uv_lock(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(UV_LOCK)
    (tmp_path / "pylock.toml").write_text(PYLOCK)
    assert build_options([tmp_path / "uv.lock"]) == BuildOptions()
    settings = "no-binary-package = ['Foo_Bar']\nno-build = true\n"
    (tmp_path / "pyproject.toml").write_text("[tool.uv]\n" + settings)
    assert build_options([tmp_path / "uv.lock"]) == BuildOptions(("foo-bar",), (":all:",))
    assert build_options([tmp_path / "pylock.toml"]) == BuildOptions()
    (tmp_path / "uv.toml").write_text("no-binary = true\nno-build-package = ['six']\n")
    assert build_options([tmp_path / "uv.lock"]) == BuildOptions((":all:",), ("six",))
    (tmp_path / "uv.toml").write_text("no-binary-package = 'six'\n")
    with pytest.raises(UserError, match="`no-binary-package` is not a list of names"):
        build_options([tmp_path / "uv.lock"])
