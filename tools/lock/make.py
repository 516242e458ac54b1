"""Makes a lock from a project's pinned requirements."""

from __future__ import annotations

import argparse
import difflib
import hashlib
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.tags import Tag, sys_tags
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from errors import UserError
from lock.index import IndexFile, PackageIndex
from lock.inputs import Pinned, read_inputs
from lock.lockfile import Lock, LockedFile, LockedSdist, LockedWheel, read_lock, write_whole
from lock.resolver import BuildRequirement, Resolver
from lock.sdist import guess_tags, inspect
from lock.swap import Swap, module_text
from wheel_file.canonical import wheel_metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Options:
    """What the command line says.

    Args:
        inputs: pinned requirements.
        output: the lock.
        build: names that are built from source although there are wheels.
        build_all: the same for all.
        upgrade: build requirements that may change.
        check: only compare.
        build_requires_from_source: build the build requirements too.
        wheel: names of those that are wheels nevertheless.
        swap: what is swapped, and the file to write, or None.
    """

    inputs: tuple[Path, ...]
    output: Path
    build: frozenset[str]
    build_all: bool
    upgrade: frozenset[str]
    check: bool
    build_requires_from_source: bool
    wheel: frozenset[str]
    swap: tuple[Swap, Path] | None

    def recorded(self) -> dict[str, Any]:
        """Those that decide what the lock holds, as JSON has them."""
        return {
            "build": sorted(self.build),
            "build_all": self.build_all,
            "build_requires_from_source": self.build_requires_from_source,
            "wheel": sorted(self.wheel),
        }


def parse_options(arguments: Sequence[str], folder: Path) -> Options:
    """Reads the command line; paths are relative to `folder`."""
    parser = argparse.ArgumentParser(prog="lock", description=__doc__)
    parser.add_argument(
        "inputs", nargs="+", metavar="FILE", help="requirements.txt with hashes, pylock.toml or uv.lock"
    )
    parser.add_argument("-o", "--output", required=True, metavar="LOCK", help="the lock to write")
    parser.add_argument("--build", action="append", default=[], metavar="NAME", help="build it though it has wheels")
    parser.add_argument("--build-all", action="store_true", help="build everything from source")
    parser.add_argument("--upgrade", action="append", default=[], metavar="NAME", help="let a build requirement change")
    parser.add_argument(
        "--build-requires-from-source", action="store_true", help="build the build requirements from their sdists too"
    )
    parser.add_argument("--wheel", action="append", default=[], metavar="NAME", help="but take this one as a wheel")
    parser.add_argument("--check", action="store_true", help="write nothing; fail with a diff when the lock is stale")
    swap = parser.add_argument_group("the swap", "write the lines of MODULE.bazel that swap rules_python's sdists")
    swap.add_argument("--swap", metavar="FILE", help="the file to include, ending in .MODULE.bazel")
    swap.add_argument("--pip-hub", default="pypi", metavar="NAME", help="hub_name of pip.parse; %(default)s")
    swap.add_argument("--hub", default="sdists_hub", metavar="NAME", help="the name of our hub; %(default)s")
    swap.add_argument(
        "--names-without-digest", action="store_true", help="for rules_python that does not read the index itself"
    )
    parsed = parser.parse_args(arguments)
    return Options(
        inputs=tuple(folder / name for name in parsed.inputs),
        output=folder / parsed.output,
        build=frozenset(map(canonicalize_name, parsed.build)),
        build_all=parsed.build_all,
        upgrade=frozenset(map(canonicalize_name, parsed.upgrade)),
        check=parsed.check,
        build_requires_from_source=parsed.build_requires_from_source,
        wheel=frozenset(map(canonicalize_name, parsed.wheel)),
        swap=(
            (Swap(parsed.pip_hub, parsed.hub, not parsed.names_without_digest), folder / parsed.swap)
            if parsed.swap
            else None
        ),
    )


def lock(arguments: Sequence[str]) -> int:
    """The command `lock`.

    Args:
        arguments: the command line.

    Returns:
        0, or 1 when `--check` finds a difference.

    Raises:
        UserError: what is wrong with the inputs, the index, an sdist or the old lock; the old lock stays as it was.
    """
    options = parse_options(arguments, Path(os.environ.get("BUILD_WORKING_DIRECTORY", ".")))
    old = read_lock(options.output) if options.output.exists() else None
    # A check trusts nothing: the lock may have been edited.
    current = old is not None and not options.check and _is_current(old, options)
    made = old if old and current else make_lock(options, old)
    texts = {options.output: made.text()}
    if options.swap:
        swap, module_file = options.swap
        texts[module_file] = module_text(made, swap, options.output, options.inputs)
    if options.check:
        return max(_compare(place, text) for place, text in texts.items())
    for place, text in texts.items():
        write_whole(place, text)
    _print_summary(made, options.output)
    return 0


def _is_current(old: Lock, options: Options) -> bool:
    """Whether nothing that a lock is made from has changed; then nobody need ask the index."""
    same = (old.python, old.inputs, old.options) == (_python(), _digests(options.inputs), options.recorded())
    return same and not options.upgrade


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _digests(inputs: Iterable[Path]) -> dict[str, str]:
    try:
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in inputs}
    except OSError as error:
        raise UserError(f"{error.filename} can't be read: {error.strerror}.", fix="Check the name.") from error


def make_lock(options: Options, old: Lock | None) -> Lock:
    """Makes a lock; build requirements keep the versions of the old one, unless asked otherwise."""
    pinned = _that_count([pin for path in options.inputs for pin in read_inputs(path)])
    with tempfile.TemporaryDirectory() as folder:
        return _Maker(options, Path(folder), old, pinned).make()


class _Maker:
    """Makes one lock.

    Args:
        options: the command line.
        folder: an empty folder.
        old: the lock to renew, whose build requirements keep their versions, or None.
        pinned: what the inputs pin.
    """

    def __init__(self, options: Options, folder: Path, old: Lock | None, pinned: Sequence[Pinned]) -> None:
        self._options = options
        self._folder = folder
        self._pinned = pinned
        self._names = frozenset(pin.name for pin in pinned)
        self._old = old
        self._resolver = Resolver(folder)
        self._index = PackageIndex(self._resolver.index_url())
        self._listed: dict[str, list[IndexFile]] = {}
        self._build_files: dict[str, LockedFile] = {}
        self._build_sdists: dict[str, LockedSdist] = {}

    def make(self) -> Lock:
        """Makes it."""
        with ThreadPoolExecutor(8) as pool:
            names = [pin.name for pin in self._pinned]
            self._listed.update(zip(names, pool.map(self._index.files, names)))
        sdists: list[LockedSdist] = []
        wheels: list[LockedWheel] = []
        for pin in self._pinned:
            from_source = self._options.build_all or pin.name in self._options.build
            file = choose_file(pin, self._files(pin.name), from_source=from_source)
            if file.filename.endswith(".whl"):
                requires_dist = wheel_metadata(self._download(file)).requires_dist
                edges = runtime_edges(pin, requires_dist, self._names)
                wheels.append(LockedWheel(pin.name, pin.version, file.filename, file.sha256, edges))
            else:
                sdists.append(self._sdist(pin, file, ()))
        return Lock(
            python=_python(),
            inputs=_digests(self._options.inputs),
            options=self._options.recorded(),
            sdists=tuple(sorted(sdists)),
            wheels=tuple(sorted(wheels)),
            build_files=tuple(sorted(self._build_files.values())),
            build_sdists=tuple(sorted(self._build_sdists.values())),
        )

    def _files(self, name: str) -> list[IndexFile]:
        if name not in self._listed:
            self._listed[name] = self._index.files(name)
        return self._listed[name]

    def _download(self, file: IndexFile) -> Path:
        return self._index.download(file, file.sha256, self._folder / file.filename)

    def _sdist(self, pin: Pinned, file: IndexFile, above: tuple[str, ...]) -> LockedSdist:
        _say(f"{pin.name} {pin.version}")
        pins = self._old.pins(pin.name) if self._old else {}
        for name in self._options.upgrade:
            pins.pop(name, None)
        inspection = inspect(self._download(file), self._resolver, pins)
        chain = (*above, pin.name)
        return LockedSdist(
            distribution=pin.name,
            version=pin.version,
            filename=file.filename,
            sha256=file.sha256,
            backend=inspection.backend,
            wheel_tags=guess_tags(
                str(Version(pin.version)),
                [other.filename for other in self._files(pin.name)],
                has_native_sources=inspection.has_native_sources,
            ),
            build_requires=tuple(self._build_requirement(item, chain) for item in inspection.build_requirements),
            requires=runtime_edges(pin, inspection.requires_dist or (), self._names),
            requires_dist=inspection.requires_dist,
        )

    def _build_requirement(self, item: BuildRequirement, above: tuple[str, ...]) -> str:
        """Locks a build requirement; returns its file's name."""
        if not self._options.build_requires_from_source or item.name in self._options.wheel:
            self._build_files[item.filename] = LockedFile(item.name, item.version, item.filename, item.sha256)
            return item.filename
        if item.name in above:
            raise UserError(
                f"Without any wheel, {item.name} is needed to build itself: {' -> '.join([*above, item.name])}.",
                where=item.name,
                fix=f"Take one of them as a wheel, such as --wheel {above[-1]}.",
            )
        sdist = sdist_of(item.name, item.version, self._files(item.name))
        if sdist.filename not in self._build_sdists:
            pin = Pinned(item.name, item.version, (sdist.sha256,))
            self._build_sdists[sdist.filename] = self._sdist(pin, sdist, above)
        return sdist.filename


def sdist_of(name: str, version: str, files: Iterable[IndexFile]) -> IndexFile:
    """The sdist of one version.

    Raises:
        UserError: the index has none with a hash.
    """
    for file in files:
        try:
            _, found = parse_sdist_filename(file.filename)
        except InvalidSdistFilename:
            continue
        if found == Version(version) and file.sha256 and not file.yanked:
            return file
    raise UserError(
        f"The index has no sdist of {name} {version}, which a build needs.",
        where=name,
        fix=f"Take it as a wheel: --wheel {name}.",
    )


def _that_count(pinned: Iterable[Pinned]) -> list[Pinned]:
    """Those whose markers hold for this interpreter, each once."""
    found: dict[str, Pinned] = {}
    for pin in pinned:
        if not pin.marker or Requirement(f"{pin.name}; {pin.marker}").marker.evaluate():  # type: ignore[union-attr]
            found.setdefault(pin.name, pin)
    return [found[name] for name in sorted(found)]


def choose_file(pin: Pinned, files: Sequence[IndexFile], *, from_source: bool) -> IndexFile:
    """The wheel, or else the sdist, that a distribution comes from.

    Args:
        pin: what the input allows, by hash.
        files: what the index has.
        from_source: whether wheels do not count.

    Raises:
        UserError: the input allows neither a usable wheel nor an sdist that the index has, or the file is yanked.
    """
    file = _choose(pin, files, from_source=from_source)
    if file.yanked:
        raise UserError(
            f"{file.filename} was taken back by its authors (PEP 592).",
            where=f"{pin.name}=={pin.version}",
            fix="Pin another version.",
        )
    return file


def _choose(pin: Pinned, files: Sequence[IndexFile], *, from_source: bool) -> IndexFile:
    allowed = [file for file in files if file.sha256 in pin.hashes]
    if not from_source:
        for tag in sys_tags():  # the best first
            for file in allowed:
                if tag in _wheel_tags(file.filename):
                    return file
    sdists = [file for file in allowed if _is_sdist(file.filename)]
    if sdists:
        return min(sdists, key=lambda file: file.filename)
    of_version = [file.filename for file in files if f"-{pin.version}" in file.filename and _is_sdist(file.filename)]
    raise UserError(
        f"{pin.name} {pin.version} has no sdist whose hash the requirements allow, and no wheel for this Python.",
        where=f"on the index: {', '.join(of_version) or 'no sdist of this version'}",
        fix="Renew the requirements with the hashes of all files (pip-compile --generate-hashes), "
        "or pin a version that has an sdist.",
    )


def _wheel_tags(filename: str) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return frozenset()


def _is_sdist(filename: str) -> bool:
    try:
        parse_sdist_filename(filename)
    except InvalidSdistFilename:
        return False
    return True


def runtime_edges(pin: Pinned, requires_dist: Iterable[str], names: frozenset[str]) -> tuple[str, ...]:
    """Which of the locked distributions one needs at run time, for this interpreter and the extras asked for."""
    edges = set()
    for line in requires_dist:
        requirement = Requirement(line)
        name = canonicalize_name(requirement.name)
        holds = not requirement.marker or any(
            requirement.marker.evaluate({"extra": extra}) for extra in ("", *pin.extras)
        )
        if holds and name in names and name != pin.name:
            edges.add(str(name))
    return tuple(sorted(edges))


def _compare(place: Path, text: str) -> int:
    before = place.read_text(encoding="utf-8") if place.exists() else ""
    if before == text:
        return 0
    lines = difflib.unified_diff(before.splitlines(), text.splitlines(), place.name, "renewed", lineterm="")
    print("\n".join(lines))
    print(f"\n{place.name} is stale; make it anew without --check.", file=sys.stderr)
    return 1


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _print_summary(made: Lock, place: Path) -> None:
    _say("")
    width = max((len(sdist.distribution) for sdist in made.sdists), default=0)
    for sdist in made.sdists:
        print(f"{sdist.distribution:<{width}}  {sdist.version:<10} {sdist.backend:<32} {sdist.wheel_tags}")
    print(
        f"{len(made.sdists)} from source, {len(made.wheels)} from wheels; build requirements: "
        f"{len(made.build_sdists)} from source, {len(made.build_files)} from wheels -> {place.name}"
    )
