"""The directories of one build, all below the action's own build root."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """Where things are during one build. Absolute paths.

    Args:
        execroot: the action's working directory, to which all parameters' paths are relative.
        root: the build root.
    """

    execroot: Path
    root: Path

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
    def wheels(self) -> Path:
        """Where the backend puts its wheel."""
        return self.root / "o"

    def path(self, relative: str) -> Path:
        """The absolute path of a parameter's execution-root-relative one."""
        return self.execroot / relative

    def create(self) -> None:
        """Makes the directories, all empty, whatever an earlier, killed build left behind."""
        remove_tree(self.root)
        for directory in (self.source, self.compilers, self.libraries, self.home, self.temporary, self.wheels):
            directory.mkdir(parents=True)


def remove_tree(directory: Path) -> None:
    """Removes a directory with all below it, also where a build took away its own write permission."""
    if not directory.exists():
        return
    for folder, _, _ in os.walk(directory):
        Path(folder).chmod(stat.S_IRWXU)
    shutil.rmtree(directory)
