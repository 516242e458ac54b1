"""What an old lock knows of sdists, so that nobody is asked twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lock.cargo_locks import Rust
from lock.overrides import digest_of
from lock.resolve.ask import Metadata
from lock.resolve.inspect_sdist import Inspection
from lock.resolve.pip import BuildRequirement, allowed
from lock.resolve.select_file import wheel_tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lock.lockfile import Lock, LockedFile, LockedSdist
    from lock.options import Options
    from lock.overrides import Overrides
    from lock.resolve.index import IndexFile
    from lock.target_platforms import TargetPlatform

ANSWERS = 3
"""Raised with every change of `lock` after which the same sdist gets another entry: old entries are made anew then."""


class Kept:
    """What a lock has, as far as it holds.

    Args:
        old: the lock, or None.
        options: the command line.
        overrides: what the user says now.
        targets: what is locked for.
        host: this machine.
        constraints: on the versions of build requirements, as they are now.
    """

    def __init__(
        self,
        old: Lock | None,
        options: Options,
        overrides: Overrides,
        targets: Sequence[TargetPlatform],
        host: TargetPlatform,
        constraints: Sequence[str],
    ) -> None:
        self._old = old if old and self._is_usable(old, options, targets) else None
        self._options = options
        self._overrides = overrides
        self._targets = targets
        self._tags = {target.name: frozenset((host if target.is_host else target).tags()) for target in targets}
        self._constraints = [Requirement(line) for line in constraints]
        files: list[LockedFile | LockedSdist] = [*old.build_files, *old.build_sdists] if old else []
        self._build = {item.filename: item for item in files}
        self._built = {item.filename for item in old.build_sdists} if old else set()
        self._found: dict[str, dict[str, LockedSdist]] = {}

    @staticmethod
    def _is_usable(old: Lock, options: Options, targets: Sequence[TargetPlatform]) -> bool:
        """Whether any entry may hold: see `_holds`."""
        platforms = [word for word in old.command if word.startswith("--platform=")]
        same = platforms == [f"--platform={tag}" for tag in options.platforms]
        return old.answers == ANSWERS and same and not options.check and any(target.is_host for target in targets)

    def find(self, file: IndexFile) -> Inspection | None:
        """What asking an sdist would tell, as far as other parts of a lock need it; None where it has to be asked."""
        found = {target.name: self._entry(file, target) for target in self._targets}
        entries = {name: entry for name, entry in found.items() if entry}
        here = next((entries.get(target.name) for target in self._targets if target.is_host), None)
        if len(entries) < len(found) or not here or not self._old:
            return None
        if any(here.build_requires and not entry.build_requires for entry in entries.values()):
            return None  # there were no wheels for that platform; perhaps there are now
        self._found[file.filename] = entries
        crates = {crate.key: crate for crate in self._old.crates}
        return Inspection(
            backend=here.backend,
            requires=(),
            build_requirements=tuple(map(self._requirement, here.build_requires)),
            metadata=Metadata(here.name, here.requires_dist or (), here.entry_points),
            has_native_sources=False,
            is_universal=False,
            rust=None if here.crates is None else Rust(tuple(crates[key] for key in here.crates)),
        )

    def entry(self, filename: str, target: TargetPlatform) -> LockedSdist | None:
        """The entry of an sdist that `find` has found."""
        return self._found[filename][target.name] if filename in self._found else None

    def requirements(self, entry: LockedSdist) -> tuple[BuildRequirement, ...]:
        """The build requirements of such an entry."""
        return tuple(map(self._requirement, entry.build_requires))

    def _requirement(self, filename: str) -> BuildRequirement:
        item = self._build[filename]
        return BuildRequirement(item.distribution, item.version, item.filename, item.sha256)

    def _entry(self, file: IndexFile, target: TargetPlatform) -> LockedSdist | None:
        if not self._old:
            return None
        for entry in (*self._old.sdists, *self._old.build_sdists):
            is_here = target.name in (entry.environments or self._old.environments)
            if is_here and (entry.filename, entry.sha256) == (file.filename, file.sha256):
                return entry if self._holds(entry, self._old, target) else None
        return None

    def _holds(self, entry: LockedSdist, old: Lock, target: TargetPlatform) -> bool:
        """Whether asking an sdist again would give the entry that it has.

        What is asked is: which backend, which build requirements, which tags, which metadata, which crates? The answers
        depend on the following, and nothing is kept when one of them is another:

        - The file: `_entry` compares its hash.
        - Python's minor version and the platform: entries are found by target platform. Backends run on this machine
          and for it wheels are chosen by its own tags, so it has to be among the target platforms; for others, by the
          tags after --platform, which have to be the same. The wheels that builds need have to fit here, too: the lock
          may come from a machine with a newer C library.
        - What the user says about the distribution, with the content of patches: the lock has a hash of it.
        - The constraints. With the versions that it has been locked with, pip finds these again, unless a constraint
          forbids one. A constraint that is an address has no version to compare.
        - The versions of the build requirements: they change by --upgrade only.
        - Whether its build requirements are wheels or built: --build-requires-from-source, --wheel.
        - A Cargo.lock of the workspace: users edit it, and --upgrade changes it. Such an sdist is always asked, and so
          is one whose build requires nothing on another platform where it requires something here (`find`).
        - `lock` itself: ANSWERS.

        The index is not among them. New files on it, and a wheel from which tags were guessed, change nothing
        unasked, as new versions don't. A Python's patch version, the machine's base utilities and its C
        compiler are not, either: locks made by several people would never agree. `--check` keeps nothing.
        """
        override = self._overrides.distributions.get(entry.distribution)
        if old.overrides.get(entry.distribution, "") != (digest_of(override) if override else ""):
            return False
        if "cargo_lock" in entry.attributes or entry.requires_dist is None:
            return False
        return all(self._stays(filename, target) for filename in entry.build_requires)

    def _stays(self, filename: str, target: TargetPlatform) -> bool:
        """Whether a build requirement is what it was; see `_holds`."""
        item = self._build[filename]
        limits = [limit for limit in self._constraints if canonicalize_name(limit.name) == item.distribution]
        built = self._options.build_requires_from_source and item.distribution not in self._options.wheel
        return (
            item.distribution not in self._options.upgrade
            and allowed(item.distribution, item.version, limits, target)
            and not any(limit.url for limit in limits)
            and built == (filename in self._built)
            and (built or not self._tags[target.name].isdisjoint(wheel_tags(filename)))
        )
