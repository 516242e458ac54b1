"""What a fingerprint lists: the files, folders and links of a tool, and the hash of each.

One list decides what is hashed, what Bazel watches, and what of the machine a closed build sees.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fingerprint.bytecode import is_compiled_from_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# Where the links of a sandbox lead to.
_EXECUTION_ROOT = re.compile(r"^/.*?/execroot/[^/]+/")
_MOST_LINKS = 40
_LEAST_DEPTH = 3
"""A link to a folder that is not at least so deep leads to no folder of a tool's own."""


@dataclass(frozen=True)
class Contents:
    """The files of a tool, by their absolute paths without links.

    Args:
        files: single files.
        folders: folders that belong to the tool as a whole, each with the names in it that do not.
        links: the links on the way to these files and folders, with their texts.
    """

    files: tuple[str, ...]
    folders: Mapping[str, tuple[str, ...]]
    links: Mapping[str, str]

    def hashed(self) -> dict[str, Any]:
        """The facts of a fingerprint: "files", "folders" and "links", with their hashes.

        Raises:
            OSError: a single file can't be read.
        """
        return {
            "files": {path: sha256(path) for path in self.files},
            "folders": {path: _folder_facts(path, without) for path, without in self.folders.items()},
            "links": dict(self.links),
        }

    def as_json(self) -> dict[str, Any]:
        """For `read`, without the hashes of a fingerprint."""
        folders = {path: {"without": list(without)} for path, without in self.folders.items()}
        return {"files": list(self.files), "folders": folders, "links": dict(self.links)}

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Contents:
        """The contents that a fingerprint's facts list, or that `as_json` gave."""
        folders = {path: tuple(folder["without"]) for path, folder in facts["folders"].items()}
        return cls(tuple(facts["files"]), folders, facts["links"])

    def without(self, prefix: str) -> Contents:
        """The same without what is below a path, and without the links there."""
        return Contents(
            tuple(path for path in self.files if not path.startswith(prefix)),
            {path: names for path, names in self.folders.items() if not path.startswith(prefix)},
            {path: text for path, text in self.links.items() if not path.startswith(prefix)},
        )

    def has(self, path: str) -> bool:
        """Whether a file or folder, by its path without links, is listed, as such or in a folder."""
        if path in self.files or path in self.folders:
            return True
        return any(_is_below(path, folder, without) for folder, without in self.folders.items())

    def programs(self) -> list[str]:
        """The single files, and links to them, that can be run; sorted."""
        return sorted(path for path in (*self.files, *self.links) if os.access(path, os.X_OK) and os.path.isfile(path))

    def watched(self) -> Iterator[tuple[str, str]]:
        """What Bazel has to know.

        Yields:
            ("program", path) for each program; and what is to be watched: ("file", path), ("tree", path) and, for the
            names in a folder alone, ("names", path).
        """
        for path in self.programs():
            yield "program", path
        for path in (*self.files, *self.links):
            yield "file", path
        for path, without in self.folders.items():
            if not without:
                yield "tree", path
                continue
            yield "names", path
            for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
                if entry.name not in without and entry.name != "__pycache__":
                    yield ("tree" if entry.is_dir() else "file"), entry.path

    def state(self) -> str:
        """A hash of the sizes, times and numbers of all that is listed: while it stays, so does the content.

        The times are those of the last change of content or mode, which no program can set (inode(7)). Of links it has
        the text instead: who makes a root for each server, as a container does, makes links such as /bin anew.
        """
        found = [_numbers(path) for path in (*self.files, *self.links)]
        for path, without in self.folders.items():
            for parent, names in _walk(path, without):
                found.append(_numbers(parent))
                found += [_numbers(f"{parent}/{name}") for name in names]
        return hashlib.sha256(repr(found).encode()).hexdigest()


@dataclass
class Listing:
    """Collects the contents of a tool."""

    _files: set[str] = field(default_factory=set)
    _folders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _links: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, without: Iterable[str] = ()) -> None:
        """Adds a file or a whole folder, with the links on the way to it; ignores what is not there.

        Args:
            path: absolute.
            without: names in a folder that are not part of it.
        """
        links: dict[str, str] = {}
        real = _resolved(path, links)
        if os.path.isdir(real):
            if real.count("/") < _LEAST_DEPTH:
                return
            self._links.update(links)
            if real not in self._folders:
                self._folders[real] = tuple(sorted(without))
                for target in _leading_out(real, self._folders[real]):
                    self.add(target)
        elif os.path.exists(real):
            self._links.update(links)
            self._files.add(real)

    def contents(self) -> Contents:
        """What was collected, sorted, each file once."""
        folders = {path: without for path, without in sorted(self._folders.items()) if not self._is_inside(path)}
        files = tuple(path for path in sorted(self._files) if not self._is_inside(path))
        links = {path: text for path, text in sorted(self._links.items()) if not self._is_inside(path)}
        return Contents(files, folders, links)

    def _is_inside(self, path: str) -> bool:
        return any(_is_below(path, folder, without) for folder, without in self._folders.items())


@dataclass(frozen=True)
class Fingerprint:
    """What a tool is.

    Args:
        facts: the fingerprint, for JSON: "kind", what the tool says of itself, and `Contents.hashed`.
        contents: the files that it lists.
    """

    facts: Mapping[str, Any]
    contents: Contents

    def text(self) -> str:
        """Its canonical JSON."""
        return json.dumps(self.facts, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def as_input(self, roots: Sequence[str], known: Sequence[Contents] | None) -> Fingerprint:
        """The fingerprint of a tool that is an input: without absolute paths of inputs.

        Args:
            roots: folders in which inputs are; paths below them are relative.
            known: what the tool may use of the machine; None where that is not looked at.

        Raises:
            ValueError: it uses something else of the machine.
        """

        def named(found: Mapping[str, Any]) -> dict[str, Any]:
            return {_short(path, roots): value for path, value in found.items()}

        parts = {key: named(self.facts[key]) for key in ("files", "folders")}
        outside = [path for found in parts.values() for path in found if path.startswith("/")]
        unknown = [path for path in outside if not any(one.has(path) for one in known or ())]
        if known is not None and unknown:
            raise ValueError(_leads_out(unknown))
        return Fingerprint({**self.facts, **parts, "links": {}, "input": True}, self.contents)


def sha256(path: str) -> str:
    """The hash of a file's content; this package stands alone, and so has its own.

    Raises:
        OSError: it can't be read.
    """
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _short(path: str, roots: Iterable[str]) -> str:
    """The path relative to the first root that it is below, or to an execution root."""
    root = next((root for root in roots if path.startswith(root.rstrip("/") + "/")), "")
    return path[len(root.rstrip("/")) + 1 :] if root else _EXECUTION_ROOT.sub("", path)


def _leads_out(unknown: Sequence[str]) -> str:
    shown = sorted(unknown, key=lambda path: ("/bin/" not in path, path))
    more = f" and {len(shown) - 1} more files" if len(shown) > 1 else ""
    return (
        f"it is an input, and leads to {shown[0]}{more} of this machine, which no input declares. Give the toolchain "
        f"all of its files, or name that tool in .bazelrc: common --repo_env=RULES_SDIST_HOST_TOOLS={shown[0]}"
    )


def difference(one: Mapping[str, Any], other: Mapping[str, Any], *, names: tuple[str, str]) -> list[str]:
    """In what two fingerprints differ, a line for each fact; single files come last.

    Args:
        one: the facts of a fingerprint.
        other: those of another one.
        names: what to call the two in the lines.
    """
    lines: list[str] = []
    for key in sorted({*one, *other}, key=lambda key: (isinstance(one.get(key), dict), key)):
        left, right = one.get(key), other.get(key)
        if left == right:
            continue
        if isinstance(left, dict) and isinstance(right, dict):
            lines += [f"{key}: {line}" for line in difference(left, right, names=names)]
        else:
            lines.append(f"{key}: {names[0]} {_shown(left)}, {names[1]} {_shown(right)}")
    return lines


def _is_below(path: str, folder: str, without: Iterable[str]) -> bool:
    return path.startswith(folder + "/") and path[len(folder) + 1 :].split("/")[0] not in without


def _shown(value: Any) -> str:
    return "has none" if value is None else str(value)


def _resolved(path: str, links: dict[str, str]) -> str:
    """The path without links; adds those that it has led over to `links`."""
    place, steps, followed = "/", path.split("/")[::-1], 0
    while steps:
        step = steps.pop()
        if step == "..":
            place = os.path.dirname(place)
        elif step not in ("", "."):
            inside = os.path.join(place, step)
            try:
                text = os.readlink(inside)
            except OSError:  # no link, or not there
                place = inside
                continue
            followed += 1
            if followed > _MOST_LINKS:
                return inside
            links[inside] = text
            place = "/" if text.startswith("/") else place
            steps += text.split("/")[::-1]
    return place


def _numbers(path: str) -> tuple[int | str, ...]:
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return (os.readlink(path),)
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode


def _walk(folder: str, without: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Each folder from this one on, with the sorted names of the files and links in it; faster than `os.walk`."""
    left = set(without)
    waiting = [folder]
    while waiting:
        parent = waiting.pop()
        names: list[str] = []
        folders: list[str] = []
        try:
            entries = list(os.scandir(parent))
        except OSError:  # what can't be read here, builds can't read
            entries = []
        for entry in entries:
            if parent != folder or entry.name not in left:
                (folders if entry.is_dir(follow_symlinks=False) else names).append(entry.name)
        yield parent, sorted(names)
        waiting += [f"{parent}/{name}" for name in sorted(folders, reverse=True)]


def _leading_out(folder: str, without: Iterable[str]) -> Iterator[str]:
    """Where links in a folder lead to outside of it."""
    for parent, names in _walk(folder, without):
        for name in names:
            path = os.path.join(parent, name)
            if os.path.islink(path):
                target = os.path.join(parent, os.readlink(path))
                if not os.path.realpath(target).startswith(folder + "/"):
                    yield target


def _folder_facts(folder: str, without: tuple[str, ...]) -> dict[str, Any]:
    """How many files a folder has, and one hash for their names, modes and contents."""
    digest = hashlib.sha256()
    count = 0
    for parent, names in _walk(folder, without):
        for name in names:
            path = os.path.join(parent, name)
            if name.endswith(".pyc") and is_compiled_from_source(path):
                continue  # no more than the source, which is listed; it need not be there
            digest.update(f"{_entry(path)}  {os.path.relpath(path, folder)}\n".encode("utf-8", "surrogateescape"))
            count += 1
    return {"files": count, "sha256": digest.hexdigest(), "without": list(without)}


def _entry(path: str) -> str:
    if os.path.islink(path):
        return f"-> {os.readlink(path)}"
    try:
        return sha256(path) + (" x" if os.access(path, os.X_OK) else "")
    except OSError:
        return "unreadable"  # so it is for the build
