"""What a fingerprint lists: the files, folders and links of a tool, and the hash of each.

One list decides what is hashed, what Bazel watches, and what of the machine a closed build sees.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fingerprint.folders import folder_facts, is_below, numbers, sha256, walk
from fingerprint.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


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
        return remembered(self, self._read)

    def _read(self) -> dict[str, Any]:
        return {
            "files": {path: sha256(path) for path in self.files},
            "folders": {path: folder_facts(path, without) for path, without in self.folders.items()},
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
        return any(is_below(path, folder, without) for folder, without in self.folders.items())

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
        return hashlib.sha256(repr(self._numbers()).encode()).hexdigest()

    def last_change(self) -> float:
        """When one of these was changed last, in seconds since 1970."""
        changes = [found[2] for found in self._numbers() if len(found) > 2]
        return max((when for when in changes if isinstance(when, int)), default=0) / 1e9

    def _numbers(self) -> list[tuple[int | str, ...]]:
        found = [numbers(path) for path in (*self.files, *self.links)]
        for path, without in self.folders.items():
            for parent, names in walk(path, without):
                found.append(numbers(parent))
                found += [numbers(f"{parent}/{name}") for name in names]
        return found
