"""The directories of one build, all below the action's own build root."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from common.files import remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

FINISHED, RECORD = "finished.whl", "host_files.json"
"""What a build leaves in its build root."""

SHELL, SHELL_INSIDE = "shell", "shell_inside"
"""What a build leaves there that is kept: the script that opens a shell, and what that starts in a closed root."""

TOLD = 3
"""The file descriptor through which a process in a closed root is told what is outside."""


OF_THE_SYSTEM = frozenset(
    [
        *("bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt"),
        *("opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var"),
    ]
)
"""The folders that `/` has without an action's inputs."""


@dataclass(frozen=True)
class Layout:
    """Where things are during one build. Absolute paths.

    Args:
        execroot: the action's working directory, to which all parameters' paths are relative.
        root: the build root.
        linked: other execution roots, to which links in this one lead.
    """

    execroot: Path
    root: Path
    linked: tuple[str, ...] = ()

    @property
    def source(self) -> Path:
        """Where the sdist is unpacked."""
        return self.root / "s"

    @property
    def environment(self) -> Path:
        """The virtual environment that the backend runs in."""
        return self.root / "e"

    @property
    def compilers(self) -> Path:
        """The wrappers around compilers, linkers and archivers, and their configuration."""
        return self.root / "w"

    @property
    def libraries(self) -> Path:
        """The libraries of `native_deps`, under names that `-l` finds."""
        return self.root / "l"

    @property
    def home(self) -> Path:
        """The backend's HOME, empty."""
        return self.root / "h"

    @property
    def temporary(self) -> Path:
        """The backend's TMPDIR, empty."""
        return self.root / "t"

    @property
    def build_folder(self) -> Path:
        """Where a backend compiles that would otherwise do so in the source tree; it makes it itself."""
        return self.root / "b"

    @property
    def wheels(self) -> Path:
        """Where the backend puts its wheel."""
        return self.root / "o"

    @property
    def crates(self) -> Path:
        """The crates that cargo may use, a folder each."""
        return self.root / "v"

    @property
    def cargo_home(self) -> Path:
        """Cargo's own folder, with its configuration."""
        return self.root / "c"

    def path(self, relative: str) -> Path:
        """The absolute path of a parameter's execution-root-relative one."""
        return self.execroot / relative

    def create(self) -> None:
        """Makes the directories, all empty, whatever an earlier, killed build left behind."""
        remove_tree(self.root)
        for directory in (self.source, self.compilers, self.libraries, self.home, self.temporary, self.wheels):
            directory.mkdir(parents=True)


CLOSED = Layout(Path("/execroot"), Path("/build"))
"""Where a closed build sees its directories, on every machine."""


def plain_executable(interpreter: str) -> str:
    """The file that an interpreter's path leads to within its folder, as /usr/bin/python3 to /usr/bin/python3.14.

    Args:
        interpreter: an absolute path.
    """
    target, folder = Path(interpreter).resolve(), Path(interpreter).parent
    if folder == Path("/bin"):
        folder = folder.resolve()  # often a link to /usr/bin
    return str(target) if target.parent == folder else interpreter


def linked_execroots(execroot: Path, trees: Iterable[str]) -> tuple[str, ...]:
    """The execution roots that links in this one lead to: in a sandbox, inputs are links into Bazel's own.

    Args:
        execroot: the action's working directory.
        trees: input folders, relative to it.
    """
    found = set()
    for tree in trees:
        for folder, _, files in os.walk(execroot / tree):
            if files:
                name = os.path.join(folder, files[0])  # noqa: PTH118 - for speed: there may be many trees
                real, relative = os.path.realpath(name), os.path.relpath(name, execroot)
                if real.endswith("/" + relative):
                    found.add(real[: -len(relative) - 1])
                break
    # "" is the root, which is a remote worker's execution root itself, and nothing that could be mapped or looked for.
    return tuple(sorted(found - {str(execroot), ""}))
