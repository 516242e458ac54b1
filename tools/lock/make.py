"""Makes a lock for the running Python from a project's pinned requirements."""

from __future__ import annotations

import os
import sys
import warnings
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from packaging.version import Version

from common.errors import UserError, about
from lock.attributes import attributes_of
from lock.cargo_locks import CargoLocks
from lock.files import Files
from lock.inputs.build_options import build_options
from lock.inputs.read import build_constraints
from lock.kept import ANSWERS, Kept
from lock.left_to_pip import check_locked, left_to_pip
from lock.lockfile import Lock, LockedFile, LockedSdist, LockedWheel
from lock.merge import merge
from lock.overrides import digest_of
from lock.pinned import Pinned
from lock.resolve.ask import Machine
from lock.resolve.dependencies import check_builds_end, check_requirements, runtime_edges
from lock.resolve.git_sdists import GitSdists, check_one_source
from lock.resolve.index import PackageIndex
from lock.resolve.inspect_sdist import guess_tags, inspect
from lock.resolve.pip import Resolver
from lock.rust.crates import CrateFinder
from lock.rust.run_cargo import Cargo
from lock.shut_in import why_not_shut_in
from lock.target_platforms import target_platforms
from lock.threads import each, scratch_folder, threads
from lock.typed import check_found
from lock.wanted import wanted_in
from lock.workspace import digests

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    from lock.options import Options
    from lock.overrides import Overrides
    from lock.resolve.ask import Metadata
    from lock.resolve.index import IndexFile
    from lock.resolve.inspect_sdist import Inspection
    from lock.resolve.pip import BuildRequirement
    from lock.target_platforms import TargetPlatform

_DOWNLOADS = 8  # at once


def make_lock(options: Options, overrides: Overrides, old: Lock | None, made: Path) -> Lock:
    """Makes a lock for the running Python; build requirements keep the versions of the old one, unless asked otherwise.

    Args:
        options: the command line.
        overrides: what the user says.
        old: the lock to renew, or None.
        made: a folder for Cargo.lock files that are made.

    Raises:
        UserError: what is wrong with the inputs, the index or an sdist.
    """
    warnings.simplefilter("ignore")  # backends' own; `catch_warnings` is not for threads
    with scratch_folder() as folder:
        return _Maker(options, overrides, folder, old, CargoLocks(options, made)).make()


class _Maker:
    """Makes one lock.

    Args:
        options: the command line.
        overrides: what the user says.
        folder: an empty folder.
        old: the lock to renew, whose build requirements keep their versions, or None.
        cargo_locks: the Cargo.lock files beside it.
    """

    def __init__(
        self, options: Options, overrides: Overrides, folder: Path, old: Lock | None, cargo_locks: CargoLocks
    ) -> None:
        self._options = options
        self._overrides = overrides
        self._folder = folder
        self._old = old
        self._cargo_locks = cargo_locks
        self._crates = CrateFinder(Cargo(folder), cargo_locks, options.upgrade)
        constraints = (*overrides.constraints, *build_constraints(options.inputs))
        self._resolver = Resolver(folder, constraints)
        self._git = GitSdists(options, overrides, old, folder)
        self._files = Files(options, PackageIndex(self._resolver.index_url()), self._git, folder)
        self._targets = target_platforms(options.platforms)
        self._host = target_platforms(())[0]
        self._kept = Kept(old, options, overrides, self._targets, self._host, constraints)
        self._wanted: dict[str, list[Pinned]] = {}
        self._left: dict[str, list[Pinned]] = {}
        self._inspected: dict[str, Inspection] = {}
        self._build_sdists: dict[str, Pinned] = {}
        self._machine = Machine(folder, closed=False)

    def make(self) -> Lock:
        """Makes it."""
        left = left_to_pip(self._options)
        for target in self._targets:
            pins = wanted_in(target, self._options.inputs)
            self._left[target.name] = [pin for pin in pins if pin.name in left]
            self._wanted[target.name] = [pin for pin in pins if pin.name not in left]
        wanted = self._wanted
        pinned = {pin.name: pin for pins in wanted.values() for pin in pins}
        for pin in pinned.values():
            check_locked(pin)
        check_one_source(pin for pins in wanted.values() for pin in pins)
        self._overrides.check_versions({name for name, pin in pinned.items() if pin.git}, self._options.overrides)
        names = sorted(name for name, pin in pinned.items() if not pin.git)
        closed = not why_not_shut_in(tell=not self._options.part)  # forks: before there are threads
        self._machine = Machine(self._folder, closed=closed)
        with threads(_DOWNLOADS) as downloads, threads(os.cpu_count() or 1) as inspections:
            each(downloads, self._files.ask_for, names, "index")
            from_git = [pin for pin in pinned.values() if pin.git]
            each(downloads, self._git.pin, from_git, "git", lambda pin: pin.name)
            chosen = {
                target.name: [
                    (pin, self._files.choose(pin, target)) for pin in map(self._git.pinned, wanted[target.name])
                ]
                for target in self._targets
            }
            files = {file.filename: (pin, file) for pairs in chosen.values() for pin, file in pairs}
            if not self._options.build_requires_from_source:
                built = {pin.name for pin, file in files.values() if not file.filename.endswith(".whl")}
                self._overrides.check_names(built, self._options.overrides)
            wheels = [file for _, file in files.values() if file.filename.endswith(".whl")]
            metadata = dict(
                zip([file.filename for file in wheels], each(downloads, self._files.wheel_metadata, wheels, "wheels"))
            )
            level = [(pin, file) for pin, file in files.values() if not file.filename.endswith(".whl")]
            while level:
                found = self._look_into(level, inspections)
                level = self._build_requirements_of(found) if self._options.build_requires_from_source else []
        self._check_builds_end()
        metadata.update({name: item.metadata for name, item in self._inspected.items()})
        for filename, told in metadata.items():
            check_requirements(filename, told.requires_dist)
        made = merge([self._lock(target, chosen[target.name], metadata) for target in self._targets])
        self._overrides.check_names(made.built(), self._options.overrides)
        check_found(self._options, {*pinned, *made.build_requirements()})
        return replace(made, inputs={**made.inputs, **self._cargo_locks.digests(made)})

    def _look_into(self, level: Sequence[tuple[Pinned, IndexFile]], pool: ThreadPoolExecutor) -> list[Inspection]:
        """What sdists tell; only those are asked of which the old lock does not know it."""
        known = {file.filename: self._kept.find(file) for _, file in level}
        asked = [(pin, file) for pin, file in level if not known[file.filename]]
        told = each(pool, self._inspect, asked, "sdists", lambda item: item[1].filename)
        known.update(zip([file.filename for _, file in asked], told))
        found = {filename: inspection for filename, inspection in known.items() if inspection}
        self._inspected.update(found)
        return list(found.values())

    def _inspect(self, item: tuple[Pinned, IndexFile]) -> Inspection:
        pin, file = item
        pins = self._old.pins(pin.name, self._targets[0].name) if self._old else {}
        kept = {name: version for name, version in pins.items() if name not in self._options.upgrade}
        override = self._overrides.of(pin.name)
        crates = partial(self._crates.find, pin, override)
        with about(file.filename):
            sdist = self._files.download(file, pin)
            return inspect(sdist, self._resolver, kept, override, self._host, machine=self._machine, crates=crates)

    def _is_built(self, requirement: BuildRequirement) -> bool:
        return self._options.build_requires_from_source and requirement.name not in self._options.wheel

    def _build_requirements_of(self, found: Iterable[Inspection]) -> list[tuple[Pinned, IndexFile]]:
        """The sdists of build requirements that nobody has looked into yet."""
        new: dict[str, tuple[Pinned, IndexFile]] = {}
        for requirement in (item for inspection in found for item in inspection.build_requirements):
            if self._is_built(requirement):
                sdist = self._files.sdist_of(requirement)
                pin = Pinned(requirement.name, requirement.version, (sdist.sha256,))
                self._build_sdists[sdist.filename] = pin
                if sdist.filename not in self._inspected:
                    new[sdist.filename] = (pin, sdist)
        return list(new.values())

    def _check_builds_end(self) -> None:
        """Without wheels, nothing may be needed to build itself."""
        edges = {
            name: {
                self._files.sdist_of(item).filename for item in inspection.build_requirements if self._is_built(item)
            }
            for name, inspection in self._inspected.items()
        }
        check_builds_end(edges, {filename: pin.name for filename, pin in self._build_sdists.items()})

    def _lock(
        self,
        target: TargetPlatform,
        chosen: Sequence[tuple[Pinned, IndexFile]],
        metadata: dict[str, Metadata],
    ) -> Lock:
        """The lock for one target platform."""
        left = self._left[target.name]
        extras = {pin.name: pin.extras for pin in (*left, *(pin for pin, _ in chosen))}
        needs = {pin.name: metadata[file.filename].requires_dist for pin, file in chosen}
        needs.update({pin.name: pin.requires or () for pin in left})
        edges = runtime_edges(needs, extras, target)
        build_files: dict[str, LockedFile] = {}
        by_name = self._files.by_name()
        return Lock(
            environments=(target.name,),
            inputs=digests(self._options),
            command=self._options.command(),
            sdists=tuple(
                self._sdist(pin, file, edges[pin.name], target, build_files)
                for pin, file in chosen
                if file.filename in self._inspected
            ),
            wheels=tuple(
                LockedWheel(
                    *(pin.name, pin.version, file.filename, file.sha256, edges[pin.name]),
                    name=metadata[file.filename].spelling(pin.name),
                )
                for pin, file in chosen
                if file.filename not in self._inspected
            ),
            build_sdists=tuple(
                self._sdist(pin, by_name[filename], (), target, build_files)
                for filename, pin in sorted(self._build_sdists.items())
            ),
            build_files=tuple(build_files.values()),
            cycles=(),
            taken_wheels=self._files.taken_wheels(target),
            build_options=build_options(self._options.inputs),
            crates=tuple(sorted({crate for item in self._inspected.values() for crate in item.crates()})),
            answers=ANSWERS,
            overrides={name: digest_of(override) for name, override in self._overrides.distributions.items()},
        )

    def _sdist(
        self,
        pin: Pinned,
        file: IndexFile,
        requires: tuple[str, ...],
        target: TargetPlatform,
        build_files: dict[str, LockedFile],
    ) -> LockedSdist:
        inspection = self._inspected[file.filename]
        override = self._overrides.of(pin.name)
        kept = self._kept.entry(file.filename, target)
        others = [other.filename for other in self._files.of(pin.name)]
        guessed = kept.wheel_tags if kept else guess_tags(str(Version(pin.version)), others, inspection, target.tags())
        build_requires = []
        for item in self._requirements_in(target, inspection, file.filename):
            if self._is_built(item):
                build_requires.append(self._files.sdist_of(item).filename)
            else:
                build_files[item.filename] = LockedFile(item.name, item.version, item.filename, item.sha256)
                build_requires.append(item.filename)
        entry_points = inspection.metadata.entry_points if override.entry_points is None else override.entry_points
        return LockedSdist(
            distribution=pin.name,
            version=str(Version(pin.version)),
            filename=file.filename,
            sha256=file.sha256,
            backend=inspection.backend,
            wheel_tags=override.wheel_tags or guessed,
            build_requires=tuple(sorted(build_requires)),
            requires=requires,
            requires_dist=inspection.metadata.requires_dist,
            attributes=attributes_of(override, inspection.rust),
            name=inspection.metadata.spelling(pin.name),
            entry_points=entry_points,
            crates=tuple(crate.key for crate in inspection.crates()) if inspection.rust else None,
            git=self._git.locked(file),
        )

    def _requirements_in(
        self, target: TargetPlatform, inspection: Inspection, asked_by: str
    ) -> tuple[BuildRequirement, ...]:
        """The wheels that a build needs there: the same versions as on this machine, in other files perhaps."""
        kept = self._kept.entry(asked_by, target)
        if kept:
            return self._kept.requirements(kept)
        if target.is_host:
            return inspection.build_requirements
        pins = {item.name: item.version for item in inspection.build_requirements}
        try:
            return self._resolver.resolve(inspection.requires, asked_by, pins, target)
        except UserError as error:
            if target.is_same_system:
                raise
            print(f"NOTE: {asked_by} can't be built for {target.name}: {error.what.splitlines()[0]}", file=sys.stderr)
            return ()
