from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from common.errors import UserError
from init.module_file import file_of, read_module

if TYPE_CHECKING:
    from pathlib import Path

PIP = "//python/extensions:pip.bzl"
TEXT = """\
module(name = "mine")
VERSION = "3.14"
bazel_dep(name = "rules_python", version = "1.0.0", repo_name = "rp")
pip = use_extension("@rp//python/extensions:pip.bzl", "pip")
pip.parse(hub_name = "deps", python_version = VERSION, requirements_lock = "//third_party:lock.txt")
other = use_extension("//:other.bzl", "pip")
other.parse(hub_name = "no")
use_repo(pip, "deps", short = "long")
include("//:more.MODULE.bazel")
"""


def test_tags_of_an_extension_also_in_what_is_included(tmp_path: Path) -> None:
    (tmp_path / "MODULE.bazel").write_text(TEXT)
    more = 'p = use_extension("@rp//python/extensions:pip.bzl", "pip")\np.parse(hub_name = "more")\n'
    (tmp_path / "more.MODULE.bazel").write_text(more + 'include("//:MODULE.bazel")\n')
    module = read_module(tmp_path)
    assert [tag.get("hub_name") for tag in module.tags(PIP, "parse")] == ["deps", "more"]
    assert module.tags(PIP, "parse")[0].get("python_version") is None  # no literal
    assert module.repositories() == {"deps", "short", "rp"}
    assert module.includes("//:more.MODULE.bazel")
    dependency = module.dependency("rules_python")
    assert dependency is not None
    assert dependency.get("version") == "1.0.0"


def test_a_workspace_without_one(tmp_path: Path) -> None:
    assert read_module(tmp_path).calls == ()


def test_one_that_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "MODULE.bazel").write_text('module(name = "mine")\nbazel_dep(\n')
    with pytest.raises(UserError) as caught:
        read_module(tmp_path)
    assert caught.value.where == f"{tmp_path}/MODULE.bazel:2"


@pytest.mark.parametrize(
    ("label", "package", "file"),
    [
        ("//:lock.txt", "x", "lock.txt"),
        ("@//a/b:c/lock.txt", "", "a/b/c/lock.txt"),
        ("//a/b", "", "a/b/b"),
        (":lock.txt", "x", "x/lock.txt"),
        ("lock.txt", "", "lock.txt"),
    ],
)
def test_files_of_labels(tmp_path: Path, label: str, package: str, file: str) -> None:
    assert file_of(tmp_path, label, package) == tmp_path / file
