"""What crosses the borders between reading, explaining and reporting."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """Why two wheels differ.

    Args:
        title: the kind of cause, such as "build path".
        why: how it came about.
        fix: what to do.
        rank: the place among several; the most telling have the lowest.
    """

    title: str
    why: str
    fix: str
    rank: int = 50

    def __str__(self) -> str:
        return f"{self.title}: {self.why}"


@dataclass(frozen=True)
class Difference:
    """One difference, at a depth that a person understands.

    Args:
        member: the member's name, "" for the archive.
        kind: "archive", "member", "header", "metadata", "record", "text", "binary", "elf", "ar", "gzip" or "pyc".
        where: the place in it: a section, a field, lines.
        a: what the first wheel has there, None for nothing.
        b: the same for the second.
        detail: lines to show instead of `a` and `b`, such as a diff.
        cause: why, if it was recognised.
        packaging: whether an installed wheel would not show it.
        consequence: whether it follows from other differences, which are listed.
    """

    member: str
    kind: str
    where: str
    a: str | None
    b: str | None
    detail: tuple[str, ...] = ()
    cause: Cause | None = None
    packaging: bool = False
    consequence: bool = False


@dataclass(frozen=True)
class Side:
    """One of the two wheels.

    Args:
        label: its path as the user wrote it.
        size: its size in bytes.
        sha256: its hash.
        members: the number of its members.
    """

    label: str
    size: int
    sha256: str
    members: int


@dataclass(frozen=True)
class Comparison:
    """The result.

    Args:
        a: the first wheel.
        b: the second.
        differences: by member; those of the archive first.
    """

    a: Side
    b: Side
    differences: tuple[Difference, ...]

    @property
    def verdict(self) -> str:
        """Returns "equal", "packaging" (the content is equal) or "content"."""
        if not self.differences:
            return "equal"
        return "packaging" if all(difference.packaging for difference in self.differences) else "content"

    def content_by_member(self) -> dict[str, list[Difference]]:
        """The differences of content by member; members with nothing but consequences last."""
        found: dict[str, list[Difference]] = {}
        for difference in self.differences:
            if not difference.packaging:
                found.setdefault(difference.member, []).append(difference)
        return dict(sorted(found.items(), key=lambda item: all(difference.consequence for difference in item[1])))

    def causes(self) -> list[tuple[Cause, list[Difference]]]:
        """The recognised causes of content differences, the most telling first, with what they explain."""
        found: dict[Cause, list[Difference]] = {}
        for difference in self.differences:
            if difference.cause and not difference.packaging and not difference.consequence:
                found.setdefault(difference.cause, []).append(difference)
        return sorted(found.items(), key=lambda item: (item[0].rank, -len(item[1]), str(item[0])))
