"""Recognises paths: of the folder in which it was built, and of the system's files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheel_diff.difference import Cause
from wheel_diff.fixes import KEEP_OUT, MAP_PATHS, MAP_RUST_PATHS, SAME_COMPILER
from wheel_diff.printable import printable

if TYPE_CHECKING:
    from wheel_diff.difference import Difference

_COMPONENT = r"[\w.+@%~=,-]+"
_ABSOLUTE = re.compile(rf"(?<![\w.:/@%-])(?:/{_COMPONENT}){{2,}}/?|\b[A-Z]:\\(?:[\w.+@~-]+\\)+[\w.+@~-]*")
_SYSTEM = re.compile(r"/(?:usr/(?!local|src)|lib|lib32|lib64|bin|sbin|etc|dev|proc|sys)\b")
_SYSTEM_VARIES = re.compile(r"/usr/(?:lib/(?!debug/)|include/|share/|local/)")  # Rust's backtraces name /usr/lib/debug
# What the wrappers before compilers map paths to, and what rustc itself has in place of its own sources.
_OURS = re.compile(r"/(?:build|execroot|python|rust|rustc)(?:/|$)")
_RUST = re.compile(r"\.rs|/\.?cargo/(?:registry|git)/|/\.?rustup/toolchains/")
_TEMPORARY = r"/(?:private/)?(?:tmp|var/tmp|var/folders/\w+/\w+/T)"
_HOME = re.compile(
    r"/(?:home|Users|export/home)/(?P<user>[\w.-]+)|/(?P<root>root)(?=/)|[A-Z]:\\Users\\(?P<other>[\w.-]+)"
)
# Whose path, by what it looks like; the first that fits.
_PLACES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(rf"{_TEMPORARY}/(?:pip-|build-env-)|/pip-(?:install|req-build|build-env|wheel)-"),
        "pip's temporary folder",
    ),
    (
        re.compile(r"/(?:linux-|processwrapper-|darwin-)?sandbox/\d+|/(?:linux|processwrapper|darwin)-sandbox/"),
        "Bazel's sandbox",
    ),
    (re.compile(r"/\.?cargo/(?:registry|git)/"), "cargo's registry"),
    (re.compile(r"/\.?rustup/toolchains/"), "rustup's toolchain"),
    (re.compile(r"/_bazel_[^/]+/|/execroot/|/bazel-out/"), "Bazel's output base"),
    (re.compile(rf"{_TEMPORARY}/"), "a temporary folder"),
)
_ROOTS = re.compile(
    r"/(?:tmp|private|var|home|Users|export|root|work|workspace|workspaces|builds?|src|opt|mnt|media|data|io|project|"
    r"github|__w|runner|host|app|code|usr/local|usr/src|nix|scratch|srv)/|[A-Z]:\\"
)


def _paths(text: str | None) -> set[str]:
    return {path for path in _ABSOLUTE.findall(text or "") if not _SYSTEM.match(path)}


def of_path(difference: Difference) -> Cause | None:
    """The cause of a path that a build has left."""
    all_a, all_b = _paths(difference.a), _paths(difference.b)
    a, b = all_a - all_b, all_b - all_a
    if difference.kind not in ("elf", "ar", "binary"):  # there is much in texts that looks like a path
        a, b = {path for path in a if _ROOTS.match(path)}, {path for path in b if _ROOTS.match(path)}
    foreign_a, foreign_b = ({path for path in side if not _OURS.match(path)} for side in (a, b))
    if not foreign_a and not foreign_b:
        return None
    title = _path_title(sorted(foreign_a | foreign_b))
    if difference.kind not in ("elf", "ar"):
        return Cause(title, "where it was built is written into the file", KEEP_OUT, 10)
    who = "both were" if foreign_a and foreign_b else "A was" if foreign_a else "B was"
    if all(_RUST.search(path) for path in foreign_a | foreign_b):
        return Cause(title, f"{who} compiled without rules_sdist's rustc wrapper", MAP_RUST_PATHS, 10)
    return Cause(title, f"{who} compiled without rules_sdist's compiler wrapper", MAP_PATHS, 10)


def _path_title(paths: list[str]) -> str:
    users = sorted(
        {user for path in paths for match in [_HOME.search(path)] if match for user in match.groups() if user}
    )
    places = [next((place for pattern, place in _PLACES if pattern.search(path)), "") for path in paths]
    of = next((place for _, place in _PLACES if place in places), "")
    said = [of] if of else []
    if users:
        said.append(f"home of user {', '.join(printable(user, 40) for user in users[:3])}")
    return f"build path ({', '.join(said)})" if said else "build path"


def of_system_path(difference: Difference) -> Cause | None:
    """The cause of other paths of the system's own files in machine code."""
    if difference.kind != "elf":
        return None
    a = {path for path in _ABSOLUTE.findall(difference.a or "") if _SYSTEM_VARIES.match(path)}
    b = {path for path in _ABSOLUTE.findall(difference.b or "") if _SYSTEM_VARIES.match(path)}
    if a == b:
        return None
    return Cause("system files", "compiled by another compiler, or with headers from another place", SAME_COMPILER, 12)
