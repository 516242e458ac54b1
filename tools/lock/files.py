"""The files that a lock is made of, of an index or from git: which ones, and what wheels say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.canonical_wheel import metadata_fields, wheel_metadata
from lock.inputs.build_options import build_options
from lock.lockfile import TakenWheel
from lock.resolve.ask import Metadata
from lock.resolve.select_file import choose_file, sdist_of, wheel_tags
from lock.rules_python import taken_file
from lock.target_platforms import parts_of

if TYPE_CHECKING:
    from pathlib import Path

    from lock.options import Options
    from lock.pinned import Pinned
    from lock.resolve.git_sdists import GitSdists
    from lock.resolve.index import IndexFile, PackageIndex
    from lock.resolve.pip import BuildRequirement
    from lock.target_platforms import TargetPlatform


class Files:
    """What an index and git have, and what of it is taken.

    Args:
        options: the command line.
        index: see there.
        git: see there.
        folder: for downloads.
    """

    def __init__(self, options: Options, index: PackageIndex, git: GitSdists, folder: Path) -> None:
        self._options = options
        self._index = index
        self._git = git
        self._folder = folder
        self._build_options = build_options(options.inputs)
        self._taken_wheels: dict[tuple[str, str], TakenWheel] = {}
        self._listed: dict[str, list[IndexFile]] = {}

    def ask_for(self, distribution: str) -> None:
        """Asks the index for the files of a distribution, from any thread."""
        self._listed[distribution] = self._index.files(distribution)

    def of(self, distribution: str) -> list[IndexFile]:
        """All files of a distribution that has been listed, or comes from git."""
        file = self._git.file(distribution)
        return [file] if file else self._listed[distribution]

    def by_name(self) -> dict[str, IndexFile]:
        """All that has been listed."""
        return {file.filename: file for files in self._listed.values() for file in files}

    def choose(self, pin: Pinned, target: TargetPlatform) -> IndexFile:
        """The file that a distribution comes from on a target platform; see `choose_file`."""
        from_source, files = self._options.builds(pin.name, self._build_options), self.of(pin.name)
        swap = self._options.swap[0] if self._options.swap else None
        if swap and swap.names_of(pin.name) == "digest":
            allowed = [file for file in files if file.sha256 in pin.hashes]
            taken = taken_file(allowed, *parts_of(target.name))
            if taken and taken.filename.endswith(".whl"):
                if not from_source:
                    return choose_file(pin, [taken], sorted(wheel_tags(taken.filename), key=str), from_source=False)
                taken_wheel = TakenWheel(pin.name, target.name, taken.filename, taken.sha256)
                self._taken_wheels[pin.name, target.name] = taken_wheel
            from_source = True
        return choose_file(pin, files, target.tags(), from_source=from_source, target=target.name)

    def taken_wheels(self, target: TargetPlatform) -> tuple[TakenWheel, ...]:
        """What rules_python takes on a target platform where an sdist was chosen."""
        return tuple(item for (_, name), item in sorted(self._taken_wheels.items()) if name == target.name)

    def sdist_of(self, requirement: BuildRequirement) -> IndexFile:
        """The sdist of a build requirement."""
        if requirement.name not in self._listed:
            self.ask_for(requirement.name)
        return sdist_of(requirement.name, requirement.version, self._listed[requirement.name])

    def wheel_metadata(self, wheel: IndexFile) -> Metadata:
        """What a wheel says of itself, from any thread."""
        if wheel.metadata:
            fields = metadata_fields(self._index.metadata(wheel))
            return Metadata("".join(fields.get("Name", ())[:1]), tuple(fields.get("Requires-Dist", ())), None)
        summary = wheel_metadata(self.download(wheel))
        return Metadata(summary.name, summary.requires_dist, None)

    def download(self, file: IndexFile, pin: Pinned | None = None) -> Path:
        """Downloads a file, from any thread; compares its hash with the index's, which is the pinned one.

        Args:
            file: which.
            pin: what it was chosen for; git's come from git.
        """
        if pin and self._git.file(pin.name) == file:
            return self._git.archive(pin.name)
        return self._index.download(file, file.sha256, self._folder / file.filename)
