"""`examples/rules_python_swap`: pip.parse stays, and pip is never started."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support import REPO, Workspace, spawns

from lock.lockfile import read_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INCLUDE = 'include("//:rules_sdist.MODULE.bazel")\n'
ALL = ("//...", "@sdists_hub//:check")


def example(folder: Path, cache: Path) -> Workspace:
    """The example in another place, with an interpreter that makes any attempt to start pip fail."""
    shutil.copytree(REPO / "examples" / "rules_python_swap", folder / "w", ignore=shutil.ignore_patterns("bazel-*"))
    module = folder / "w" / "MODULE.bazel"
    text = module.read_text().replace('"../.."', f'"{REPO}"')
    module.write_text(text.replace("pip.parse(\n", 'pip.parse(\n    python_interpreter = "/bin/false",\n'))
    return Workspace(folder / "w", folder / "o", flags=[f"--disk_cache={cache}"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("swap")


@pytest.fixture(scope="module")
def swapped(folder: Path) -> Iterator[Workspace]:
    """Built and tested."""
    workspace = example(folder / "one", folder / "cache")
    workspace.run("test", *ALL)
    yield workspace
    workspace.shutdown()


def test_everything_is_built_and_imported_without_pip(swapped: Workspace) -> None:
    lock = read_lock(swapped.root / "sdists.lock.json")
    assert len(lock.sdists) + len(lock.wheels) >= 30
    assert len(lock.sdists) >= 10
    actions = swapped.run("aquery", "deps(//...)", "--include_commandline=false").out
    assert actions.count("Mnemonic: PySdistWheel") == len(lock.sdists)
    assert "pip" not in {line.split(": ", 1)[1].lower() for line in actions.splitlines() if "Mnemonic: " in line}
    # Those in which rules_python would have started it were not even made.
    pip_made = {path.name for path in (swapped.output_base / "external").glob("*~pip~pip_deps_*")}
    assert pip_made == set()


def test_another_machine_builds_nothing(swapped: Workspace, folder: Path) -> None:
    del swapped  # has filled the cache
    other = example(folder / "another" / "place", folder / "cache")
    log = folder / "log.json"
    other.run("test", *ALL, f"--execution_log_json_file={log}")
    misses = [entry["mnemonic"] for entry in spawns(log) if not entry["cacheHit"]]
    other.shutdown()
    assert misses == []


def test_without_the_include_it_goes_to_pip(folder: Path) -> None:
    """Before and after are one line apart."""
    workspace = example(folder / "before", folder / "cache")
    module = workspace.root / "MODULE.bazel"
    assert module.read_text().count(INCLUDE) == 1
    module.write_text(module.read_text().replace(INCLUDE, ""))
    message = workspace.build("//...", expect=1).err
    workspace.shutdown()
    assert "whl_library" in message
