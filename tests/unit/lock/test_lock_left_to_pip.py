"""What a swap leaves to rules_python, and what a lock can't have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pinned_inputs import UV_LOCK, A

from common.errors import UserError
from lock.left_to_pip import left_to_pip
from lock.options import parse_options

if TYPE_CHECKING:
    from pathlib import Path

LINES = f"""\
one==1.0 --hash=sha256:{A}
Odd_One @ git+https://files.example/odd@main
"""


def test_a_checkout_is_left_by_name(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text(LINES)
    options = parse_options(["r.txt", "-o", "lock.json", "--swap=s.MODULE.bazel", "--leave-to-pip=one"], tmp_path)
    assert options.command()[-1] == "--leave-to-pip=one"
    left = left_to_pip(options)
    assert list(left) == ["odd-one", "one"]
    assert "a checkout of version control" in left["odd-one"]
    assert left_to_pip(parse_options(["r.txt", "-o", "lock.json"], tmp_path)) == {}


def test_what_uv_lock_has_from_elsewhere(tmp_path: Path) -> None:
    """A file of a registry or a URL is locked, a checkout or a file on disk is not; what those need is found."""
    checkout = '{ git = "https://files.example/six?rev=1#0" }\ndependencies = [{ name = "numpy" }]'
    text = UV_LOCK.replace('{ url = "https://files.example/six-1.17.0.tar.gz" }', checkout)
    assert text != UV_LOCK
    (tmp_path / "uv.lock").write_text(text)
    options = parse_options(["uv.lock", "-o", "lock.json", "--swap=s.MODULE.bazel"], tmp_path)
    left = left_to_pip(options)
    assert list(left) == ["six", "vendored"]
    assert left["vendored"] == "vendored is a file of your own, which no index has."


def test_a_name_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text(LINES)
    options = parse_options(["r.txt", "-o", "l.json", "--swap=s.MODULE.bazel", "--leave-to-pip=none"], tmp_path)
    with pytest.raises(UserError, match="none is to be left to pip, but is not among the requirements"):
        left_to_pip(options)


def test_it_is_for_swaps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_options(["r.txt", "-o", "l.json", "--leave-to-pip=one"], tmp_path)
    assert "--leave-to-pip is for --swap" in capsys.readouterr().err
