"""Collects the files and folders that a tool is made of, and the links on the way to them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fingerprint.content import Contents
from fingerprint.folders import is_below, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST_LINKS = 40
_LEAST_DEPTH = 3
"""A link to a folder that is not at least so deep leads to no folder of a tool's own."""


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
        return any(is_below(path, folder, without) for folder, without in self._folders.items())


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


def _leading_out(folder: str, without: Iterable[str]) -> Iterator[str]:
    """Where links in a folder lead to outside of it."""
    for parent, names in walk(folder, without):
        for name in names:
            path = os.path.join(parent, name)
            if os.path.islink(path):
                target = os.path.join(parent, os.readlink(path))
                if not os.path.realpath(target).startswith(folder + "/"):
                    yield target
