"""What to write for a project that no index has: a checkout of version control, or a project of the user's own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

_HTTP_USER = re.compile(r"(https?://)[^/@\s]+@")
_PASSWORD = re.compile(r"(://[^/@:\s]+):[^/@\s]+@")
_COMMIT = re.compile("[0-9a-f]{40}")
_RELEASE = "Ask for a release of it. Or make it a target of your own, and leave it out here:"
_MODULE = """\
In MODULE.bazel:
    new_git_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:git.bzl", "new_git_repository")
    new_git_repository(
        name = "{repository}",
        build_file = "//:{repository}.BUILD.bazel",
        commit = {commit},{remark}
        remote = {remote},{strip_prefix}
    )"""
_BUILD = """\
    load("@rules_sdist//python:defs.bzl", "py_sdist_wheel", "py_wheel_library")
    py_sdist_wheel(
        name = "wheel",
        srcs = glob(["**"], exclude = [".git/**"]),
        build_requires = [],  # the wheels of what its [build-system] requires
        distribution = "{name}",
        version = "{version}",
    )
    py_wheel_library(
        name = "{library}",
        visibility = ["//visibility:public"],
        wheel = ":wheel",{deps}
    )"""


@dataclass(frozen=True)
class OwnProject:
    """A project of the user's own, a member of uv's workspace.

    Args:
        folder: where it is.
        version: its version, or "".
        needs: the distributions that it needs.
    """

    folder: str
    version: str
    needs: tuple[str, ...]


def own_project(name: str, projects: Mapping[str, OwnProject], locked: Container[str]) -> str:
    """What to say of one: no hub has it.

    Args:
        name: which.
        projects: all of them.
        locked: the distributions that the hub has.
    """
    project = projects[name]
    deps = [f"@deps//{_target(needed)}" for needed in project.needs if needed in locked]
    deps += [f"{_label(projects[needed].folder)}:{_target(needed)}" for needed in project.needs if needed in projects]
    file = "/".join([*([] if project.folder == "." else [project.folder]), "BUILD.bazel"])
    return (
        f"{name} is a project of your own, in {project.folder}, and in no hub. Make it a py_library; or a wheel, in "
        f"{file}:\n{_build_text(name, project.version, deps)}"
    )


def _label(folder: str) -> str:
    return "//" if folder == "." else f"//{folder}"


def _build_text(name: str, version: str, needs: Iterable[str] = ()) -> str:
    """Lines of a BUILD file that make a wheel of the folder it is in."""
    labels = sorted(needs)
    remark = "  # deps: the hub" if any(label.startswith("@deps//") for label in labels) else ""
    deps = f"\n        deps = {json.dumps(labels)},{remark}" if labels else ""
    return _BUILD.format(name=name, version=version or "0", library=_target(name), deps=deps)


def checkout(
    said: str,
    name: str,
    where: str,
    leave_out: str,
    *,
    url: str,
    revision: str = "",
    folder: str = "",
    version: str = "",
) -> tuple[str, str, str]:
    """Why a checkout can't be locked: a `Pinned`'s `refusal`.

    An archive that a forge makes of a commit would have a sha256. But forges make them at addresses of their own, which
    nothing in the checkout's address tells, and not always in the same bytes.

    Args:
        said: what the input calls it.
        name: the distribution's, or "" where the input does not tell.
        where: where the input says so.
        leave_out: what to type so that it is left out of the input.
        url: the repository's, without "git+"; "" where another tool than git is needed.
        revision: what of it.
        folder: where in it the project is.
        version: its version, or "".
    """
    what = f"{public(said)} is a checkout of version control, which has no sha256 that it could be locked by."
    if not url:
        fix = f"{_RELEASE}\n    {leave_out}\n  docs/how_to/source_trees.md of rules_sdist shows such a target."
        return what, where, fix
    name = name or "NAME"
    commit, remark = (revision, "") if _COMMIT.fullmatch(revision) else ("", _remark(url, revision))
    module = _MODULE.format(
        repository=_target(name),
        commit=json.dumps(commit),
        remark=remark,
        remote=json.dumps(public(url)),
        strip_prefix=f"\n        strip_prefix = {json.dumps(folder)}," if folder else "",
    )
    own = f"In {_target(name)}.BUILD.bazel:\n{_build_text(name, '' if version == '0' else version)}"
    return what, where, f"{_RELEASE}\n    {leave_out}\n  {module}\n  {own}"


def git_of_requirement(address: str) -> tuple[str, str, str]:
    """The repository, the revision and the folder that `git+URL@REVISION#subdirectory=FOLDER` names.

    Args:
        address: such an address; of another tool than git, the repository is "".
    """
    if not address.lower().startswith("git+"):
        return "", "", ""
    parts = urlsplit(address[len("git+") :])
    path, _, revision = parts.path.partition("@")
    folder = parse_qs(parts.fragment).get("subdirectory", [""])[0]
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, "")), revision, folder


def git_of_uv(address: str) -> tuple[str, str, str]:
    """The same of `URL?rev=REVISION&subdirectory=FOLDER#COMMIT`, as uv.lock writes it."""
    parts = urlsplit(address)
    folder = parse_qs(parts.query).get("subdirectory", [""])[0]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")), parts.fragment, folder


def _target(name: str) -> str:
    return re.sub("[-.]+", "_", name)


def public(text: str) -> str:
    """A text without the passwords, and without the users (they may be tokens) of http, in its addresses."""
    return _PASSWORD.sub(r"\1@", _HTTP_USER.sub(r"\1", text))


def _remark(url: str, revision: str) -> str:
    return f"  # what this prints: git ls-remote {public(url)} {revision or 'HEAD'}"
