"""Matches the sections of two ELF files, and reads what is in them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from formats.elf import SHF_STRINGS, SHT_PROGBITS, SHT_STRTAB, Elf, Section
from wheel_diff.kinds.binary import count_differences
from wheel_diff.kinds.strings import runs, terminated
from wheel_diff.printable import counted

_MOST_SEARCHED = 64 << 20


@dataclass(frozen=True)
class Sections:
    """The sections of two files, matched by name.

    Args:
        both: those that both have.
        changed: those of them with other content or size.
        only_a: those that only the first has.
        only_b: those that only the second has.
    """

    both: tuple[tuple[Section, Section], ...]
    changed: tuple[tuple[Section, Section], ...]
    only_a: tuple[Section, ...]
    only_b: tuple[Section, ...]

    def named(self, name: str) -> tuple[Section, Section] | None:
        """The changed sections of that name, if there are any."""
        return next((pair for pair in self.changed if pair[0].name == name), None)


def matched(a: Elf, b: Elf) -> Sections:
    """The sections of two files, by name and, where there are several of one name, by their order."""
    keyed_a, keyed_b = _keyed(a), _keyed(b)
    both = tuple((section, keyed_b[key]) for key, section in keyed_a.items() if key in keyed_b)
    changed = tuple((one, two) for one, two in both if (one.data, one.size) != (two.data, two.size))
    return Sections(
        both,
        changed,
        tuple(section for key, section in keyed_a.items() if key not in keyed_b),
        tuple(section for key, section in keyed_b.items() if key not in keyed_a),
    )


def _keyed(elf: Elf) -> dict[tuple[str, int], Section]:
    """Sections by name; object files have several with one name."""
    seen: Counter[str] = Counter()
    found = {}
    for section in elf.sections:
        if section.type:
            seen[section.name] += 1
            found[section.name, seen[section.name]] = section
    return found


def only_in(values: list[str], others: list[str]) -> list[str]:
    """The values that are not among the others, in their order."""
    known = set(others)
    return [value for value in values if value not in known]


def strings_of(section: Section | None) -> list[str]:
    """A section's strings. Code and tables of numbers have none that mean anything."""
    if section is None or len(section.data) > _MOST_SEARCHED:
        return []
    # LLD also gives this flag to .rodata in which there are strings and tables, without a size of entries.
    if section.type == SHT_STRTAB or (section.flags & SHF_STRINGS and section.entry_size):
        return terminated(section.data)
    if section.type == SHT_PROGBITS and not section.is_code and not section.name.startswith((".eh_frame", ".got")):
        return runs(section.data)
    return []


def sizes(one: Section, two: Section) -> str:
    """How much of a section differs, in words."""
    if one.size != two.size:
        return f"{one.size} bytes in A, {two.size} in B"
    count = count_differences(one.data, two.data)
    return f"{counted(count, 'byte')} of {one.size} {'differs' if count == 1 else 'differ'}"
