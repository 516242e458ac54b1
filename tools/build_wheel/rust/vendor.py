"""Gives cargo the crates that the rule declares, and nothing else.

They are a directory source, see https://doc.rust-lang.org/cargo/reference/source-replacement.html#directory-sources.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from build_wheel.params import Crate, Rust
    from isolation.layout import Layout

_RENAMED = "CRATE_FILE."
"""Before the names of files that would make Bazel packages of the crate's folders; see crate_repo.bzl."""

_CONFIG = """\
[source.crates-io]
replace-with = "rules_sdist"

[source.rules_sdist]
directory = "{crates}"
"""


def vendor(layout: Layout, rust: Rust) -> None:
    """Links the crates into one folder, and writes the configuration that has cargo take them.

    Args:
        layout: the directories of this build.
        rust: what the rule declares.
    """
    layout.crates.mkdir()
    for crate in rust.crates:
        place, root = layout.crates / f"{crate.name}-{crate.version}", layout.path(crate.root)
        if crate.renamed:
            _copy(root, place, crate)
        else:
            place.symlink_to(root)
    layout.cargo_home.mkdir()
    (layout.cargo_home / "config.toml").write_text(_CONFIG.format(crates=layout.crates), encoding="utf-8")


def _copy(root: Path, place: Path, crate: Crate) -> None:
    shutil.copytree(root, place, copy_function=shutil.copy)
    for name in crate.renamed:
        (place / name).parent.joinpath(_RENAMED + (place / name).name).rename(place / name)
