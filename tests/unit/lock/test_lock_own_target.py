"""What no index has: the error is the text to type."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from pinned_inputs import PYLOCK, UV_LOCK, read

from common.errors import UserError
from lock.inputs.own_target import own_project
from lock.inputs.read import own_projects
from lock.left_to_pip import check_locked

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MODULE = f"""\
  In MODULE.bazel:
    new_git_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:git.bzl", "new_git_repository")
    new_git_repository(
        name = "odd_one",
        build_file = "//:odd_one.BUILD.bazel",
        commit = "{COMMIT}",
        remote = "https://files.example/one.git",
        strip_prefix = "python/one",
    )
  In odd_one.BUILD.bazel:
    load("@rules_sdist//python:defs.bzl", "py_sdist_wheel", "py_wheel_library")
    py_sdist_wheel(
        name = "wheel",
        srcs = glob(["**"], exclude = [".git/**"]),
        build_requires = [],  # the wheels of what its [build-system] requires
        distribution = "odd-one",
        version = "VERSION",
    )
    py_wheel_library(
        name = "odd_one",
        visibility = ["//visibility:public"],
        wheel = ":wheel",
    )"""
REQUIREMENT = f"Odd.One[fast] @ git+https://files.example/one.git@{COMMIT}#subdirectory=python/one ; os_name == 'posix'"
UV = f'{{ git = "https://files.example/one.git?subdirectory=python%2Fone&rev=main#{COMMIT}" }}'
VCS = (
    'vcs = { type = "git", url = "https://files.example/one.git", '
    f'commit-id = "{COMMIT}", subdirectory = "python/one" }}'
)


def fix_of(folder: Path, text: str, name: str) -> str:
    """What is told to do about the first pin that can't be locked."""
    with pytest.raises(UserError) as caught:
        for pin in read(folder, text, name):
            check_locked(pin)
    return caught.value.fix


@pytest.mark.parametrize(
    ("name", "text", "leave_out", "version"),
    [
        ("requirements.txt", REQUIREMENT, "remove its line", "0"),
        (
            "uv.lock",
            UV_LOCK.replace('{ url = "https://files.example/six-1.17.0.tar.gz" }', UV).replace('"six"', '"odd-one"'),
            "uv export --no-emit-package odd-one --format pylock.toml --output-file pylock.toml",
            "1.17.0",
        ),
        (
            "pylock.toml",
            PYLOCK.replace('directory = { path = ".", editable = true }', VCS).replace('"demo"', '"odd-one"'),
            "remove its [[packages]] table",
            "0",
        ),
    ],
)
def test_a_commit_is_told_with_all_that_there_is_to_type(
    tmp_path: Path, name: str, text: str, leave_out: str, version: str
) -> None:
    first, second, *rest = fix_of(tmp_path, text, name).splitlines()
    assert first == "Ask for a release of it. Or make it a target of your own, and leave it out here:"
    assert second == f"    {leave_out}"
    assert "\n".join(rest) == MODULE.replace("VERSION", version)
    for part in MODULE.split("  In ")[1:]:
        ast.parse("\n".join(line[4:] for line in part.splitlines()[1:]))  # Starlark looks like Python


def test_no_commit_is_named(tmp_path: Path) -> None:
    """The last one of a branch is asked for; nobody's password is shown."""
    fix = fix_of(tmp_path, "odd-one @ git+https://user:s3cret@files.example/one@main", "requirements.txt")
    assert 'commit = "",  # what this prints: git ls-remote https://files.example/one main\n' in fix
    assert 'remote = "https://files.example/one",\n' in fix
    assert "s3cret" not in fix
    assert "strip_prefix" not in fix
    fix = fix_of(tmp_path, "odd-one@git+ssh://git@files.example/one", "requirements.txt")
    assert "git ls-remote ssh://git@files.example/one HEAD\n" in fix


@pytest.mark.parametrize("user", ["user:s3cret", "s3cret", "s3cret:"])
@pytest.mark.parametrize(
    "line", ["odd-one @ git+https://{}@files.example/one@main", "git+https://{}@files.example/one"]
)
def test_nothing_of_an_error_tells_a_secret(tmp_path: Path, line: str, user: str) -> None:
    """Also a token, which stands where users do."""
    with pytest.raises(UserError) as caught:
        for pin in read(tmp_path, line.format(user), "requirements.txt"):
            check_locked(pin)
    assert "git+https://files.example/one" in caught.value.what
    assert "s3cret" not in "".join(map(str, (caught.value, caught.value.what, caught.value.where, caught.value.fix)))


def test_no_name_is_told(tmp_path: Path) -> None:
    fix = fix_of(tmp_path, f"git+https://files.example/one@{COMMIT}", "requirements.txt")
    assert 'distribution = "NAME"' in fix
    assert "written `NAME @ git+https" in fix.splitlines()[-1]


def test_another_tool_than_git(tmp_path: Path) -> None:
    fix = fix_of(tmp_path, "odd-one @ hg+https://files.example/one@main", "requirements.txt")
    assert fix.splitlines()[-1] == "  docs/how_to/source_trees.md of rules_sdist shows such a target."


def test_projects_of_the_workspace_that_others_need(tmp_path: Path) -> None:
    """The first project is nobody's dependency."""
    place = tmp_path / "uv.lock"
    place.write_text(UV_LOCK)
    assert own_projects([place]) == {}
    member = 'source = { directory = "libs/member" }'
    needs = 'dependencies = [{ name = "six" }, { name = "demo" }, { name = "nowhere" }]'
    text = UV_LOCK.replace('[{ name = "requests"', '[{ name = "member" }, { name = "requests"')
    place.write_text(text.replace(member, f"{member}\n{needs}"))
    found = own_projects([place])
    assert list(found) == ["demo", "member"]
    assert own_project("member", found, {"six", "requests"}) == MEMBER


MEMBER = """\
member is a project of your own, in libs/member, and in no hub. Make it a py_library; or a wheel, in \
libs/member/BUILD.bazel:
    load("@rules_sdist//python:defs.bzl", "py_sdist_wheel", "py_wheel_library")
    py_sdist_wheel(
        name = "wheel",
        srcs = glob(["**"], exclude = [".git/**"]),
        build_requires = [],  # the wheels of what its [build-system] requires
        distribution = "member",
        version = "0.1",
    )
    py_wheel_library(
        name = "member",
        visibility = ["//visibility:public"],
        wheel = ":wheel",
        deps = ["//:demo", "@deps//six"],  # deps: the hub
    )"""
