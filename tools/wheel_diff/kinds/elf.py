"""Compares two ELF files section by section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.elf import SHF_STRINGS, Elf, read_elf
from wheel_diff import known_causes
from wheel_diff.difference import Difference
from wheel_diff.explain import explain
from wheel_diff.kinds.binary import compare_bytes
from wheel_diff.kinds.elf_code import addresses_moved, compare_code, compare_data
from wheel_diff.kinds.elf_flags import binds_now, compare_flags, is_producer
from wheel_diff.kinds.elf_rust import RustComparison, compare_rust
from wheel_diff.kinds.elf_sections import Sections, matched, only_in, strings_of
from wheel_diff.kinds.strings import Pair, in_one_only
from wheel_diff.printable import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_SHOWN = 12
_MOST_UNEXPLAINED = 4
# Names of symbols and types, which come and go with the compiler's flags.
_FOLLOW_THE_CODE = (".strtab", ".shstrtab", ".debug_str", ".debug_line_str")
# Made from all that is linked.
_CHECKSUMS = (".note.gnu.build-id", ".gnu_debuglink")
_DYNAMIC_FLAGS = ("FLAGS", "FLAGS_1", "BIND_NOW")


def compare_elf(member: str, a: bytes, b: bytes) -> list[Difference]:
    """The differences of two ELF files.

    Args:
        member: the member's name.
        a: the first file.
        b: the second.

    Raises:
        ElfError: one of them is damaged.
    """
    one, two = read_elf(a), read_elf(b)
    sections = matched(one, two)
    rust = compare_rust(member, one, two)
    found = [
        *_of_kind(member, one, two),
        *_of_compilers(member, one, two),
        *compare_flags(member, one, two, sections),
        *rust.differences,
    ]
    other_code = bool(found)
    found += _of_dynamic(member, one, two)
    dynamic = frozenset(value for elf in (one, two) for _, value in elf.dynamic())
    found += _of_strings(member, sections, dynamic, rust, other_code=other_code)
    found += _of_symbol_tables(member, sections)
    found += compare_code(member, sections, explained=other_code)
    found += _of_section_set(member, sections, consequence=any(_is_of_flags(difference) for difference in found))
    said = {difference.where for difference in found}
    if one.build_id() != two.build_id():
        said.update(_CHECKSUMS)
    moved = other_code or addresses_moved(sections)
    found += compare_data(member, sections, said, consequence=bool(found), moved=moved)
    found += _of_build_id(member, one, two, alone=not found)
    return found or [compare_bytes(member, a, b, "bytes outside of sections", "elf")]


def _of_kind(member: str, a: Elf, b: Elf) -> Iterator[Difference]:
    if a.kind != b.kind:
        yield Difference(member, "elf", "header", a.kind, b.kind)


def _of_compilers(member: str, a: Elf, b: Elf) -> Iterator[Difference]:
    """What .comment says of compilers and linkers."""
    strings_a, strings_b = strings_of(a.section(".comment")), strings_of(b.section(".comment"))
    only_a, only_b = sorted(set(strings_a) - set(strings_b)), sorted(set(strings_b) - set(strings_a))
    for of_rust in (True, False):
        a_says, b_says = ([text for text in side if ("rustc" in text) is of_rust] for side in (only_a, only_b))
        if a_says or b_says:
            yield Difference(member, "elf", ".comment", "\n".join(a_says) or None, "\n".join(b_says) or None)


def _of_dynamic(member: str, a: Elf, b: Elf) -> Iterator[Difference]:
    """Needed libraries, search paths and the like."""
    entries_a, entries_b = a.dynamic(), b.dynamic()
    for name in dict.fromkeys(name for name, _ in [*entries_a, *entries_b]):
        if name in _DYNAMIC_FLAGS and binds_now(a) != binds_now(b):
            continue  # a flag of the linker, which is reported already
        values_a, values_b = ([value for tag, value in side if tag == name] for side in (entries_a, entries_b))
        if values_a != values_b:
            only_a, only_b = only_in(values_a, values_b), only_in(values_b, values_a)
            if not only_a and not only_b:
                only_a, only_b = values_a, values_b  # another order
            yield Difference(member, "elf", f".dynamic {name}", "\n".join(only_a) or None, "\n".join(only_b) or None)


def _of_strings(
    member: str, sections: Sections, dynamic: frozenset[str], rust: RustComparison, *, other_code: bool
) -> Iterator[Difference]:
    """Strings that only one file has, those with a recognised cause first; without those that .dynamic refers to."""
    pairs = [
        *sections.changed,
        *((section, None) for section in sections.only_a),
        *((None, section) for section in sections.only_b),
    ]
    for one, two in pairs:
        section = one or two
        if section is None or section.name in (".comment", ".shstrtab"):
            continue
        strings_a, strings_b = strings_of(one), strings_of(two)
        if section.name == ".dynstr":
            strings_a, strings_b = ([text for text in side if text not in dynamic] for side in (strings_a, strings_b))
        strings = in_one_only(*rust.unexplained(strings_a, strings_b))
        in_both = one is not None and two is not None
        named_only = section.name.startswith((".debug_", ".zdebug_")) and not section.flags & SHF_STRINGS
        follows = other_code and section.name in _FOLLOW_THE_CODE
        yield from _string_differences(
            member, section.name, strings, recognised_only=named_only or follows or not in_both
        )


def _string_differences(member: str, where: str, strings: list[Pair], *, recognised_only: bool) -> Iterator[Difference]:
    differences = [
        explain(Difference(member, "elf", where, one, two)) for one, two in strings if not is_producer(one, two)
    ]
    known = [difference for difference in differences if difference.cause]
    unknown = [difference for difference in differences if not difference.cause]
    known.sort(key=lambda difference: difference.cause.rank if difference.cause else 0)
    yield from known[:_MOST_SHOWN]
    hidden = max(0, len(known) - _MOST_SHOWN)
    if not recognised_only:
        yield from unknown[:_MOST_UNEXPLAINED]
        hidden += max(0, len(unknown) - _MOST_UNEXPLAINED)
    if hidden:
        yield Difference(member, "elf", where, None, None, (f"and {counted(hidden, 'more string')}",))


def _of_symbol_tables(member: str, sections: Sections) -> Iterator[Difference]:
    for only, side in ((sections.only_a, "A"), (sections.only_b, "B")):
        if any(section.name == ".symtab" for section in only):
            said = "symbol table"
            a, b = (said, None) if side == "A" else (None, said)
            yield Difference(member, "elf", ".symtab", a, b, cause=known_causes.STRIPPED)


def _is_of_flags(difference: Difference) -> bool:
    return difference.where in ("compiler flags", ".comment", ".symtab", "DW_AT_producer")


def _of_section_set(member: str, sections: Sections, *, consequence: bool) -> Iterator[Difference]:
    names_a, names_b = [section.name for section in sections.only_a], [section.name for section in sections.only_b]
    if names_a or names_b:
        said_a, said_b = listed(names_a, 20) or None, listed(names_b, 20) or None
        yield Difference(member, "elf", "sections", said_a, said_b, consequence=consequence)


def _of_build_id(member: str, a: Elf, b: Elf, *, alone: bool) -> Iterator[Difference]:
    id_a, id_b = a.build_id(), b.build_id()
    if id_a == id_b:
        return
    if alone and id_a and id_b:
        yield Difference(member, "elf", "build id", id_a, id_b, cause=known_causes.BUILD_ID_ONLY)
        return
    # Made by the linker from all that it links.
    yield Difference(member, "elf", "build id", id_a or None, id_b or None, consequence=not alone)
