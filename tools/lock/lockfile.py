"""The lock: what is built from which sdist, with which build requirements. Names files and hashes, never hosts."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar, Union

from common.errors import UserError
from lock.check_lock import check
from lock.git_source import LockedGit
from lock.inputs.build_options import BuildOptions
from source.rust import MATURIN, SETUPTOOLS_RUST

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from pathlib import Path

VERSION = 2


class DamagedLockError(UserError):
    """A file that should be a lock is none, or has been edited by someone."""


@dataclass(frozen=True)
class LockedFile:
    """A wheel that builds need: its distribution and version, file name and hash."""

    distribution: str
    version: str
    filename: str
    sha256: str


@dataclass(frozen=True, order=True)
class LockedCrate:
    """A Rust crate that builds need: its name and version, and its file's hash."""

    name: str
    version: str
    sha256: str

    @property
    def key(self) -> str:
        """What entries call it, such as "itoa-1.0.19"."""
        return f"{self.name}-{self.version}"


@dataclass(frozen=True)
class LockedSdist:
    """A distribution that is built from source.

    Args:
        distribution: PEP 503 normalised.
        version: PEP 440.
        filename: the sdist's.
        sha256: its hash.
        backend: its PEP 517 backend.
        wheel_tags: for the attribute of that name.
        build_requires: file names in the lock's `build_files` and `build_sdists`.
        requires: the distributions of this lock's inputs that it needs at run time, normalised.
        requires_dist: its METADATA's Requires-Dist, or None when unknown.
        attributes: more attributes of `py_sdist_wheel`.
        environments: the target platforms of the lock that this entry is for; () for all.
        name: the distribution's as the project writes it, such as "PyYAML".
        entry_points: whether its wheel has an entry_points.txt; None when unknown.
        variant: the name of its package in the hub, below the distribution's: "any", or a target platform's.
        crates: the keys of the crates that its build needs, sorted; () for Rust without any, None for a build without.
        git: where it is an archive of a commit; None for what an index has.
    """

    distribution: str
    version: str
    filename: str
    sha256: str
    backend: str
    wheel_tags: str
    build_requires: tuple[str, ...]
    requires: tuple[str, ...]
    requires_dist: tuple[str, ...] | None
    attributes: dict[str, Any] = field(default_factory=dict)
    environments: tuple[str, ...] = ()
    name: str = ""
    entry_points: bool | None = None
    variant: str = ""
    crates: tuple[str, ...] | None = None
    git: LockedGit | None = None


@dataclass(frozen=True)
class LockedWheel:
    """A distribution that is taken as a wheel; the fields are those of `LockedSdist`."""

    distribution: str
    version: str
    filename: str
    sha256: str
    requires: tuple[str, ...]
    environments: tuple[str, ...] = ()
    name: str = ""
    entry_points: bool | None = None
    variant: str = ""


NO_NAMES: dict[str, Any] = {"name": "", "entry_points": None, "variant": ""}

Entry = Union[LockedSdist, LockedWheel]


@dataclass(frozen=True)
class TakenWheel:
    """A wheel that rules_python takes where this lock has an sdist, so that its repository is swapped.

    Args:
        distribution: whose.
        environment: the target platform.
        filename: its name.
        sha256: its hash.
    """

    distribution: str
    environment: str
    filename: str
    sha256: str


_Entry = TypeVar("_Entry", bound=Entry)


@dataclass(frozen=True)
class Lock:
    """A whole lock.

    Args:
        environments: the target platforms it is for, as rules_python spells them, such as "cp314_linux_x86_64".
        inputs: sha256 of each file it was made from, by path from the root of the workspace.
        command: the command line that makes it anew, for the root of the workspace.
        sdists: what is built.
        wheels: what is not.
        build_files: wheels that builds need.
        build_sdists: build requirements that are built themselves.
        cycles: the sets of distributions that need each other at run time.
        taken_wheels: of a swap, those that rules_python takes where something is built.
        build_options: what the inputs say about that: `no_binary` and `only_binary`, lists of names.
        crates: the Rust crates that the entries name, sorted.
        left_out: what the inputs pin and nothing here needs: by name the marker that is false everywhere, or "".
        answers: the `ANSWERS` of the `lock` that made it; 0 where it did not write that down yet.
        overrides: a hash of what the overrides say about each distribution.
    """

    environments: tuple[str, ...]
    inputs: dict[str, str]
    command: tuple[str, ...]
    sdists: tuple[LockedSdist, ...]
    wheels: tuple[LockedWheel, ...]
    build_files: tuple[LockedFile, ...]
    build_sdists: tuple[LockedSdist, ...]
    cycles: tuple[tuple[str, ...], ...]
    taken_wheels: tuple[TakenWheel, ...] = ()
    build_options: BuildOptions = field(default_factory=BuildOptions)
    crates: tuple[LockedCrate, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    answers: int = 0
    overrides: dict[str, str] = field(default_factory=dict)

    def pins(self, distribution: str, target: str) -> dict[str, str]:
        """The versions of the build requirements that a distribution was locked with.

        One that is not in the lock, or not for this target platform, gets those of which the lock has only one version.
        """
        files: list[LockedFile | LockedSdist] = [*self.build_files, *self.build_sdists]
        by_name = {item.filename: item for item in files}
        for sdist in (*self.sdists, *self.build_sdists):
            if sdist.distribution == distribution and target in (sdist.environments or self.environments):
                return {by_name[name].distribution: by_name[name].version for name in sdist.build_requires}
        found = sorted({(item.distribution, item.version) for item in by_name.values()})
        counts = Counter(name for name, _ in found)
        return {name: version for name, version in found if counts[name] == 1}

    def built(self) -> set[str]:
        """The distributions that are built from source."""
        return {sdist.distribution for sdist in (*self.sdists, *self.build_sdists)}

    def build_requirements(self) -> set[str]:
        """The distributions that builds need."""
        files: list[LockedFile | LockedSdist] = [*self.build_files, *self.build_sdists]
        return {item.distribution for item in files}

    def lacks_names(self) -> bool:
        """Whether it was made before entries had `name`, `entry_points` and `variant`."""
        entries: list[Entry] = [*self.sdists, *self.build_sdists, *self.wheels]
        return not all(entry.name for entry in entries)

    def lacks_crates(self, without: Container[str] = ()) -> bool:
        """Whether it was made before entries had `crates`, and some need Rust; those named in `without` do not."""
        build: list[LockedFile | LockedSdist] = [*self.build_files, *self.build_sdists]
        rust = {item.filename for item in build if item.distribution in (MATURIN, SETUPTOOLS_RUST)}
        bare = [item for item in (*self.sdists, *self.build_sdists) if item.crates is None]
        return any(rust & set(item.build_requires) for item in bare if item.distribution not in without)

    def without_names(self) -> Lock:
        """It without what such a lock lacks."""

        def bare(entries: Iterable[_Entry]) -> tuple[_Entry, ...]:
            return tuple(sorted((replace(entry, **NO_NAMES) for entry in entries), key=order))

        sdists, wheels = bare(self.sdists), bare(self.wheels)
        return replace(self, sdists=sdists, build_sdists=bare(self.build_sdists), wheels=wheels, left_out={})

    def text(self) -> str:
        """The file's content: sorted, one value per line, the same for the same lock."""
        data = {"rules_sdist_lock": VERSION, **asdict(self)}
        for key in ("answers", "crates", "left_out", "overrides", "taken_wheels"):
            if not data[key]:
                del data[key]
        if self.build_options == BuildOptions():
            del data["build_options"]
        for entry in (*data["sdists"], *data["build_sdists"], *data["wheels"]):
            for key in [key for key in ("crates", "git") if entry.get(key, ()) is None]:
                del entry[key]
            if not entry["name"]:
                del entry["name"], entry["entry_points"], entry["variant"]
        return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def order(item: LockedFile | LockedSdist | LockedWheel) -> tuple[str, str, str, tuple[str, ...]]:
    return item.distribution, item.version, item.filename, getattr(item, "environments", ())


def write_whole(place: Path, text: str) -> None:
    """Writes a file whole, or, when interrupted, not at all."""
    temporary = place.with_name(place.name + ".part")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(place)
    except OSError as error:
        raise UserError(
            f"{place.name} can't be written: {error.strerror}.", where=str(place), fix="Make the folder writable."
        ) from error


def read_lock(place: Path) -> Lock:
    """Reads a lock.

    Raises:
        UserError: it is none, is damaged, or comes from another version.
    """
    try:
        return parse_lock(place.read_text(encoding="utf-8"), place)
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(place, error) from error


def parse_lock(text: str, place: Path) -> Lock:
    """Reads a lock's text; see `read_lock`."""
    try:
        data: dict[str, Any] = json.loads(text)
        version = data.pop("rules_sdist_lock")
        if version != VERSION:
            raise UserError(
                f"{place.name} is a lock of version {version}; this rules_sdist reads version {VERSION}.",
                where=str(place),
                fix="Use the rules_sdist that made it, or delete it and make it anew with this one.",
            )
        lock = Lock(
            sdists=tuple(LockedSdist(**_tuples(item)) for item in data.pop("sdists")),
            build_sdists=tuple(LockedSdist(**_tuples(item)) for item in data.pop("build_sdists")),
            wheels=tuple(LockedWheel(**_tuples(item)) for item in data.pop("wheels")),
            build_files=tuple(LockedFile(**item) for item in data.pop("build_files")),
            cycles=tuple(tuple(group) for group in data.pop("cycles")),
            environments=tuple(data.pop("environments")),
            taken_wheels=tuple(TakenWheel(**item) for item in data.pop("taken_wheels", [])),
            crates=tuple(LockedCrate(**item) for item in data.pop("crates", [])),
            build_options=BuildOptions(**_tuples(data.pop("build_options", {}))),
            command=tuple(data.pop("command")),
            **data,
        )
        check(lock)
        return lock
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(place, error) from error


def _damaged(place: Path, error: Exception) -> DamagedLockError:
    return DamagedLockError(
        f"{place.name} is damaged: {error!r}.",
        where=str(place),
        fix="Take it from version control, or make it anew: the same command without --check.",
    )


def _tuples(item: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in item.items()}
    return {**found, "git": LockedGit(**found["git"])} if "git" in found else found
