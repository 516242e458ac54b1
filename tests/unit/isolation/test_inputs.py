"""Where the inputs of closed builds really are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isolation.inputs import all_inputs, real_inputs

if TYPE_CHECKING:
    from pathlib import Path


def files(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def linked(source: Path, target: Path, *names: str) -> Path:
    """A folder with a link to each of these files, as in a sandbox or among runfiles."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).symlink_to(source / name)
    return target


def test_folders_that_hold_nothing_else_are_taken_as_a_whole(tmp_path: Path) -> None:
    real = files(tmp_path / "real", "a/b/1", "a/b/2", "a/c/3", "a/d")
    sandbox = linked(real, tmp_path / "sandbox", "a/b/1", "a/b/2", "a/d")
    found = real_inputs(str(sandbox), ["a/b/1", "a/b/2", "a/d"])
    assert found == {"a/b": f"{real}/a/b", "a/d": f"{real}/a/d"}


def test_links_that_lead_to_links_are_followed(tmp_path: Path) -> None:
    """A reproducibility test's inputs are links into runfiles, which are links themselves."""
    real = files(tmp_path / "real", "a/1", "a/2")
    runfiles = linked(real, tmp_path / "runfiles", "a/1", "a/2")
    root = linked(runfiles, tmp_path / "root", "a/1", "a/2")
    assert real_inputs(str(root), ["a/1", "a/2"]) == {"a": f"{real}/a"}


def test_no_folder_is_taken_that_leads_out_of_it(tmp_path: Path) -> None:
    """As of a repository with a link to a program of the machine."""
    real = files(tmp_path / "real", "a/1", "machine/python3.14")
    (real / "a" / "python").symlink_to(real / "machine" / "python3.14")
    sandbox = linked(real, tmp_path / "sandbox", "a/1", "a/python")
    for root in (real, sandbox):
        found = real_inputs(str(root), ["a/1", "a/python"])
        assert found == {"a/1": f"{real}/a/1", "a/python": f"{real}/machine/python3.14"}


def test_relative_links_are_part_of_their_folder(tmp_path: Path) -> None:
    real = files(tmp_path / "real", "a/python3.14")
    (real / "a" / "python3").symlink_to("python3.14")
    sandbox = linked(real, tmp_path / "sandbox", "a/python3", "a/python3.14")
    assert real_inputs(str(sandbox), ["a/python3", "a/python3.14"]) == {"a": f"{real}/a"}


def test_folders_that_actions_made_are_found_behind_links(tmp_path: Path) -> None:
    real = files(tmp_path / "real", "bazel-out/tree/x/1", "bazel-out/tree/2")
    runfiles = linked(real, tmp_path / "runfiles", "bazel-out/tree/x/1", "bazel-out/tree/2")
    root = linked(runfiles, tmp_path / "root", "bazel-out/tree/x/1", "bazel-out/tree/2")
    assert real_inputs(str(root), ["bazel-out/tree/"]) == {"bazel-out/tree": f"{real}/bazel-out/tree"}
    (tmp_path / "whole" / "bazel-out").mkdir(parents=True)
    (tmp_path / "whole" / "bazel-out" / "tree").symlink_to(real / "bazel-out" / "tree")
    assert all_inputs(str(tmp_path / "whole"), ()) == ["bazel-out/tree"]
    assert real_inputs(str(tmp_path / "whole"), ["bazel-out/tree"]) == {"bazel-out/tree": f"{real}/bazel-out/tree"}
