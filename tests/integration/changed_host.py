"""Machines whose /usr a test changes: copies of the root in which bazelw runs Debian's Bazel."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from machine import cache_folder, debian_root

if TYPE_CHECKING:
    from pathlib import Path


def changeable() -> bool:
    """Whether there can be such machines: where Bazel is not Debian's, /usr is that of the machine itself."""
    return not os.environ.get("BAZEL") and not shutil.which("bazel") and not shutil.which("bazelisk")


class Host:
    """One machine.

    Args:
        folder: where its root and its cache are made.
    """

    def __init__(self, folder: Path) -> None:
        original = debian_root()
        self.cache = folder / "cache"
        self.cache.mkdir(parents=True)
        self.root = self.cache / original.name
        subprocess.run(["cp", "-a", str(original), str(self.root)], check=True)
        for trust in cache_folder().glob("trust-*"):
            (self.cache / trust.name).symlink_to(trust)
        self._before: dict[Path, Path | None] = {}

    @property
    def env(self) -> dict[str, str]:
        """What has bazelw run Bazel on this machine."""
        return {"RULES_SDIST_CACHE": str(self.cache)}

    def path(self, name: str) -> Path:
        """Where a file of the machine is, by its absolute path there, with links resolved."""
        place = self.root / name.lstrip("/")
        for _ in range(40):
            if not place.is_symlink():
                break
            target = place.readlink()
            place = self.root / str(target).lstrip("/") if target.is_absolute() else place.parent / target
        return place

    def append(self, name: str, text: str = "\n") -> None:
        """Adds something harmless to a file."""
        place = self.path(name)
        self.write(name, place.read_bytes() + text.encode(), place.stat().st_mode)

    def write(self, name: str, content: bytes | str, mode: int = 0o755) -> None:
        """Makes a file, or another one in its place."""
        place = self.path(name)
        self._keep(place)
        new = place.with_name(place.name + ".new")
        new.write_bytes(content.encode() if isinstance(content, str) else content)
        new.chmod(mode & 0o7777)
        new.rename(place)

    def link(self, name: str, target: str) -> None:
        """Makes a link, or another one in its place."""
        place = self.root / name.lstrip("/")
        self._keep(place)
        new = place.with_name(place.name + ".new")
        new.symlink_to(target)
        new.rename(place)

    def restore(self) -> None:
        """Undoes all changes."""
        for place, kept in self._before.items():
            if kept is None:
                place.unlink()
            else:
                kept.rename(place)
        self._before.clear()

    def keep(self) -> None:
        """Makes the changes so far ordinary."""
        self._before.clear()

    def _keep(self, place: Path) -> None:
        if place in self._before:
            return
        if not os.path.lexists(place):
            self._before[place] = None
            return
        kept = self.root / f"kept-{len(self._before)}"
        place.rename(kept)
        self._before[place] = kept
