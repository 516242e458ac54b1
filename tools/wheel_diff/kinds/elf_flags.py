"""Compares the flags of compilers and linkers in two ELF files: those recorded, and those that show in the code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from formats.elf import SHT_STRTAB, Elf
from wheel_diff import known_causes
from wheel_diff.difference import Difference
from wheel_diff.kinds.elf_sections import Sections, only_in, sizes, strings_of
from wheel_diff.kinds.strings import terminated
from wheel_diff.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PRODUCER = re.compile(
    rb"GNU (?:C|C\+\+|GIMPLE|Fortran|AS)\w{0,9}(?: \([^)\0]{0,100}\))? \d[^\0]{0,4000}|"
    rb"(?:Debian |Ubuntu |Apple )?clang version [^\0]{0,2000}|clang LLVM \(rustc version[^\0]{0,200}"
)
_VERSION = re.compile(r".*?\d[\d.]*(?: \d{8})?(?= -|$)")


def _producers(elf: Elf) -> set[str]:
    """The compilers with their flags, as debug information (DW_AT_producer) and -frecord-gcc-switches record them."""
    found = set()
    for section in elf.sections:
        if section.name in (".debug_str", ".debug_info", ".GCC.command.line"):
            found |= {match.decode("utf-8", "backslashreplace") for match in _PRODUCER.findall(section.data)}
    return found


def _flags(producers: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for text in sorted(producers) for word in text.split() if word.startswith("-")))


def compare_flags(member: str, a: Elf, b: Elf, sections: Sections) -> Iterator[Difference]:
    """The differences in flags of the compiler: those that are recorded, and those that show in the code.

    Args:
        member: the member's name.
        a: the first file.
        b: the second.
        sections: the sections of both.
    """
    producers_a, producers_b = _producers(a), _producers(b)
    flags_a, flags_b = _flags(producers_a), _flags(producers_b)
    only_a, only_b = only_in(flags_a, flags_b), only_in(flags_b, flags_a)
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
    in_comment = set(strings_of(a.section(".comment"))) != set(strings_of(b.section(".comment")))
    if versions_a and versions_b and versions_a != versions_b and not in_comment:
        said_a, said_b = "\n".join(sorted(versions_a - versions_b)), "\n".join(sorted(versions_b - versions_a))
        yield Difference(member, "elf", "DW_AT_producer", said_a or None, said_b or None)
    only_a, only_b = list(dict.fromkeys(only_a)), list(dict.fromkeys(only_b))
    if only_a or only_b:
        code = sections.named(".text")
        if code:
            detail.append(f"  .text: {sizes(*code)}")
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
    yield "-Wl,-z,now", "BIND_NOW in .dynamic", binds_now(a), binds_now(b)
    yield "-fcf-protection", ".note.gnu.property", _has(a, ".note.gnu.property"), _has(b, ".note.gnu.property")
    yield "-flto", ".gnu.lto_ sections", _has(a, ".gnu.lto_"), _has(b, ".gnu.lto_")
    yield "-fprofile-arcs", "__gcov symbols", "__gcov_init" in names_a, "__gcov_init" in names_b


def binds_now(elf: Elf) -> bool:
    """Whether all symbols are looked up when it is loaded."""
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


def is_producer(one: str | None, two: str | None) -> bool:
    """Whether these are recorded flags, which are looked at by themselves."""
    return any(text is not None and _PRODUCER.match(text.encode("utf-8", "replace")) for text in (one, two))
