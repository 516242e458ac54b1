"""The Cargo.lock files that `lock` makes: for sdists without one, or with a stale one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from common.errors import UserError
from common.files import sha256
from lock.lockfile import LockedCrate, write_whole
from lock.workspace import relative, root_of

if TYPE_CHECKING:
    from pathlib import Path

    from lock.lockfile import Lock
    from lock.options import Options
    from lock.pinned import Pinned

FOLDER = "cargo_locks"


@dataclass(frozen=True)
class Rust:
    """What an sdist's build needs of Rust.

    Args:
        crates: sorted.
        wheel_tags: its wheel's tags, as far as Cargo.toml and pyproject.toml tell; else "".
        cargo_lock: the file that takes the place of its Cargo.lock, if there is one.
    """

    crates: tuple[LockedCrate, ...] = ()
    wheel_tags: str = ""
    cargo_lock: Path | None = None


class CargoLocks:
    """Where they are, and what is in them; several threads may ask, and several Pythons one after the other.

    Args:
        options: the command line: they are in a folder beside the overrides, or beside the lock where there are none.
        made: a folder for those that are made now.
    """

    def __init__(self, options: Options, made: Path) -> None:
        self._options = options
        self._folder = cargo_lock_folder(options)
        self._root = root_of(options.output)
        self._made = made

    def kept(self, pin: Pinned) -> tuple[Path, str | None]:
        """The place of a distribution's file, and its content, or None where there is none yet."""
        place = self._folder / f"{pin.name}-{pin.version}.Cargo.lock"
        made = self._made / place.name
        file = made if made.exists() else place
        try:
            return place, file.read_text(encoding="utf-8") if file.exists() else None
        except (OSError, UnicodeDecodeError) as error:
            fix = "Delete it; `lock` makes it anew."
            raise UserError(f"{file.name} can't be read: {error}.", where=str(file), fix=fix) from error

    def is_made(self, place: Path) -> bool:
        """Whether one of them has been made now."""
        return (self._made / place.name).exists()

    def add(self, place: Path, text: str) -> None:
        """Keeps what has been made, until the lock is written."""
        self._made.mkdir(parents=True, exist_ok=True)
        write_whole(self._made / place.name, text)

    def texts(self) -> dict[Path, str]:
        """What has been made, by the place where it has to go."""
        files = sorted(self._made.glob("*.Cargo.lock")) if self._made.is_dir() else []
        return {self._folder / file.name: file.read_text(encoding="utf-8") for file in files}

    def digests(self, lock: Lock) -> dict[str, str]:
        """The sha256 of all Cargo.lock files that a lock names, by path from the root of its workspace."""
        found = cargo_lock_digests(lock, self._options)
        for place, text in self.texts().items():
            found[relative(place, self._root)] = hashlib.sha256(text.encode()).hexdigest()
        return found

    def place_of(self, label: str, where: str) -> Path:
        """The file that a label names, of the lock's workspace.

        Raises:
            UserError: it is a label of another form.
        """
        place = place_of(label, self._root)
        if place is None:
            what, fix = f"{label!r} names no file of this workspace.", 'Write "//:NAME.Cargo.lock" or "//FOLDER:NAME".'
            raise UserError(what, where=f"`cargo_lock` under {where}", fix=fix)
        return place

    def read_label(self, label: str, where: str) -> str:
        """The content of such a file.

        Raises:
            UserError: it can't be read.
        """
        place = self.place_of(label, where)
        try:
            return place.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            fix = "Correct the label, or make the file; without `cargo_lock`, `lock` makes one where none will do."
            raise UserError(f"{place} can't be read: {error}.", where=f"`cargo_lock` under {where}", fix=fix) from error


def cargo_lock_folder(options: Options) -> Path:
    """The folder in which they are."""
    return (options.overrides or options.output).parent / FOLDER


def place_of(label: str, root: Path) -> Path | None:
    """The file that a label such as "//:NAME.Cargo.lock" names; None where it is of another form."""
    package, colon, name = label.removeprefix("//").partition(":")
    return root / package / name if label.startswith("//") and colon and name else None


def unused_cargo_locks(old: Lock, made: Lock) -> list[str]:
    """The files that `lock` has made for an old lock and that a new one does not need, by path from the root."""
    return sorted(name for name in old.inputs.keys() - made.inputs.keys() if PurePosixPath(name).parent.name == FOLDER)


def cargo_lock_digests(lock: Lock, options: Options) -> dict[str, str]:
    """The sha256 of all Cargo.lock files that a lock names, by path from the workspace's root; "" if one is gone."""
    root = root_of(options.output)
    labels = {entry.attributes.get("cargo_lock", "") for entry in (*lock.sdists, *lock.build_sdists)}
    files = [place for label in labels if (place := place_of(label, root))]
    return {relative(file, root): sha256(file) if file.is_file() else "" for file in files}
