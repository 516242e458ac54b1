"""Tells whether what looks like the host's is an ordinary part of the build's inputs."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from build_wheel.leak_facts import as_word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from build_wheel.layout import Layout
    from build_wheel.params import BuildParams


class PublicText:
    """The text of everything that the wheel may be made from.

    A user called `root` is no leak in a package that speaks of root elements.

    Args:
        params: the build's parameters.
        layout: its directories. The source tree is read as the build left it: what the build wrote does not count,
            so the sdist is unpacked again.
    """

    def __init__(self, params: BuildParams, layout: Layout) -> None:
        self._params = params
        self._layout = layout

    def contains(self, token: bytes) -> bool:
        """Whether any input has the token as a whole word.

        Args:
            token: a user or host name, or a short path.
        """
        word = as_word(token)
        contents = (file.read_bytes() for file in self._files())
        return any(token in content and word.search(content) for content in contents)

    def known_texts(self, texts: Collection[bytes]) -> set[bytes]:
        """Those of the texts that are in any input, or in a flag or variable that the rule was given.

        Args:
            texts: paths and dates, not only as whole words.
        """
        missing = set(texts)
        contents = (file.read_bytes() for file in self._files())
        for content in itertools.chain((given.encode() for given in self._given()), contents):
            missing = {text for text in missing if text not in content}
            if not missing:
                break
        return set(texts) - missing

    def has_file(self, content: bytes) -> bool:
        """Whether any input is a file with this content.

        Args:
            content: a member of the wheel.
        """
        return any(file.stat().st_size == len(content) and file.read_bytes() == content for file in self._files())

    def modification_times(self) -> frozenset[int]:
        """When the files and folders of the build requirements were made, in seconds since 1970."""
        trees = (self._layout.path(tree) for tree in self._params.build_requires)
        paths = (path for tree in trees for path in (tree, *tree.rglob("*")))
        return frozenset(int(path.stat().st_mtime) for path in paths if path.exists())

    def _given(self) -> Iterator[str]:
        params = self._params
        yield from params.env.values()
        yield from params.config_settings.values()
        yield from params.native.link_flags
        if params.cc:
            yield from (*params.cc.shared_link_flags, *params.cc.executable_link_flags)

    def _files(self) -> Iterator[Path]:
        yield from _files_below(self._pristine())
        for tree in self._params.build_requires:
            yield from _files_below(self._layout.path(tree))
        for library in self._params.native.libraries:
            yield self._layout.path(library.path)

    def _pristine(self) -> Path:
        from build_wheel import patches, unpack

        folder = self._layout.root / "pristine"
        if folder.exists():
            return folder
        folder.mkdir()
        if self._params.sdist is None:
            sources = [(self._layout.path(path), name) for path, name in self._params.sources]
            unpack.copy_tree(sources, folder)
        else:
            limits = unpack.Limits(max_bytes=self._params.max_unpacked_bytes, max_members=10**9)
            root = unpack.unpack(self._layout.path(self._params.sdist), folder, limits)
            patches.apply(
                [self._layout.path(patch) for patch in self._params.patches], root, strip=self._params.patch_strip
            )
        return folder


def _files_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path
