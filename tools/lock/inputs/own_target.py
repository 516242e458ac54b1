"""What to write for a project that no index has: a checkout of version control, or a project of the user's own."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit, urlunsplit

from lock.git_source import GitSource, public

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

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


def checkout(said: str, where: str, leave_out: str, *, git: bool = False) -> tuple[str, str, str]:
    """Why a checkout can't be locked: a `Pinned`'s `refusal`.

    Args:
        said: what the input calls it.
        where: where the input says so.
        leave_out: what to type so that it is left out of the input.
        git: whether it is git's; it can be locked, then, where it has a name.
    """
    what = f"{public(said)} is a checkout of version control, which has no sha256 that it could be locked by."
    if git:
        return what, where, f"Give it its name, by which a hub has it: `NAME @ {public(said)}`."
    return (
        what,
        where,
        "Ask for a release of it. Or make it a target of your own, and leave it out here:\n"
        f"    {leave_out}\n  docs/how_to/source_trees.md of rules_sdist shows such a target.",
    )


def git_of_requirement(address: str) -> GitSource | None:
    """What `git+URL@REVISION#subdirectory=FOLDER` asks for.

    Args:
        address: such an address.

    Returns:
        None where it is one of another tool than git.
    """
    if not address.lower().startswith("git+"):
        return None
    parts = urlsplit(address[len("git+") :])
    user, at, path = parts.path.partition("@") if not parts.scheme else ("", "", parts.path)  # git@host:path
    path, _, revision = path.rpartition("@") if "@" in path else (path, "", "")
    url = urlunsplit((parts.scheme, parts.netloc, user + at + path, parts.query, ""))
    return GitSource(url, revision, plain_folder(_subdirectory(parts.fragment)))


def git_of_uv(address: str) -> GitSource:
    """The same of `URL?rev=REVISION&subdirectory=FOLDER#COMMIT`, as uv.lock writes it."""
    parts = urlsplit(address)
    return GitSource(
        urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")),
        parts.fragment,
        plain_folder(_subdirectory(parts.query)),
    )


def plain_folder(folder: str) -> str:
    """A folder without `./` and the slash at its end; "" for the root."""
    plain = posixpath.normpath(folder or ".")
    return "" if plain == "." else plain


def _subdirectory(query: str) -> str:
    return parse_qs(query).get("subdirectory", [""])[0]


def _target(name: str) -> str:
    return re.sub("[-.]+", "_", name)
