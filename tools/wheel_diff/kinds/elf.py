"""Compares two ELF files section by section."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formats.elf import SHF_ALLOC, SHF_STRINGS, SHT_NOBITS, SHT_PROGBITS, SHT_STRTAB, Elf, Section, read_elf
from wheel_diff import known_causes
from wheel_diff.difference import Difference
from wheel_diff.explain import explain
from wheel_diff.kinds.binary import compare_bytes, count_differences
from wheel_diff.kinds.strings import Pair, in_one_only, runs, terminated
from wheel_diff.printable import counted, listed, printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_PRODUCER = re.compile(
    rb"GNU (?:C|C\+\+|GIMPLE|Fortran|AS)\w{0,9}(?: \([^)\0]{0,100}\))? \d[^\0]{0,4000}|"
    rb"(?:Debian |Ubuntu |Apple )?clang version [^\0]{0,2000}|clang LLVM \(rustc version[^\0]{0,200}"
)
_VERSION = re.compile(r".*?\d[\d.]*(?: \d{8})?(?= -|$)")
_MOST_SEARCHED = 64 << 20
_MOST_SHOWN = 12
_MOST_UNEXPLAINED = 4
# What part of code may be addresses.
_MOST_ADDRESSES = 0.1
# Names of symbols and types, which come and go with the compiler's flags.
_FOLLOW_THE_CODE = (".strtab", ".shstrtab", ".debug_str", ".debug_line_str")
# Made from all that is linked.
_CHECKSUMS = (".note.gnu.build-id", ".gnu_debuglink")
_DYNAMIC_FLAGS = ("FLAGS", "FLAGS_1", "BIND_NOW")


@dataclass(frozen=True)
class _Sections:
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
        return next((pair for pair in self.changed if pair[0].name == name), None)


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
    sections = _matched(one, two)
    found = [
        *_of_kind(member, one, two),
        *_of_compilers(member, one, two),
        *_of_flags(member, one, two, sections),
    ]
    other_code = bool(found)
    found += _of_dynamic(member, one, two)
    dynamic = frozenset(value for elf in (one, two) for _, value in elf.dynamic())
    found += _of_strings(member, sections, dynamic, other_code=other_code)
    found += _of_symbol_tables(member, sections)
    found += _of_code(member, sections, explained=other_code)
    found += _of_section_set(member, sections, consequence=any(_is_of_flags(difference) for difference in found))
    said = {difference.where for difference in found}
    if one.build_id() != two.build_id():
        said.update(_CHECKSUMS)
    moved = other_code or _addresses_moved(sections)
    found += _of_data(member, sections, said, consequence=bool(found), moved=moved)
    found += _of_build_id(member, one, two, alone=not found)
    return found or [compare_bytes(member, a, b, "bytes outside of sections", "elf")]


def _matched(a: Elf, b: Elf) -> _Sections:
    keyed_a, keyed_b = _keyed(a), _keyed(b)
    both = tuple((section, keyed_b[key]) for key, section in keyed_a.items() if key in keyed_b)
    changed = tuple((one, two) for one, two in both if (one.data, one.size) != (two.data, two.size))
    return _Sections(
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


def _of_kind(member: str, a: Elf, b: Elf) -> Iterator[Difference]:
    if a.kind != b.kind:
        yield Difference(member, "elf", "header", a.kind, b.kind)


def _of_compilers(member: str, a: Elf, b: Elf) -> Iterator[Difference]:
    """What .comment says of compilers and linkers."""
    strings_a, strings_b = _strings_of(a.section(".comment")), _strings_of(b.section(".comment"))
    only_a, only_b = sorted(set(strings_a) - set(strings_b)), sorted(set(strings_b) - set(strings_a))
    if only_a or only_b:
        yield Difference(member, "elf", ".comment", "\n".join(only_a) or None, "\n".join(only_b) or None)


def _producers(elf: Elf) -> set[str]:
    """The compilers with their flags, as debug information (DW_AT_producer) and -frecord-gcc-switches record them."""
    found = set()
    for section in elf.sections:
        if section.name in (".debug_str", ".debug_info", ".GCC.command.line"):
            found |= {match.decode("utf-8", "backslashreplace") for match in _PRODUCER.findall(section.data)}
    return found


def _flags(producers: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for text in sorted(producers) for word in text.split() if word.startswith("-")))


def _of_flags(member: str, a: Elf, b: Elf, sections: _Sections) -> Iterator[Difference]:
    """Flags of the compiler: those that are recorded, and those that show in the code."""
    producers_a, producers_b = _producers(a), _producers(b)
    flags_a, flags_b = _flags(producers_a), _flags(producers_b)
    only_a, only_b = _only_in(flags_a, flags_b), _only_in(flags_b, flags_a)
    detail = []
    # One of them may record nothing: then the other's recorded flags say nothing about a difference.
    if flags_a and flags_b and (only_a or only_b):
        detail += [f"- recorded (DW_AT_producer): {printable(' '.join(only_a)) or 'nothing more'}"]
        detail += [f"+ recorded (DW_AT_producer): {printable(' '.join(only_b)) or 'nothing more'}"]
    elif flags_a and not flags_b:
        detail += [f"- recorded (DW_AT_producer): {printable(' '.join(flags_a), 400)}"]
        detail += ["+ recorded: nothing"]
    elif flags_b and not flags_a:
        detail += ["- recorded: nothing"]
        detail += [f"+ recorded (DW_AT_producer): {printable(' '.join(flags_b), 400)}"]
    if not (flags_a and flags_b):
        only_a, only_b = [], []
    for flag, evidence, in_a, in_b in _signs(a, b):
        if in_a != in_b:
            (only_a if in_a else only_b).append(flag)
            detail.append(f"{'-' if in_a else '+'} {flag}: {evidence}")
    versions_a, versions_b = ({_version(text) for text in producers} for producers in (producers_a, producers_b))
    in_comment = set(_strings_of(a.section(".comment"))) != set(_strings_of(b.section(".comment")))
    if versions_a and versions_b and versions_a != versions_b and not in_comment:
        said_a, said_b = "\n".join(sorted(versions_a - versions_b)), "\n".join(sorted(versions_b - versions_a))
        yield Difference(member, "elf", "DW_AT_producer", said_a or None, said_b or None)
    only_a, only_b = list(dict.fromkeys(only_a)), list(dict.fromkeys(only_b))
    if only_a or only_b:
        code = next((pair for pair in sections.changed if pair[0].name == ".text"), None)
        if code:
            detail.append(f"  .text: {_sizes(*code)}")
        recorded_a, recorded_b = _optimisation(flags_a), _optimisation(flags_b)
        why = f"{_only(only_a, recorded_a, recorded_b)} in A, {_only(only_b, recorded_b, recorded_a)} in B"
        yield Difference(
            member,
            "elf",
            "compiler flags",
            " ".join(only_a) or None,
            " ".join(only_b) or None,
            tuple(detail),
            known_causes.compiler_flags(f"compiled with {why}"),
        )


def _only_in(values: list[str], others: list[str]) -> list[str]:
    known = set(others)
    return [value for value in values if value not in known]


def _optimisation(flags: list[str]) -> list[str]:
    return [flag for flag in flags if re.fullmatch(r"-O\w*", flag)]


def _only(flags: list[str], recorded: list[str], others: list[str]) -> str:
    """What one side has, with its level of optimisation where the other side records none."""
    shown = [*([] if others else recorded), *flags]
    return " ".join(printable(flag, 60) for flag in dict.fromkeys(shown[:6])) + (" ..." if len(shown) > 6 else "") or (
        "none of these" if recorded else "none of these, and no flags recorded,"
    )


def _version(producer: str) -> str:
    match = _VERSION.match(producer)
    return match.group() if match else producer[:80]


def _signs(a: Elf, b: Elf) -> Iterator[tuple[str, str, bool, bool]]:
    """Flags that show without being recorded: the flag, what shows it, whether it does in A, in B."""
    names_a, names_b = _symbol_names(a), _symbol_names(b)
    yield "-g", "debug sections", _has_debug(a), _has_debug(b)
    protected = "__stack_chk_fail"
    yield "-fstack-protector", f"{protected} is called", protected in names_a, protected in names_b
    checked_a, checked_b = (
        {name for name in names if re.fullmatch(r"__\w+_chk", name)} for names in (names_a, names_b)
    )
    yield "-D_FORTIFY_SOURCE", "checked functions (__..._chk)", bool(checked_a), bool(checked_b)
    asserts = "__assert_fail"
    yield "-UNDEBUG", f"{asserts} is called", asserts in names_a, asserts in names_b
    yield "-Wl,-z,now", "BIND_NOW in .dynamic", _binds_now(a), _binds_now(b)
    yield "-fcf-protection", ".note.gnu.property", _has(a, ".note.gnu.property"), _has(b, ".note.gnu.property")
    yield "-flto", ".gnu.lto_ sections", _has(a, ".gnu.lto_"), _has(b, ".gnu.lto_")
    yield "-fprofile-arcs", "__gcov symbols", "__gcov_init" in names_a, "__gcov_init" in names_b


def _binds_now(elf: Elf) -> bool:
    entries = dict(elf.dynamic())
    return (
        "BIND_NOW" in entries
        or bool(int(entries.get("FLAGS", "0"), 16) & 8)
        or bool(int(entries.get("FLAGS_1", "0"), 16) & 1)
    )


def _symbol_names(elf: Elf) -> frozenset[str]:
    return frozenset(
        name for section in elf.sections if section.type == SHT_STRTAB for name in terminated(section.data)
    )


def _has_debug(elf: Elf) -> bool:
    return _has(elf, ".debug_info") or _has(elf, ".zdebug_info")


def _has(elf: Elf, prefix: str) -> bool:
    return any(section.name.startswith(prefix) for section in elf.sections)


def _of_dynamic(member: str, a: Elf, b: Elf) -> Iterator[Difference]:
    """Needed libraries, search paths and the like."""
    entries_a, entries_b = a.dynamic(), b.dynamic()
    for name in dict.fromkeys(name for name, _ in [*entries_a, *entries_b]):
        if name in _DYNAMIC_FLAGS and _binds_now(a) != _binds_now(b):
            continue  # a flag of the linker, which is reported already
        values_a, values_b = ([value for tag, value in side if tag == name] for side in (entries_a, entries_b))
        if values_a != values_b:
            only_a, only_b = _only_in(values_a, values_b), _only_in(values_b, values_a)
            if not only_a and not only_b:
                only_a, only_b = values_a, values_b  # another order
            yield Difference(member, "elf", f".dynamic {name}", "\n".join(only_a) or None, "\n".join(only_b) or None)


def _strings_of(section: Section | None) -> list[str]:
    """A section's strings. Code and tables of numbers have none that mean anything."""
    if section is None or len(section.data) > _MOST_SEARCHED:
        return []
    if section.type == SHT_STRTAB or section.flags & SHF_STRINGS:
        return terminated(section.data)
    if section.type == SHT_PROGBITS and not section.is_code and not section.name.startswith((".eh_frame", ".got")):
        return runs(section.data)
    return []


def _of_strings(member: str, sections: _Sections, dynamic: frozenset[str], *, other_code: bool) -> Iterator[Difference]:
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
        strings_a, strings_b = _strings_of(one), _strings_of(two)
        if section.name == ".dynstr":
            strings_a, strings_b = ([text for text in side if text not in dynamic] for side in (strings_a, strings_b))
        strings = in_one_only(strings_a, strings_b)
        in_both = one is not None and two is not None
        named_only = section.name.startswith((".debug_", ".zdebug_")) and not section.flags & SHF_STRINGS
        follows = other_code and section.name in _FOLLOW_THE_CODE
        yield from _string_differences(
            member, section.name, strings, recognised_only=named_only or follows or not in_both
        )


def _string_differences(member: str, where: str, strings: list[Pair], *, recognised_only: bool) -> Iterator[Difference]:
    differences = [
        explain(Difference(member, "elf", where, one, two)) for one, two in strings if not _is_producer(one, two)
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


def _is_producer(one: str | None, two: str | None) -> bool:
    """Whether these are recorded flags, which are looked at by themselves."""
    return any(text is not None and _PRODUCER.match(text.encode("utf-8", "replace")) for text in (one, two))


def _of_symbol_tables(member: str, sections: _Sections) -> Iterator[Difference]:
    for only, side in ((sections.only_a, "A"), (sections.only_b, "B")):
        if any(section.name == ".symtab" for section in only):
            said = "symbol table"
            a, b = (said, None) if side == "A" else (None, said)
            yield Difference(member, "elf", ".symtab", a, b, cause=known_causes.STRIPPED)


def _addresses_moved(sections: _Sections) -> bool:
    """Whether anything lies elsewhere, so that addresses in the rest may differ too."""
    return any(
        one.flags & SHF_ALLOC and (one.address != two.address or (not one.is_code and one.size != two.size))
        for one, two in sections.both
    )


def _data_changed(sections: _Sections) -> bool:
    """Whether data differs, in which addresses may have moved."""
    return any(_is_data(one) for one, _ in sections.changed)


def _is_table(section: Section) -> bool:
    """Whether it is code that consists of addresses."""
    return section.name.startswith(".plt")


def _is_data(section: Section) -> bool:
    return section.name in (".data", ".tdata") or section.name.startswith((".rodata", ".data.rel.ro"))


def _of_code(member: str, sections: _Sections, *, explained: bool) -> Iterator[Difference]:
    moved = _addresses_moved(sections) or _data_changed(sections)
    for one, two in sections.changed:
        if not one.is_code or _is_table(one):
            continue
        said = _sizes(one, two)
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


def _is_of_flags(difference: Difference) -> bool:
    return difference.where in ("compiler flags", ".comment", ".symtab", "DW_AT_producer")


def _of_section_set(member: str, sections: _Sections, *, consequence: bool) -> Iterator[Difference]:
    names_a, names_b = [section.name for section in sections.only_a], [section.name for section in sections.only_b]
    if names_a or names_b:
        said_a, said_b = listed(names_a, 20) or None, listed(names_b, 20) or None
        yield Difference(member, "elf", "sections", said_a, said_b, consequence=consequence)


def _of_data(
    member: str, sections: _Sections, said: Collection[str], *, consequence: bool, moved: bool
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


def _of_build_id(member: str, a: Elf, b: Elf, *, alone: bool) -> Iterator[Difference]:
    id_a, id_b = a.build_id(), b.build_id()
    if id_a == id_b:
        return
    if alone and id_a and id_b:
        yield Difference(member, "elf", "build id", id_a, id_b, cause=known_causes.BUILD_ID_ONLY)
        return
    # Made by the linker from all that it links.
    yield Difference(member, "elf", "build id", id_a or None, id_b or None, consequence=not alone)


def _sizes(one: Section, two: Section) -> str:
    if one.size != two.size:
        return f"{one.size} bytes in A, {two.size} in B"
    count = count_differences(one.data, two.data)
    return f"{counted(count, 'byte')} of {one.size} {'differs' if count == 1 else 'differ'}"
