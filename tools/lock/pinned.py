"""What an input pins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lock.git_source import GitSource


@dataclass(frozen=True, order=True)
class PinnedFile:
    """A file of a pinned distribution.

    Args:
        filename: its name, without a folder.
        sha256: its hash, in lower case hex.
    """

    filename: str
    sha256: str


@dataclass(frozen=True)
class Pinned:
    """A distribution in the one version that the input asks for.

    Args:
        name: PEP 503 normalised.
        version: as written, PEP 440; "" where that is only known when git has been asked.
        hashes: the sha256 of every file that the input allows, sorted.
        files: those files, sorted, where the input names them; else ().
        marker: the PEP 508 marker under which this version counts, or "". In pylock.toml it may ask for `extras` and
            `dependency_groups`; from uv.lock it only tells several versions of one name apart.
        extras: the extras asked for, normalised and sorted; ("*",) where the input does not tell (pylock.toml).
        requires: the runtime dependencies as PEP 508 strings, those of extras with an `extra == "..."` marker; None if
            the input doesn't tell.
        refusal: why it can't be locked without hashes, and why a swap leaves it to rules_python: what, where and fix of
            a `UserError`; None for what comes from an index.
        git: where it is to be had from git; it can be locked then, though a swap leaves it to rules_python.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    files: tuple[PinnedFile, ...] = ()
    marker: str = ""
    extras: tuple[str, ...] = ()
    requires: tuple[str, ...] | None = None
    refusal: tuple[str, str, str] | None = field(default=None, compare=False)
    git: GitSource | None = None


# Where an input says so, and what.
Found = tuple[str, Pinned]
