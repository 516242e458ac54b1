"""Tells whether what looks like the host's is an ordinary part of the build's inputs."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from build_wheel.leaks.finding import as_word
from build_wheel.make_source import make_source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from build_wheel.params import BuildParams
    from isolation.layout import Layout

_RUST_LIBRARIES = (".rlib", ".a")  # of the toolchain, whose strings get into what is linked with them


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
        self._source: Path | None = None

    def contains(self, token: bytes) -> bool:
        """Whether any input has the token as a whole word.

        Args:
            token: a user or host name, or a path without its leading slash.
        """
        word = as_word(token)
        return any(token in content and word.search(content) for content in self._contents())

    def known_texts(self, texts: Collection[bytes]) -> set[bytes]:
        """Those of the texts that are in any input or its name, or in what the rule was given.

        Args:
            texts: paths and dates, not only as whole words.
        """
        missing = set(texts)
        for content in self._contents():
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

    def _contents(self) -> Iterator[bytes]:
        """Everything that the wheel may repeat."""
        names = (path.relative_to(folder).as_posix() for folder in self._folders() for path in folder.rglob("*"))
        yield "\n".join((*self._given(), *names)).encode("utf-8", "surrogateescape")
        for file in self._files():
            yield file.read_bytes()

    def _given(self) -> Iterator[str]:
        """What the rule says: versions, flags, variables."""
        params = self._params
        yield from (params.expected.distribution, params.expected.version)
        with contextlib.suppress(InvalidVersion):
            yield str(Version(params.expected.version))  # 2026.11.04 is 2026.11.4 in a wheel
        yield from params.env.values()
        yield from params.config_settings.values()
        yield from params.native.link_flags
        if params.cc:
            yield from (*params.cc.shared_link_flags, *params.cc.executable_link_flags)

    def _files(self) -> Iterator[Path]:
        for folder in self._folders():
            yield from (path for path in sorted(folder.rglob("*")) if path.is_file())
        for library in self._params.native.libraries:
            yield self._layout.path(library.path)
        rust = self._params.rust
        for path in rust.files if rust else ():
            if path.endswith(_RUST_LIBRARIES):
                yield self._layout.path(path)

    def _folders(self) -> Iterator[Path]:
        yield self._pristine()
        for tree in self._params.build_requires:
            yield self._layout.path(tree)
        rust = self._params.rust
        for crate in rust.crates if rust else ():
            yield self._layout.path(crate.root)

    def _pristine(self) -> Path:
        if self._source is None:
            folder = self._layout.root / "pristine"
            folder.mkdir()
            self._source = make_source(self._params, self._layout, folder)
        return self._source
