"""Compares the contents of two members, each kind of file in its own way."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from formats import cyclonedx
from formats.ar import MAGIC as AR_MAGIC
from formats.ar import ArError
from formats.elf import MAGIC as ELF_MAGIC
from formats.elf import ElfError
from formats.gzip_header import MAGIC as GZIP_MAGIC
from wheel_diff.difference import Difference
from wheel_diff.explain import explain
from wheel_diff.kinds.ar import compare_ar
from wheel_diff.kinds.bill import compare_bill
from wheel_diff.kinds.binary import compare_bytes
from wheel_diff.kinds.elf import compare_elf
from wheel_diff.kinds.gzip import GzipError, compare_gzip
from wheel_diff.kinds.metadata import compare_metadata
from wheel_diff.kinds.pyc import HEADER as PYC_HEADER
from wheel_diff.kinds.pyc import compare_pyc
from wheel_diff.kinds.strings import in_one_only, runs
from wheel_diff.kinds.text import as_text, compare_text

if TYPE_CHECKING:
    from collections.abc import Callable

_FORM_OF_METADATA = ("METADATA", "WHEEL", "PKG-INFO")
_DEEPEST = 3
_MOST_SEARCHED = 32 << 20
_MOST_STRINGS = 10


def compare_contents(member: str, a: bytes, b: bytes, depth: int = 0) -> list[Difference]:
    """The differences of two members' contents, with their causes.

    Args:
        member: the member's name.
        a: the first content.
        b: the second; not the same.
        depth: how many files this one is packed in.
    """

    def inner(where: str, old: bytes, new: bytes) -> list[Difference]:
        found = compare_contents(where, old, new, depth + 1)
        return [
            dataclasses.replace(difference, member=member, where=f"{where}: {difference.where}") for difference in found
        ]

    return [explain(difference) for difference in _compare(member, a, b, inner, depth)]


def _compare(
    member: str, a: bytes, b: bytes, inner: Callable[[str, bytes, bytes], list[Difference]], depth: int
) -> list[Difference]:
    try:
        if a.startswith(ELF_MAGIC) and b.startswith(ELF_MAGIC):
            return compare_elf(member, a, b)
        if depth < _DEEPEST and a.startswith(AR_MAGIC) and b.startswith(AR_MAGIC):
            return compare_ar(member, a, b, inner) or _compare_binary(member, a, b)
        if depth < _DEEPEST and a.startswith(GZIP_MAGIC) and b.startswith(GZIP_MAGIC):
            return compare_gzip(member, a, b, inner)
    except (ElfError, ArError, GzipError):
        return _compare_binary(member, a, b)
    if member.endswith(".pyc") and len(a) >= PYC_HEADER and len(b) >= PYC_HEADER:
        found = compare_pyc(member, a, b)
        return [*found, *_recognised_strings(member, a, b)]
    bill = compare_bill(member, a, b) if cyclonedx.is_bill(member) else []
    if bill:
        return bill
    text_a, text_b = as_text(a), as_text(b)
    if text_a is None or text_b is None:
        return _compare_binary(member, a, b)
    if member.rsplit("/", 1)[-1] in _FORM_OF_METADATA:
        return compare_metadata(member, text_a, text_b)
    return compare_text(member, text_a, text_b)


def _compare_binary(member: str, a: bytes, b: bytes) -> list[Difference]:
    return [*_recognised_strings(member, a, b), compare_bytes(member, a, b)]


def _recognised_strings(member: str, a: bytes, b: bytes) -> list[Difference]:
    """Strings that only one has and that tell why."""
    if max(len(a), len(b)) > _MOST_SEARCHED:
        return []
    pairs = in_one_only(runs(a), runs(b))
    found = [explain(Difference(member, "binary", "strings", one, two)) for one, two in pairs]
    return [difference for difference in found if difference.cause][:_MOST_STRINGS]
