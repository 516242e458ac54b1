"""A lock knows the command that made it: nobody has to type it again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sample_locks import sample

from common.errors import UserError
from lock.options import parse_options
from lock.recorded import recorded_command

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = ("a.txt", "-o", "third_party/sdists.lock.json", "--overrides", "o.toml", "--build=six", "--python=python3.12")


MAKE_ONE = "Make one: bazel run @rules_sdist//tools/lock -- requirements.txt -o sdists.lock.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a lock, below the root of its workspace."""
    (tmp_path / "MODULE.bazel").touch()
    (tmp_path / "third_party").mkdir()
    (tmp_path / "third_party" / "sdists.lock.json").write_text(replace(sample(), command=COMMAND).text())
    (tmp_path / "third_party" / "other.lock.json").write_text("{}")
    return tmp_path / "third_party"


@pytest.mark.parametrize("typed", [[], ["sdists.lock.json"], ["-o", "sdists.lock.json"]])
def test_its_own_command(folder: Path, typed: list[str]) -> None:
    options = parse_options(["--check", *typed], folder)
    assert options == replace(parse_options(COMMAND, folder.parent), check=True)
    assert options.command() == COMMAND


def test_more_is_typed(folder: Path) -> None:
    typed = ["--upgrade=x", "sdists.lock.json", "--build", "y", "--overrides", "o.toml", "--swap=s.MODULE.bazel"]
    options = parse_options(typed, folder)
    assert (set(options.upgrade), set(options.build), options.check) == ({"x"}, {"six", "y"}, False)
    assert options.overrides == folder / "o.toml"
    assert options.swap
    assert options.swap[1] == folder / "s.MODULE.bazel"


def test_from_elsewhere(folder: Path) -> None:
    assert parse_options(["third_party/sdists.lock.json"], folder.parent).command() == COMMAND


def test_requirements_need_an_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in (["a.txt"], ["a.txt", "sdists.lock.json"]):
        with pytest.raises(SystemExit):
            parse_options(line, folder)
        assert "such as -o sdists.lock.json" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("typed", "what", "fix"),
    [
        (
            [],
            "There is no lock here, no *.lock.json.",
            MAKE_ONE,
        ),
        (
            ["-o", "x.lock.json"],
            "x.lock.json is no lock that is there.",
            MAKE_ONE,
        ),
    ],
)
def test_no_lock(tmp_path: Path, typed: list[str], what: str, fix: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_options(["--check", *typed], tmp_path)
    assert caught.value.what == what
    assert caught.value.fix.startswith(fix)


def test_several_locks(folder: Path) -> None:
    (folder / "b.lock.json").write_text(sample().text())
    with pytest.raises(UserError) as caught:
        parse_options(["--check"], folder)
    assert caught.value.what == "There are several locks here: b.lock.json, sdists.lock.json."
    assert caught.value.fix == "Name one: bazel run @rules_sdist//tools/lock -- --check b.lock.json"


def test_a_lock_after_a_merge(folder: Path) -> None:
    """Its command is found as long as both sides have the same."""
    lock = folder / "sdists.lock.json"
    text = lock.read_text()
    lock.write_text(text.replace(' "cycles"', "<<<<<<< ours\n" + ' "cycles"', 1))
    assert tuple(recorded_command(lock)) == COMMAND
    lock.write_text(text + text.replace("--build=six", "--build=x"))
    with pytest.raises(UserError) as caught:
        recorded_command(lock)
    assert caught.value.what == "sdists.lock.json does not say with which command it was made."
    assert caught.value.fix == "Type it: bazel run @rules_sdist//tools/lock -- requirements.txt -o sdists.lock.json"
