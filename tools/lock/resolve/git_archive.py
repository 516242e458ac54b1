"""Makes an archive of a commit of a git repository, in the same bytes on every machine.

It stands alone: the repository rule `git_sdist_repo` starts it, too, as
`python3 git_archive.py URL COMMIT FOLDER PREFIX PLACE`.
"""

from __future__ import annotations

import os
import posixpath
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What no configuration, user or clock of the machine gets into.
_FIXED = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "rules_sdist",
    "GIT_AUTHOR_EMAIL": "rules_sdist",
    "GIT_COMMITTER_NAME": "rules_sdist",
    "GIT_COMMITTER_EMAIL": "rules_sdist",
    "HOME": os.devnull,  # git before 2.32 knows no GIT_CONFIG_GLOBAL
    "XDG_CONFIG_HOME": os.devnull,
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",  # a zip has local time
}
# Of a repository that this may be called in, as by a hook.
_DROPPED = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
    *(
        "GIT_COMMON_DIR",
        "GIT_NAMESPACE",
        "GIT_SHALLOW_FILE",
        "GIT_ATTR_SOURCE",
        "GIT_DEFAULT_HASH",
        "GIT_CEILING_DIRECTORIES",
    ),
)
_LFS = "^version https://git-lfs.github.com/spec/v1$"
_SHOWN = 6  # lines of what git says
_EMPTY_WORDS = ("Please make sure you have the correct access rights", "and the repository exists.")


class GitError(Exception):
    """What git said about a command that failed."""


class NoGitError(GitError):
    """There is no git."""


def git(*arguments: str) -> str:
    """Runs the user's git, with his proxies, keys and helpers for credentials; it asks nobody for a password.

    Args:
        arguments: its command line.

    Returns:
        what it prints.

    Raises:
        GitError: it fails, or is not there.
    """
    return _run(arguments, {name: value for name, value in os.environ.items() if name not in _DROPPED})


def _own(*arguments: str, **env: str) -> str:
    """The same without anything of the user's, for what gets into an archive."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name == "GIT_EXEC_PATH"}
    return _run(arguments, {**kept, **_FIXED, **env})


def _run(arguments: Sequence[str], env: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            env={**env, "GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise NoGitError("there is no git on PATH") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip() and line not in _EMPTY_WORDS]
        raise GitError("\n".join(said[-_SHOWN:]) or f"git ended with {done.returncode}")
    return done.stdout


class Commit:
    """A commit that was fetched, alone, without the history and the tags that a format in it could tell of.

    Args:
        url: the repository's.
        commit: its whole name.
        folder: an empty folder.

    Raises:
        GitError: it can't be had.
    """

    def __init__(self, url: str, commit: str, folder: Path) -> None:
        self.name = commit
        repository = str(folder / "commit.git")
        self._at = f"--git-dir={repository}"
        _own("init", "--quiet", "--bare", "--template=", repository)
        fetch = (self._at, "fetch", "--quiet", "--depth=1", "--no-tags", "--")
        try:
            git(*fetch, url, commit)
        except GitError:  # some servers give no commit but the last ones of branches
            whole = str(folder / "whole.git")
            git("clone", "--quiet", "--mirror", "--", url, whole)
            _own(f"--git-dir={whole}", "config", "uploadpack.allowAnySHA1InWant", "true")
            _own(*fetch, whole, commit)
        (folder / "commit.git" / "shallow").unlink(missing_ok=True)  # %D would tell of it

    def read(self, path: str) -> str | None:
        """The text of a file; None where there is none."""
        try:
            return _own(self._at, "cat-file", "blob", f"{self.name}:{path}")
        except GitError:
            return None

    def submodules(self, folder: str) -> list[str]:
        """The folders below one that are commits of other repositories."""
        return self._entries(folder, "160000")

    def links_out(self, folder: str) -> list[str]:
        """The symbolic links below one that lead out of it."""
        below = f"{folder}/" if folder else ""
        found = []
        for path in self._entries(folder, "120000"):
            target = self.read(below + path) or ""
            if posixpath.normpath(posixpath.join("x", posixpath.dirname(path), target)).split("/")[0] != "x":
                found.append(path)
        return found

    def large_files(self, folder: str) -> list[str]:
        """The files below one of which Git LFS has the content."""
        try:
            found = _own(self._at, "grep", "-l", "-z", "-e", _LFS, f"{self.name}:{folder}")
        except GitError:  # none
            return []
        return [name.partition(":")[2].partition(":")[2] for name in found.split("\0") if name]

    def _entries(self, folder: str, mode: str) -> list[str]:
        listed = _own(self._at, "ls-tree", "-r", "-z", f"{self.name}:{folder}")
        return [line.partition("\t")[2] for line in listed.split("\0") if line.startswith(f"{mode} ")]

    def archive(self, folder: str, prefix: str, place: Path) -> None:
        """Writes a zip without compression, which differs from one zlib to the next.

        Args:
            folder: what of it, or "" for all.
            prefix: the folder in the zip.
            place: the file.

        Raises:
            GitError: there is no such folder.
        """
        tree = self._commit_of(folder) if folder else self.name
        line = (
            "-c",
            "core.abbrev=40",
            "-c",
            f"core.attributesFile={os.devnull}",
            "archive",
            "--format=zip",
            "-0",
            f"--prefix={prefix}/",
            f"--output={place}",
        )
        _own(self._at, *line, tree)

    def _commit_of(self, folder: str) -> str:
        """A commit of a folder alone, with the time of the whole: without one, an archive has that of today."""
        lines = _own(self._at, "cat-file", "commit", self.name).splitlines()
        time = next(line.split()[-2] for line in lines if line.startswith("committer "))
        dates = {"GIT_AUTHOR_DATE": f"@{time} +0000", "GIT_COMMITTER_DATE": f"@{time} +0000"}
        tree = f"{self.name}:{folder}"
        return _own(self._at, "commit-tree", "-m", folder, tree, **dates).strip()


def main(arguments: list[str]) -> None:
    """Writes an archive: the repository's URL, the commit, its folder, the folder in the archive, and the file."""
    url, commit, folder, prefix, place = arguments
    with tempfile.TemporaryDirectory() as scratch:
        try:
            Commit(url, commit, Path(scratch)).archive(folder, prefix, Path(place).resolve())
        except GitError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
