"""Compares the code and the data of two ELF files, and tells what only follows from something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.elf import SHF_ALLOC, SHT_NOBITS, Section
from wheel_diff import known_causes
from wheel_diff.difference import Difference
from wheel_diff.kinds.binary import compare_bytes, count_differences
from wheel_diff.kinds.elf_sections import Sections, sizes
from wheel_diff.printable import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_MOST_SHOWN = 12
# What part of code may be addresses.
_MOST_ADDRESSES = 0.1


def addresses_moved(sections: Sections) -> bool:
    """Whether anything lies elsewhere, so that addresses in the rest may differ too."""
    return any(
        one.flags & SHF_ALLOC and (one.address != two.address or (not one.is_code and one.size != two.size))
        for one, two in sections.both
    )


def _data_changed(sections: Sections) -> bool:
    """Whether data differs, in which addresses may have moved."""
    return any(_is_data(one) for one, _ in sections.changed)


def _is_table(section: Section) -> bool:
    """Whether it is code that consists of addresses."""
    return section.name.startswith(".plt")


def _is_data(section: Section) -> bool:
    return section.name in (".data", ".tdata") or section.name.startswith((".rodata", ".data.rel.ro"))


def compare_code(member: str, sections: Sections, *, explained: bool) -> Iterator[Difference]:
    """The differences in sections with machine code.

    Args:
        member: the member's name.
        sections: the sections.
        explained: whether another compiler or other flags explain that code differs.
    """
    moved = addresses_moved(sections) or _data_changed(sections)
    for one, two in sections.changed:
        if not one.is_code or _is_table(one):
            continue
        said = sizes(one, two)
        if explained:
            yield Difference(
                member, "elf", one.name, None, None, (f"{said}; follows from the above",), consequence=True
            )
        elif moved and one.size == two.size and count_differences(one.data, two.data) <= one.size * _MOST_ADDRESSES:
            said += "; probably only addresses of the data that differs"
            yield Difference(member, "elf", one.name, None, None, (said,), consequence=True)
        else:
            cause = known_causes.OTHER_CODE if one.name == ".text" else None
            yield Difference(member, "elf", one.name, None, None, (said,), cause)


def compare_data(
    member: str, sections: Sections, said: Collection[str], *, consequence: bool, moved: bool
) -> Iterator[Difference]:
    """Sections of which nothing was said yet: tables with addresses and offsets, and numbers.

    Args:
        member: the member's name.
        sections: the sections.
        said: the places of which something was said.
        consequence: whether there is anything that they could follow from.
        moved: whether other flags or addresses explain that data differs.
    """
    left = [
        pair for pair in sections.changed if pair[0].name not in said and (not pair[0].is_code or _is_table(pair[0]))
    ]
    # Debug information explains nothing of what is loaded.
    tables_moved = moved or any(one.is_code or _is_data(one) for one, _ in sections.changed)

    def follows(section: Section) -> bool:
        if not section.flags & SHF_ALLOC:
            return consequence
        return consequence and (moved if _is_data(section) else tables_moved)

    unexplained = [pair for pair in left if not follows(pair[0])]
    names = [one.name for one, _ in left if follows(one)]
    for one, two in unexplained[:_MOST_SHOWN]:
        if one.type == SHT_NOBITS:
            yield Difference(member, "elf", one.name, f"{one.size} bytes", f"{two.size} bytes")
        else:
            yield compare_bytes(member, one.data, two.data, one.name, "elf")
    if names:
        detail = f"{listed(names, 8)}: addresses, offsets and sizes that follow from the above"
        yield Difference(member, "elf", "other sections", None, None, (detail,), consequence=True)
