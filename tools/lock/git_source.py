"""What is only in a git repository: as an input asks for it, and as a lock has it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HTTP_USER = re.compile(r"(https?://)[^/@\s]+@", re.IGNORECASE)
_PASSWORD = re.compile(r"(://[^/@:\s]+):[^/@\s]+@")
_COMMIT = re.compile("[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, order=True)
class GitSource:
    """What an input asks for.

    Args:
        url: the repository's; may hold user and password.
        revision: a branch, a tag or a commit; "" for the default branch.
        folder: where in it the project is, or "".
    """

    url: str
    revision: str
    folder: str


@dataclass(frozen=True)
class LockedGit:
    """What a lock has: an archive of the commit is the sdist.

    Args:
        url: the repository's, without user and password.
        revision: what the input asks for.
        commit: what that was when it was locked.
        folder: where in it the project is, or "".
    """

    url: str
    revision: str
    commit: str
    folder: str


def is_commit(revision: str) -> bool:
    """Whether it is the whole name of a commit."""
    return bool(_COMMIT.fullmatch(revision))


def public(text: str) -> str:
    """A text without the passwords, and without the users (they may be tokens) of http, in its addresses."""
    return _PASSWORD.sub(r"\1@", _HTTP_USER.sub(r"\1", text))
