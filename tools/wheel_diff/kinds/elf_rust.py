"""Compares what rustc and cargo have left in two ELF files: flags that show, versions of crates, and their hashes.

Sources: rustc's book (codegen options), the RFC of its name mangling (2603), and what rustc 1.70 to 1.95 writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formats.elf import SHT_PROGBITS, SHT_STRTAB, Elf, Section
from wheel_diff import known_causes
from wheel_diff.difference import Difference
from wheel_diff.kinds.strings import terminated
from wheel_diff.printable import counted, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_MOST_SHOWN = 6
_MOST_SEARCHED = 64 << 20
_COMPILER = b"rustc version "
_OWN_SOURCES = re.compile(rb"/rustc/[0-9a-f]{40}/")
# A file of a crate that cargo unpacked: .../NAME-VERSION/src/lib.rs; rustc's own are in other folders.
_CRATE_FILE = re.compile(
    rb"/(?P<name>[A-Za-z][\w-]{0,63}?)-(?P<version>\d{1,9}\.\d{1,9}\.\d{1,9}(?:[-+][0-9A-Za-z.+-]{1,64})?)/"
    rb"(?:[\w.+-]{1,64}/){0,12}?[\w-]{1,64}\.rs"
)
_OF_RUSTC = (b"/rust/deps", b"/vendor")
# A part of a crate that was compiled for itself ("codegen unit"), and a crate in a mangled name.
_PART = re.compile(r"(?P<name>[A-Za-z_]\w{0,63})\.(?P<hash>[0-9a-f]{16})-cgu\.(?P<number>\d{1,4})")
_MANGLED = re.compile(r"Cs(?P<hash>[0-9A-Za-z]{1,12})_(?P<length>\d{1,2})_?(?P<name>[A-Za-z_]\w*)")
_HASHES = re.compile(
    r"(?<=17h)[0-9a-f]{16}(?=E)|(?<=Cs)[0-9A-Za-z]{1,12}(?=_\d)|(?<=\.)[0-9a-f]{16}(?=-cgu\.\d)|(?<=anon\.)[0-9a-f]{16,}"
    r"|(?<=\.llvm\.)\d+|^[0-9a-z]{20,26}$"
)
_BACK_REFERENCE = re.compile(r"B[0-9A-Za-z]{0,4}_")  # counts the letters before it, with those of hashes
_COMMIT = re.compile(r"(?<=/rustc/)[0-9a-f]{40}(?=/)")
_VERSION = re.compile(r"(?<=-)\d+\.\d+\.\d+[^/]{0,64}(?=/)")
_OVERFLOW = re.compile(rb"attempt to (?:add|subtract|multiply|negate|shift left|shift right) with overflow")
_UNSAFE = re.compile(rb"unsafe precondition\(s\) violated")

Versions = dict[str, set[str]]


@dataclass(frozen=True)
class RustComparison:
    """What differs in the Rust of two files.

    Args:
        differences: flags, versions and hashes of crates.
        normal: strings that it makes equal differ only by these, and by rustc; None if nothing of that differs.
    """

    differences: tuple[Difference, ...] = ()
    normal: Callable[[str], str] | None = None

    def unexplained(self, a: Sequence[str], b: Sequence[str]) -> tuple[list[str], list[str]]:
        """The strings of a section of each file, without those that differ only by what is told already."""
        if not self.normal:
            return list(a), list(b)
        of_a, of_b = set(a), set(b)
        only_a, only_b = ({text: self.normal(text) for text in side} for side in (of_a - of_b, of_b - of_a))
        both = set(only_a.values()) & set(only_b.values())
        return (
            [text for text in a if only_a.get(text) not in both],
            [text for text in b if only_b.get(text) not in both],
        )


def compare_rust(member: str, a: Elf, b: Elf) -> RustComparison:
    """Compares two files, of which both have Rust in them.

    Args:
        member: the member's name.
        a: the first file.
        b: the second.
    """
    if not (_is_rust(a) and _is_rust(b)):
        return RustComparison()
    found = [*_of_flags(member, a, b)]
    versions = crate_versions(member, "elf", _versions(a), _versions(b))
    found += versions
    other_rustc = _compilers(a) != _compilers(b)
    found += _of_hashes(member, a, b, consequence=bool(found) or other_rustc)

    def normal(text: str) -> str:
        text = _HASHES.sub("#", text)
        if text.startswith("_R"):
            text = _BACK_REFERENCE.sub("B#_", text)
        if other_rustc:
            text = _COMMIT.sub("#", text)
        return _VERSION.sub("#", text) if versions else text

    return RustComparison(tuple(found), normal) if found or other_rustc else RustComparison()


def crate_versions(member: str, kind: str, a: Mapping[str, set[str]], b: Mapping[str, set[str]]) -> list[Difference]:
    """The difference in versions of crates that both have; none, or one with its cause.

    Args:
        member: the member's name.
        kind: the kind of difference.
        a: the versions of each crate in the first file.
        b: those in the second.
    """
    names = sorted(name for name in a.keys() & b.keys() if a[name] != b[name])
    if not names:
        return []
    said = [f"{name} {_joined(a[name] - b[name])} in A, {_joined(b[name] - a[name])} in B" for name in names]
    more = f" and {len(said) - _MOST_SHOWN} more" if len(said) > _MOST_SHOWN else ""
    one, two = ("\n".join(f"{name} {_joined(side[name])}" for name in names) for side in (a, b))
    cause = known_causes.crate_versions("; ".join(said[:_MOST_SHOWN]) + more)
    return [Difference(member, kind, "crate versions", one, two, cause=cause)]


def _joined(versions: set[str]) -> str:
    return " and ".join(sorted(versions)) or "no other"


def _is_rust(elf: Elf) -> bool:
    comment = elf.section(".comment")
    return bool(comment and _COMPILER in comment.data) or any(_OWN_SOURCES.search(text.data) for text in _texts(elf))


def _compilers(elf: Elf) -> set[str]:
    comment = elf.section(".comment")
    return {text for text in terminated(comment.data) if "rustc version" in text} if comment else set()


def _texts(elf: Elf) -> list[Section]:
    """The sections in which there are strings of the program, and of its debug information."""
    return [
        section
        for section in elf.sections
        if section.type == SHT_PROGBITS
        and not section.is_code
        and section.name.startswith((".rodata", ".data", ".debug_str", ".debug_line"))
        and len(section.data) <= _MOST_SEARCHED
    ]


def _names(elf: Elf) -> Iterator[str]:
    for section in elf.sections:
        if section.type == SHT_STRTAB and len(section.data) <= _MOST_SEARCHED:
            yield from terminated(section.data)


def _versions(elf: Elf) -> Versions:
    found: Versions = {}
    for section in _texts(elf):
        for match in _CRATE_FILE.finditer(section.data):
            if not section.data[: match.start()].endswith(_OF_RUSTC):
                found.setdefault(match["name"].decode(), set()).add(match["version"].decode())
    return found


def _of_hashes(member: str, a: Elf, b: Elf, *, consequence: bool) -> Iterator[Difference]:
    hashes_a, hashes_b = _hashes(a), _hashes(b)
    both = hashes_a.keys() & hashes_b.keys()
    # Fewer of them is only another way to link.
    crates = sorted(name for name in both if hashes_a[name] - hashes_b[name] and hashes_b[name] - hashes_a[name])
    if crates:
        one, two = (f"{name} {' '.join(sorted(side[name]))}" for name in crates[:1] for side in (hashes_a, hashes_b))
        detail = (f"- {one}", f"+ {two}", f"  in {listed(crates, _MOST_SHOWN)}")
        cause = None if consequence else known_causes.CRATE_HASHES
        yield Difference(member, "elf", "crate hashes", one, two, detail, cause, consequence=consequence)


def _hashes(elf: Elf) -> dict[str, set[str]]:
    """The hashes by which rustc tells crates of one name apart, in both of its ways to write them."""
    found: dict[str, set[str]] = {}
    for text in _names(elf):
        match = _PART.match(text)
        if match:
            found.setdefault(match["name"], set()).add(match["hash"])
        elif text.startswith("_R"):
            for crate in _MANGLED.finditer(text):
                found.setdefault(crate["name"][: int(crate["length"])], set()).add(crate["hash"])
    return found


def _of_flags(member: str, a: Elf, b: Elf) -> Iterator[Difference]:
    """Flags that show in the code; rustc records none."""
    only_a: list[str] = []
    only_b: list[str] = []
    detail: list[str] = []
    for flag, evidence, in_a, in_b in _signs(a, b):
        if in_a != in_b:
            (only_a if in_a else only_b).append(flag)
            detail.append(f"{'-' if in_a else '+'} {flag}: {evidence}")
    if detail:
        one, two = (" ".join(side) or None for side in (only_a, only_b))
        cause = known_causes.rust_flags(f"compiled with {one or 'none of these'} in A, {two or 'none of these'} in B")
        yield Difference(member, "elf", "Rust flags", one, two, tuple(detail), cause)


def _signs(a: Elf, b: Elf) -> Iterator[tuple[str, str, bool, bool]]:
    """The flag, what shows it, whether it does in A, in B."""
    names_a, names_b = frozenset(_names(a)), frozenset(_names(b))
    yield "-C overflow-checks=on", "messages of arithmetic that overflows", _has(a, _OVERFLOW), _has(b, _OVERFLOW)
    yield "-C debug-assertions=on", "messages of unsafe preconditions", _has(a, _UNSAFE), _has(b, _UNSAFE)
    unwinds = "_Unwind_RaiseException"
    yield "-C panic=unwind", f"{unwinds} is called", unwinds in names_a, unwinds in names_b
    parts_a, parts_b = _parts(names_a), _parts(names_b)
    if parts_a and parts_b:  # else one of them is stripped
        whole = "the standard library is no part of its own"
        yield "-C lto", whole, "std" not in parts_a, "std" not in parts_b
    for name in sorted(parts_a.keys() & parts_b.keys()):
        one, two = parts_a[name], parts_b[name]
        if (one == 1) != (two == 1):
            yield "-C codegen-units=1", f"{name} is in {counted(one, 'part')} in A, in {two} in B", one == 1, two == 1
            return


def _parts(names: frozenset[str]) -> dict[str, int]:
    """In how many parts each crate was compiled, at least."""
    found: dict[str, int] = {}
    for match in filter(None, map(_PART.match, names)):
        found[match["name"]] = max(found.get(match["name"], 1), int(match["number"]) + 1)
    return found


def _has(elf: Elf, pattern: re.Pattern[bytes]) -> bool:
    return any(pattern.search(section.data) for section in _texts(elf))
