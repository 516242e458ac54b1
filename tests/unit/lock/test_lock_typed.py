"""A name that would have no effect is an error before anybody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sample_locks import sample

from common.errors import UserError
from lock.command import lock
from lock.options import parse_options
from lock.typed import check_found, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

LINE = "{}==1.0 --hash=sha256:" + "0" * 64 + "\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with requirements, their lock, and no index."""
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    (tmp_path / "requirements.txt").write_text(LINE.format("PyYAML") + LINE.format("six"))
    (tmp_path / "lock.json").write_text(sample().text())
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "said", "fix"),
    [
        ("--build=pyaml", "pyaml is not among the requirements", "Did you mean pyyaml?"),
        ("--build=nosuch", "nosuch is not among the requirements", "There are: pyyaml, six."),
        ("--wheel=sixx", "sixx is not among the requirements", "Did you mean six?"),
        ("--upgrade=xx", "xx is no build requirement, crate or git source of the lock", "Did you mean x?"),
        ("--upgrade=six", "six is a requirement, and no build requirement", "Change its version in requirements.txt."),
    ],
)
def test_names_on_the_command_line(typed: str, said: str, fix: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        lock(["requirements.txt", "-o", "lock.json", typed])
    assert caught.value.fix.startswith(fix)
    assert caught.value.where == typed.partition("=")[0]


def test_a_table_of_the_overrides(folder: Path) -> None:
    (folder / "sdists.toml").write_text("[distributions.pyaml]\nsbom = true\n")
    with pytest.raises(UserError, match="pyaml is not among the requirements") as caught:
        lock(["requirements.txt", "-o", "lock.json", "--overrides=sdists.toml"])
    assert caught.value.fix == "Did you mean pyyaml? Else remove the table."


def test_wheels_among_build_requirements_are_known_later(folder: Path) -> None:
    line = ["requirements.txt", "-o", "lock.json", "--build-requires-from-source", "--wheel=setuptool"]
    options = parse_options(line, folder)
    with pytest.raises(UserError, match="neither a requirement nor a build requirement") as caught:
        check_found(options, {"setuptools", "six"})
    assert "Did you mean setuptools?" in caught.value.fix
    check_found(options, {"setuptool"})


def test_nothing_is_meant_where_nothing_is_like_it() -> None:
    assert did_you_mean("x", {f"name-{number}" for number in range(100)}) == ""
    assert did_you_mean("x", set()) == ""
