"""What no index has: git is asked for it, or the error is the text to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pinned_inputs import PYLOCK, UV_LOCK, read

from common.errors import UserError
from lock.git_source import GitSource
from lock.inputs.own_target import git_of_requirement, own_project
from lock.inputs.read import own_projects
from lock.left_to_pip import check_locked

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REQUIREMENT = f"Odd.One[fast] @ git+https://files.example/one.git@{COMMIT}#subdirectory=python/one ; os_name == 'posix'"
UV = f'{{ git = "https://files.example/one.git?subdirectory=python%2Fone&rev=main#{COMMIT}" }}'
VCS = (
    'vcs = { type = "git", url = "https://files.example/one.git", '
    f'commit-id = "{COMMIT}", subdirectory = "python/one" }}'
)


@pytest.mark.parametrize(
    ("name", "text", "revision"),
    [
        ("requirements.txt", REQUIREMENT, COMMIT),
        ("requirements.txt", REQUIREMENT.replace(f"@{COMMIT}", "@main"), "main"),
        ("requirements.txt", REQUIREMENT.replace(f"@{COMMIT}", ""), ""),
        (
            "uv.lock",
            UV_LOCK.replace('{ url = "https://files.example/six-1.17.0.tar.gz" }', UV).replace('"six"', '"odd-one"'),
            COMMIT,
        ),
        (
            "pylock.toml",
            PYLOCK.replace('directory = { path = ".", editable = true }', VCS).replace('"demo"', '"odd-one"'),
            COMMIT,
        ),
    ],
)
def test_a_git_source(tmp_path: Path, name: str, text: str, revision: str) -> None:
    """It is locked; a swap leaves it to rules_python, and says why."""
    (pin,) = (pin for pin in read(tmp_path, text, name) if pin.name == "odd-one")
    assert pin.git == GitSource("https://files.example/one.git", revision, "python/one")
    assert pin.hashes == ()
    check_locked(pin)
    assert pin.refusal
    assert "is a checkout of version control" in pin.refusal[0]


@pytest.mark.parametrize(
    ("address", "url", "revision", "folder"),
    [
        ("ssh://git@files.example/one@v1", "ssh://git@files.example/one", "v1", ""),
        ("ssh://git@files.example/one", "ssh://git@files.example/one", "", ""),
        ("git@files.example:some/one.git@v1", "git@files.example:some/one.git", "v1", ""),
        ("git@files.example:some/one.git", "git@files.example:some/one.git", "", ""),
        ("file:///home/a@b/one.git@main#subdirectory=./x/", "file:///home/a@b/one.git", "main", "x"),
    ],
)
def test_addresses(url: str, address: str, revision: str, folder: str) -> None:
    assert git_of_requirement(f"git+{address}") == GitSource(url, revision, folder)


@pytest.mark.parametrize("user", ["user:s3cret", "s3cret", "s3cret:"])
@pytest.mark.parametrize("line", ["odd-one @ hg+HTTPS://{}@files.example/one@main", "git+https://{}@files.example/one"])
def test_nothing_of_an_error_tells_a_secret(tmp_path: Path, line: str, user: str) -> None:
    """Also a token, which stands where users do."""
    with pytest.raises(UserError) as caught:
        for pin in read(tmp_path, line.format(user), "requirements.txt"):
            check_locked(pin)
    assert "+https://files.example/one" in caught.value.what.lower()
    assert "s3cret" not in "".join(map(str, (caught.value, caught.value.what, caught.value.where, caught.value.fix)))


def test_no_name_is_told(tmp_path: Path) -> None:
    """A hub has things by their names."""
    with pytest.raises(UserError) as caught:
        read(tmp_path, f"git+https://files.example/one@{COMMIT}", "requirements.txt")
    assert caught.value.fix.endswith(f"`NAME @ git+https://files.example/one@{COMMIT}`.")


def test_another_tool_than_git(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, "odd-one @ hg+https://files.example/one@main", "requirements.txt")
    first, leave_out, last = caught.value.fix.splitlines()
    assert first == "Ask for a release of it. Or make it a target of your own, and leave it out here:"
    assert leave_out == "    remove its line"
    assert last == "  docs/how_to/source_trees.md of rules_sdist shows such a target."


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
