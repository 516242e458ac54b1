"""Compares two wheels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheel_diff.difference import Comparison, Difference
from wheel_diff.explain import explain
from wheel_diff.headers import compare_archives, compare_headers
from wheel_diff.kinds.binary import compare_streams
from wheel_diff.kinds.by_content import compare_contents
from wheel_diff.kinds.record import Content, compare_record
from wheel_diff.kinds.text import as_text
from wheel_diff.printable import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wheel_diff.archive import Key, Limits, Member, Wheel

_RENAMED = (".dist-info", ".data")
_SIGNATURES = (".dist-info/RECORD.jws", ".dist-info/RECORD.p7s")


def compare_wheels(a: Wheel, b: Wheel, limits: Limits) -> Comparison:
    """All differences of two wheels.

    Args:
        a: the first.
        b: the second.
        limits: how large a member may be to be looked into.

    Raises:
        UserError: a file changed while it was read.
    """
    if a.side.sha256 == b.side.sha256:
        return Comparison(a.side, b.side, ())
    rename = _renaming(a, b)
    members_a = dict(a.members)
    members_b: dict[Key, Member] = {(rename(name), copy): member for (name, copy), member in b.members.items()}
    hashes_a, hashes_b = _by_hash(a), _by_hash(b)
    found: list[Difference] = []
    for key in sorted(members_a.keys() | members_b.keys()):
        one, two = members_a.get(key), members_b.get(key)
        if one and two:
            found += map(explain, compare_headers(one, two))
            if one.sha256 != two.sha256:
                found += _of_contents(key[0], a, one, b, two, rename, limits)
        elif one:
            found.append(_missing(one, hashes_b, in_a=True))
        elif two:
            found.append(_missing(two, hashes_a, in_a=False))
    common_a = [member.label for key, member in members_a.items() if key in members_b]
    common_b = [members_a[key].label for key in members_b if key in members_a]
    whole = [*map(explain, _of_folders(a, b)), *compare_archives(a, b, common_a, common_b)]
    if not found and not whole:
        said = "only bytes between the members, or in the directory at the archive's end"
        whole.append(Difference("", "archive", "other bytes", None, None, (said,), packaging=True))
    return Comparison(a.side, b.side, (*whole, *found))


def _renaming(a: Wheel, b: Wheel) -> Callable[[str], str]:
    """A function that gives a member of `b` the name it would have in `a`: `.dist-info` has the version in its name."""
    folders = {b.folder(ending): a.folder(ending) for ending in _RENAMED}
    folders = {old: new for old, new in folders.items() if old and new and old != new}

    def rename(name: str) -> str:
        first, slash, rest = name.partition("/")
        return f"{folders.get(first, first)}{slash}{rest}"

    return rename


def _of_folders(a: Wheel, b: Wheel) -> list[Difference]:
    return [
        Difference("", "archive", f"name of {ending}", a.folder(ending), b.folder(ending))
        for ending in _RENAMED
        if a.folder(ending) and b.folder(ending) and a.folder(ending) != b.folder(ending)
    ]


def _of_contents(
    name: str, a: Wheel, one: Member, b: Wheel, two: Member, rename: Callable[[str], str], limits: Limits
) -> list[Difference]:
    if max(one.info.file_size, two.info.file_size) > limits.max_examined_bytes:
        return [compare_streams(one.label, a.chunks(one), b.chunks(two), one.info.file_size, two.info.file_size)]
    old, new = a.read(one), b.read(two)
    if name.endswith(_SIGNATURES):
        said = "signed by others, or signs another RECORD"
        return [Difference(one.label, "member", "signature", None, None, (said,), packaging=True)]
    if name.endswith(".dist-info/RECORD"):
        text_a, text_b = as_text(old), as_text(new)
        if text_a is not None and text_b is not None:
            renamed = "".join(map(rename, text_b.splitlines(keepends=True)))
            return [
                explain(difference)
                for difference in compare_record(one.label, text_a, renamed, _listed(a, str), _listed(b, rename))
            ]
    return compare_contents(one.label, old, new)


def _listed(wheel: Wheel, rename: Callable[[str], str]) -> dict[str, Content]:
    """What RECORD should list: by name, the last of several copies, as installers have it."""
    return {rename(name): Content(member.sha256, member.info.file_size) for (name, _), member in wheel.members.items()}


def _missing(member: Member, others: Mapping[str, str], *, in_a: bool) -> Difference:
    """A member that only one wheel has.

    Args:
        member: the member.
        others: the members of the other wheel, by their hashes.
        in_a: whether the first wheel has it.
    """
    said = counted(member.info.file_size, "byte")
    if member.info.file_size and member.sha256 in others:
        said += f"; the other wheel has the same as {others[member.sha256]}"
    a, b = (said, None) if in_a else (None, said)
    unseen = member.info.is_dir() or member.info.filename.endswith(_SIGNATURES)
    where = "folder entry" if member.info.is_dir() else "copy" if member.copy > 1 else "member"
    return explain(Difference(member.label, "member", where, a, b, packaging=unseen))


def _by_hash(wheel: Wheel) -> dict[str, str]:
    return {member.sha256: member.label for member in reversed(list(wheel.members.values()))}
