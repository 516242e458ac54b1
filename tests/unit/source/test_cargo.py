"""Workspaces of cargo: where their root is, and what their packages depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rust_sdists import manifest, tree

from common.errors import UserError
from source.cargo import Workspace

if TYPE_CHECKING:
    from pathlib import Path


def package(name: str, *dependencies: str, more: str = "") -> str:
    return manifest(*dependencies, more=more).replace('"demo"', f'"{name}"')


def root_of(top: Path, file: str) -> str:
    return Workspace(top / file, top).root.relative_to(top.resolve()).as_posix()


def named(space: Workspace) -> dict[str, list[str]]:
    """The dependencies of each package."""
    return {
        item.name: [" ".join([found.name, found.requirement]).rstrip() for found in item.dependencies]
        for item in space.packages()
    }


@pytest.mark.parametrize(
    ("workspace", "root"),
    [
        ("", "a/b"),
        ("[workspace]\nmembers = ['a/*']", "."),
        ("[workspace]\nmembers = []", "."),
        ("[workspace]\nexclude = ['a']", "a/b"),
        ("[workspace]\nexclude = ['a']\nmembers = ['a/b']", "."),
    ],
)
def test_root(tmp_path: Path, workspace: str, root: str) -> None:
    tree(tmp_path, {"Cargo.toml": workspace, "a/b/Cargo.toml": package("b")})
    assert root_of(tmp_path, "a/b/Cargo.toml") == root


def test_root_that_is_named(tmp_path: Path) -> None:
    own = package("b").replace("[lib]", 'workspace = "../../w"\n[lib]')
    tree(tmp_path, {"w/Cargo.toml": "[workspace]\nmembers = ['../a/b']", "a/b/Cargo.toml": own})
    assert root_of(tmp_path, "a/b/Cargo.toml") == "w"


def test_what_lies_above_the_sdist_is_not_read(tmp_path: Path) -> None:
    tree(tmp_path, {"Cargo.toml": "[workspace]\nmembers = ['*']", "demo/Cargo.toml": package("demo")})
    assert root_of(tmp_path / "demo", "Cargo.toml") == "."


def test_members_and_all_kinds_of_dependencies(tmp_path: Path) -> None:
    root = """
    [workspace]
    members = ["crates/*", "gone"]
    exclude = ["crates/out"]
    [workspace.package]
    version = "3.2.1"
    [workspace.dependencies]
    shared = { version = "2", features = ["x"] }
    two = { path = "crates/two" }
    """
    one = """\
[package]
name = "one"
version.workspace = true
[dependencies]
shared = { workspace = true, features = ["y"] }
two.workspace = true
renamed = { package = "real", version = "0.3", optional = true }
[build-dependencies]
cc = "1"
[dev-dependencies]
tests = "1"
[target.'cfg(windows)'.dependencies.winapi]
version = "0.3"
"""
    tree(
        tmp_path,
        {
            "Cargo.toml": root,
            "crates/one/Cargo.toml": one,
            "crates/two/Cargo.toml": package("two"),
            "crates/out/Cargo.toml": package("out"),
            "crates/not_one/README": "",
        },
    )
    space = Workspace(tmp_path / "crates/one/Cargo.toml", tmp_path)
    assert named(space) == {"one": ["shared 2", "two", "real 0.3", "cc 1", "tests 1", "winapi 0.3"], "two": []}
    first = space.packages()[0]
    assert first.version == "3.2.1"
    assert first.dependencies[0].features == ("x", "y")
    assert [item.optional for item in first.dependencies[:3]] == [False, False, True]


def test_tests_of_what_lies_outside_the_workspace_do_not_count(tmp_path: Path) -> None:
    """hf-xet: its bindings stand alone, and use members of another workspace."""
    dev = "\n[dev-dependencies]\ntests = '1'\n"
    root = "[workspace]\nmembers = ['core', 'gone']\nexclude = ['bind']\n[workspace.dependencies]\nx = '5'\n"
    tree(
        tmp_path,
        {
            "Cargo.toml": root,
            "core/Cargo.toml": package("core", "x.workspace = true") + dev,
            "bind/Cargo.toml": package("bind", 'core = { path = "../core" }') + dev,
        },
    )
    space = Workspace(tmp_path / "bind/Cargo.toml", tmp_path)
    assert space.root == (tmp_path / "bind").resolve()
    assert named(space) == {"bind": ["core", "tests 1"], "core": ["x 5"]}


def test_patched_crates_belong_to_it(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "Cargo.toml": package("demo", 'itoa = "1"') + '\n[patch.crates-io]\nitoa = { path = "itoa" }\n',
            "itoa/Cargo.toml": package("itoa", 'ryu = "1"'),
        },
    )
    assert named(Workspace(tmp_path / "Cargo.toml", tmp_path)) == {"demo": ["itoa 1"], "itoa": ["ryu 1"]}


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"Cargo.toml": "[package]\nname =\n"}, r"Cargo\.toml is not valid TOML: .*line 2"),
        ({"Cargo.toml": package("demo", 'a = { path = "a" }')}, r"a/Cargo\.toml is not there"),
        ({"Cargo.toml": package("demo", 'a = { path = "../../a" }')}, "names '../../a', which is outside"),
        ({"Cargo.toml": "[workspace]\nmembers = ['..']"}, "names '..', which is outside"),
    ],
)
def test_what_can_not_be_read(tmp_path: Path, files: dict[str, str], what: str) -> None:
    source = tree(tmp_path / "source", files)
    with pytest.raises(UserError, match=what):
        Workspace(source / "Cargo.toml", source).packages()
