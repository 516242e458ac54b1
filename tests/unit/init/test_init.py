"""What `init` says, writes and leaves alone. The lock is made by somebody else here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS
from sample_locks import sample

import init.command
from common.errors import UserError
from init.module_file import read_module
from init.plan import RULES_PYTHON, RULES_SDIST
from lock.options import parse_options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HASHED = "six==1.17.0 --hash=sha256:" + "0" * 64 + "\n"
OWN = """\
bazel_dep(name = "rules_python", version = "1.0.0")
bazel_dep(name = "rules_sdist", version = "0.1.0")
"""
PIP = 'pip = use_extension("@rules_python//python/extensions:pip.bzl", "pip")\n'
SWAP = """\
sdists = use_extension("@rules_sdist//python:extensions.bzl", "sdists")
sdists.lock(name = "sdists_hub", lock = "//:sdists.lock.json", swaps = "@pip//:BUILD.bazel")
"""
ADDED = """

mine.lock(
    name = "sdists_hub",
    lock = "//:sdists.lock.json",
)
use_repo(mine, "sdists_hub")
"""


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What `lock` is asked for; it writes a lock of its own, which remembers that."""
    asked = []

    def lock(arguments: Sequence[str]) -> int:
        asked.append(tuple(arguments))
        options = parse_options(arguments, init.command._root(""))
        options.output.write_text(replace(sample(), command=options.command()).text())
        if options.swap:
            options.swap[1].write_text(SWAP)
        return 0

    monkeypatch.setattr("init.command.lock", lock)
    return asked


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with pinned requirements."""
    (tmp_path / "requirements.txt").write_text(HASHED)
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))
    return tmp_path


def texts(root: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in root.iterdir()}


def test_a_workspace_gets_what_it_lacks_once(
    root: Path, lines: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "MODULE.bazel").write_text(OWN)
    assert init.command.init(["--build-all"]) == 0
    first, said = texts(root), capsys.readouterr().out
    assert lines == [("requirements.txt", "-o", "sdists.lock.json", "--overrides", "sdists.toml", "--build-all")]
    assert "MODULE.bazel: 6 lines more, at its end: the hub deps" in said
    assert "sdists.lock.json: new: from requirements.txt" in said
    assert said.endswith("Next:\n  bazel build @deps//demo\n")
    assert first["MODULE.bazel"].startswith(OWN + '\nsdists = use_extension("@rules_sdist//python:extensions.bzl"')
    (tag,) = read_module(root).tags("//python:extensions.bzl", "lock")
    assert tag.named == {"name": "deps", "lock": "//:sdists.lock.json"}
    assert init.command.init([]) == 0
    assert texts(root) == first
    assert lines[1] == lines[0]
    assert "MODULE.bazel has the hub deps of sdists.lock.json already; nothing is added." in capsys.readouterr().out
    with pytest.raises(UserError, match="has a hub already"):
        init.command.init(["--requirements", "other.txt"])


def test_what_the_user_wrote_stays(root: Path, lines: list[tuple[str, ...]]) -> None:
    mine = OWN + 'mine = use_extension("@rules_sdist//python:extensions.bzl", "sdists")\nuse_repo(mine, "deps")'
    (root / "MODULE.bazel").write_text(mine)
    (root / "BUILD").write_text("# mine\n")
    (root / "sdists.toml").write_text("# mine\n")
    init.command.init([])
    assert len(lines) == 1
    after = texts(root)
    assert after["MODULE.bazel"] == mine + ADDED
    assert (after["BUILD"], after["sdists.toml"]) == ("# mine\n", "# mine\n")
    assert "BUILD.bazel" not in after


def test_an_empty_folder_gets_a_module_that_finds_the_checkout(root: Path, lines: list[tuple[str, ...]]) -> None:
    init.command.init([])
    assert len(lines) == 1
    module = read_module(root)
    own = read_module(TOOLS.parent)
    (itself,) = (call for call in own.calls if call.name == "module")
    python = own.dependency("rules_python")
    assert python is not None
    for name, version in (("rules_sdist", itself.get("version")), ("rules_python", python.get("version"))):
        dependency = module.dependency(name)
        assert dependency is not None
        assert dependency.get("version") == version
    assert (itself.get("version"), python.get("version")) == (RULES_SDIST, RULES_PYTHON)
    (override,) = (call for call in module.calls if call.name == "local_path_override")
    assert (root / override.get("path")).resolve() == TOOLS.parent


def test_pip_parse_is_kept(root: Path, lines: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    text = OWN + PIP + 'pip.parse(hub_name = "pip", requirements_lock = "//:requirements.txt")\nuse_repo(pip, "pip")\n'
    (root / "MODULE.bazel").write_text(text)
    init.command.init([])
    assert lines[0][-4:] == ("--swap", "rules_sdist.MODULE.bazel", "--pip-hub=pip", "--pip-names=python")
    assert (root / "MODULE.bazel").read_text() == text + '\ninclude("//:rules_sdist.MODULE.bazel")\n'
    assert "bazel test @sdists_hub//:check" in capsys.readouterr().out
    before = texts(root)
    init.command.init([])
    assert texts(root) == before
    assert set(lines[1]) == {*lines[0], "--hub=sdists_hub"}


def test_a_dry_run_writes_nothing(root: Path, lines: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    before = texts(root)
    init.command.init(["--dry-run"])
    assert (texts(root), lines) == (before, [])
    assert "BUILD.bazel: new" in capsys.readouterr().out


def test_a_lock_that_fails_leaves_module_bazel_alone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "MODULE.bazel").write_text(OWN)

    def fail(_: object) -> int:
        raise UserError("no such sdist", fix="Take another.")

    monkeypatch.setattr("init.command.lock", fail)
    with pytest.raises(UserError, match="no such sdist"):
        init.command.init([])
    assert (root / "MODULE.bazel").read_text() == OWN
    assert not (root / "BUILD.bazel").exists()


def test_the_workspace_is_found_or_named(
    root: Path, lines: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "MODULE.bazel").write_text(OWN)
    (root / "a" / "b").mkdir(parents=True)
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(root / "a" / "b"))
    init.command.init(["--dry-run"])
    assert init.command._root("") == root
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(root / "a" / "b"))
    assert init.command._root("..") == root / "a"
    with pytest.raises(UserError, match="There is no folder nowhere"):
        init.command.init(["--workspace", "nowhere"])
    with pytest.raises(UserError, match="the checkout of rules_sdist itself"):
        init.command.init(["--workspace", str(TOOLS.parent)])
    assert lines == []
