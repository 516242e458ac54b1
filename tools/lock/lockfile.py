"""The lock: what is built from which sdist, with which build requirements. Names files and hashes, never hosts."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1


@dataclass(frozen=True, order=True)
class LockedFile:
    """A wheel that builds need: its distribution and version, file name and hash."""

    distribution: str
    version: str
    filename: str
    sha256: str


@dataclass(frozen=True, order=True)
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


@dataclass(frozen=True, order=True)
class LockedWheel:
    """A distribution that is taken as a wheel; the fields are those of `LockedSdist`."""

    distribution: str
    version: str
    filename: str
    sha256: str
    requires: tuple[str, ...]


@dataclass(frozen=True)
class Lock:
    """A whole lock.

    Args:
        python: the version "3.14" that it was resolved for.
        inputs: sha256 of each input, by file name.
        options: the command line's, as far as they decide what the lock holds.
        sdists: what is built.
        wheels: what is not.
        build_files: wheels that builds need.
        build_sdists: build requirements that are built themselves.
    """

    python: str
    inputs: dict[str, str]
    options: dict[str, Any]
    sdists: tuple[LockedSdist, ...]
    wheels: tuple[LockedWheel, ...]
    build_files: tuple[LockedFile, ...]
    build_sdists: tuple[LockedSdist, ...]

    def pins(self, distribution: str) -> dict[str, str]:
        """The versions of the build requirements that a distribution was locked with.

        One that is not in the lock gets those of which the lock has only one version.
        """
        files: list[LockedFile | LockedSdist] = [*self.build_files, *self.build_sdists]
        by_name = {item.filename: item for item in files}
        for sdist in (*self.sdists, *self.build_sdists):
            if sdist.distribution == distribution:
                return {by_name[name].distribution: by_name[name].version for name in sdist.build_requires}
        found = sorted((item.distribution, item.version) for item in by_name.values())
        counts = Counter(name for name, _ in found)
        return {name: version for name, version in found if counts[name] == 1}

    def text(self) -> str:
        """The file's content: sorted, one value per line, the same for the same lock."""
        data = {"rules_sdist_lock": VERSION, **asdict(self)}
        return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_whole(place: Path, text: str) -> None:
    """Writes a file whole, or, when interrupted, not at all."""
    temporary = place.with_name(place.name + ".part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(place)


def read_lock(place: Path) -> Lock:
    """Reads a lock.

    Raises:
        UserError: it is none, is damaged, or comes from a newer version.
    """
    fix = f"Delete {place.name} and make it anew, or take it from version control."
    try:
        data: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        version = data.pop("rules_sdist_lock")
        if version != VERSION:
            raise UserError(
                f"{place.name} is a lock of version {version}; this rules_sdist reads version {VERSION}.",
                where=str(place),
                fix="Use the rules_sdist that made it, or make it anew with this one.",
            )
        sdists = tuple(LockedSdist(**_tuples(item)) for item in data.pop("sdists"))
        build_sdists = tuple(LockedSdist(**_tuples(item)) for item in data.pop("build_sdists"))
        wheels = tuple(LockedWheel(**_tuples(item)) for item in data.pop("wheels"))
        files = tuple(LockedFile(**item) for item in data.pop("build_files"))
        return Lock(sdists=sdists, wheels=wheels, build_files=files, build_sdists=build_sdists, **data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{place.name} is damaged: {error!r}.", where=str(place), fix=fix) from error


def _tuples(item: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in item.items()}
