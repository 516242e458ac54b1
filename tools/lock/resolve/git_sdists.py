"""Pins what is only in a git repository: the archive of a commit is an sdist, with a sha256 as any other."""

from __future__ import annotations

import configparser
import contextlib
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import parse_sdist_filename
from packaging.version import InvalidVersion, Version

from common.errors import UserError
from common.files import sha256
from common.toml import parse_toml
from lock.git_source import GitSource, LockedGit, is_commit, public
from lock.overrides import digest_of
from lock.resolve.git_archive import Commit, GitError, NoGitError, git
from lock.resolve.index import IndexFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lock.lockfile import Lock, LockedSdist
    from lock.options import Options
    from lock.overrides import Overrides
    from lock.pinned import Pinned

_OWN_TARGET = (
    "Or make it a target of your own, and leave it out here;\n  docs/how_to/source_trees.md of rules_sdist shows one"
)


@dataclass(frozen=True)
class GitSdist:
    """One that was pinned.

    Args:
        file: what an index would say of it.
        locked: what the lock says of it.
        url: the repository's, with user and password.
    """

    file: IndexFile
    locked: LockedGit
    url: str


class GitSdists:
    """All that come from git.

    Args:
        options: the command line.
        overrides: what the user says.
        old: the lock to renew, whose commits stay, or None.
        folder: for archives.
    """

    def __init__(self, options: Options, overrides: Overrides, old: Lock | None, folder: Path) -> None:
        self._options = options
        self._overrides = overrides
        self._old = old
        self._folder = folder
        self._found: dict[str, GitSdist] = {}

    def pin(self, pin: Pinned) -> None:
        """Pins one, from any thread.

        Raises:
            UserError: git can't get it, it has what no archive can have, or nothing tells its version.
        """
        assert pin.git
        with _telling(pin.name, pin.git.url, pin.git.revision or "HEAD"):
            self._found[pin.name] = self._pinned(pin, pin.git)

    def pinned(self, pin: Pinned) -> Pinned:
        """The same with the version and the hash that were found; any other stays as it is."""
        file = self.file(pin.name)
        if not file:
            return pin
        return replace(pin, version=str(parse_sdist_filename(file.filename)[1]), hashes=(file.sha256,))

    def file(self, distribution: str) -> IndexFile | None:
        """What an index would say of such a distribution; None for any other."""
        found = self._found.get(distribution)
        return found.file if found else None

    def locked(self, file: IndexFile) -> LockedGit | None:
        """What the lock says of such a file; None for any other."""
        return next((found.locked for found in self._found.values() if found.file == file), None)

    def archive(self, distribution: str) -> Path:
        """The archive; made where the old lock had told all of it so far.

        Raises:
            UserError: git can't get it any more, or makes another one.
        """
        found = self._found[distribution]
        place = self._folder / found.file.filename
        if not place.exists():
            with _telling(distribution, found.url, found.locked.commit), self._scratch() as folder:
                commit = Commit(found.url, found.locked.commit, Path(folder))
                commit.archive(found.locked.folder, place.name[: -len(".zip")], place)
        if sha256(place) != found.file.sha256:
            raise UserError(
                f"git makes another archive of {distribution} than when it was locked.",
                where=f"{found.locked.url}, {found.locked.commit}",
                fix=f"Type the same command with --upgrade {distribution}.",
            )
        return place

    def _pinned(self, pin: Pinned, source: GitSource) -> GitSdist:
        old = self._kept(pin.name, source)
        if not old or not old.git:
            return self._new(pin, source, _commit_of(source))
        override = self._overrides.distributions.get(pin.name)
        digest = digest_of(override) if override else ""
        same = self._old and self._old.overrides.get(pin.name, "") == digest
        if not same or self._options.check:  # which trusts nothing but the commit of a branch
            return self._new(pin, source, old.git.commit)
        return GitSdist(IndexFile(old.filename, "", old.sha256, yanked=False), old.git, source.url)

    def _kept(self, name: str, source: GitSource) -> LockedSdist | None:
        """What the old lock has of what is asked for: a branch stays where it was."""
        for old in self._old.sdists if self._old and name not in self._options.upgrade else ():
            if old.distribution == name and old.git:
                asked = LockedGit(public(source.url), source.revision, old.git.commit, source.folder)
                if old.git == asked:
                    return old
        return None

    def _new(self, pin: Pinned, source: GitSource, name: str) -> GitSdist:
        with self._scratch() as folder:
            commit = Commit(source.url, name, Path(folder))
            _check_whole(pin.name, commit, source)
            version = self._version(pin) or _static_version(commit, source.folder)
            if not version:
                raise UserError(
                    f"Neither pyproject.toml nor setup.cfg has the version of {pin.name}; only its build tells it.",
                    where=f"{public(source.url)}, {name}",
                    fix=f"Write under [distributions.{pin.name}] of the overrides (--overrides FILE):\n"
                    '    version = "1.0"  # the one that its build comes to\n'
                    '    env = { SETUPTOOLS_SCM_PRETEND_VERSION = "1.0" }  # where it is made of tags',
                )
            stem = f"{pin.name.replace('-', '_')}-{version}"
            place = self._folder / f"{stem}.zip"
            commit.archive(source.folder, stem, place)
        locked = LockedGit(public(source.url), source.revision, name, source.folder)
        return GitSdist(IndexFile(place.name, "", sha256(place), yanked=False), locked, source.url)

    def _scratch(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(dir=self._folder)

    def _version(self, pin: Pinned) -> str:
        """The version that the user or the input tells, normalised, or ""."""
        said = self._overrides.of(pin.name).version or pin.version
        return str(Version(said)) if said else ""


def check_one_source(pins: Iterable[Pinned]) -> None:
    """Checks that what comes from git does so on all target platforms, and from one commit.

    Args:
        pins: what is wanted, of all target platforms.

    Raises:
        UserError: one does not.
    """
    known: dict[str, Pinned] = {}
    for pin in pins:
        first = known.setdefault(pin.name, pin)
        if (first.git, first.hashes) != (pin.git, pin.hashes) and (first.git or pin.git):
            raise UserError(
                f"{pin.name} comes from git, but on another target platform from another place.",
                where=f"the requirements' lines of {pin.name}",
                fix="Take it from one place on all; or make a lock, and a hub, for each (--platform).",
            )


@contextlib.contextmanager
def _telling(name: str, url: str, revision: str) -> Iterator[None]:
    """Says what to do where git fails."""
    try:
        yield
    except GitError as error:
        fix = (
            "Check the address, the revision (a commit in all its 40 digits) and the folder (`subdirectory`), and that "
            f"`git ls-remote` may\n  read it without asking. If a locked commit is gone: --upgrade {name}.\n  "
            f"{_OWN_TARGET}."
        )
        raise UserError(
            f"{name} can't be had from {public(url)}: {public(str(error))}.",
            where=f"{name} @ git+{public(url)}@{revision}",
            fix="Install git." if isinstance(error, NoGitError) else fix,
        ) from error


def _check_whole(name: str, commit: Commit, source: GitSource) -> None:
    """Whether an archive has all that a checkout would have."""
    links, modules = commit.links_out(source.folder), commit.submodules(source.folder)
    where = f"{public(source.url)}, {commit.name}"
    if modules:
        raise UserError(
            f"{name} has submodules ({', '.join(modules)}), which no archive of its commit has.",
            where=where,
            fix=f"Ask for a release of it.\n  {_OWN_TARGET}, with `init_submodules = True`.",
        )
    if links:
        raise UserError(
            f"{name} has links to what is not in its folder: {', '.join(links)}.",
            where=where,
            fix=f"Ask for a release of it.\n  {_OWN_TARGET}.",
        )
    if large := commit.large_files(source.folder):
        print(f"NOTE: {name} has files in Git LFS, and gets them as pointers: {', '.join(large)}.", file=sys.stderr)


def _commit_of(source: GitSource) -> str:
    """The whole name of the commit that a revision is now; as with pip, a branch counts before a tag."""
    if is_commit(source.revision):
        return source.revision
    listed = git("ls-remote", "--", source.url)
    names = {name: commit for commit, _, name in (line.partition("\t") for line in listed.splitlines())}
    asked = source.revision or "HEAD"
    for name in (f"refs/heads/{asked}", f"refs/tags/{asked}^{{}}", f"refs/tags/{asked}", asked):
        if name in names:
            return names[name]
    raise GitError(f"it has no branch and no tag {asked}")


def _static_version(commit: Commit, folder: str) -> str:
    """The version that a project writes down, normalised, or ""."""
    below = f"{folder}/" if folder else ""
    try:
        table = parse_toml(commit.read(f"{below}pyproject.toml") or "")
    except ValueError:
        table = {}
    poetry = table.get("tool", {}).get("poetry", {})
    config = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        config.read_string(commit.read(f"{below}setup.cfg") or "")
    except configparser.Error:
        config.clear()
    said = (table.get("project", {}).get("version"), poetry.get("version"))
    for version in (*said, config.get("metadata", "version", fallback=None)):
        try:
            return str(Version(version or ""))
        except (InvalidVersion, TypeError):  # `attr: demo.__version__`
            continue
    return ""
