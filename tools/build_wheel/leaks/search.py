"""Finds in a finished wheel what depends on where, when, or by whom it was built."""

from __future__ import annotations

import dataclasses
import itertools
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from build_wheel.leaks.parts import (
    AR_MAGICS,
    IMPORT_MAGIC,
    MACHO_MAGICS,
    Limits,
    Part,
    is_zip,
    parts,
    zip_members,
)
from build_wheel.leaks.rust import FIX_VARIABLES, is_rust, rust_findings
from build_wheel.leaks.secrets import Finder
from build_wheel.leaks.text import record_findings, text_findings
from common.errors import UserError
from formats.elf import MAGIC as ELF_MAGIC
from formats.gzip_header import MAGIC as GZIP_MAGIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from build_wheel.leaks.finding import Build, Finding, Inputs
    from build_wheel.leaks.secret import Secret
    from build_wheel.leaks.secrets import Mention

_SHOWN = 10
_CONTEXT = 40
_LONGEST_VALUE = 500  # of what a message says
_MOST = 1000
_MOST_FINDINGS = 100  # in one file


@dataclass(frozen=True)
class Leak:
    """Something in a wheel that would be different on another machine, or at another time.

    Args:
        member: the member, and what it is inside of that.
        offset: the byte at which it begins.
        kind: what it is, such as "build path" or "PE time stamp".
        value: what it says.
        reveals: what that tells.
        context: the bytes around it, as text.
        fix: what to do about it; "" if there is no particular remedy.
    """

    member: str
    offset: int
    kind: str
    value: str
    reveals: str
    context: str
    fix: str = ""


def find_leaks(wheel: Path, secrets: Sequence[Secret], inputs: Inputs, build: Build) -> list[Leak]:
    """Looks for leaks in every member and its name, and in what is compressed or packed in them.

    Args:
        wheel: the wheel.
        secrets: texts to look for.
        inputs: what the wheel was made from: what stands there too is no leak. Asked at most once for each text.
        build: what is known of the build.

    Returns:
        the first thousand leaks, by member and offset. RECORD has only names and hashes and is left out.
    """
    search = _Search(secrets, inputs, build)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        leaks = (leak for name in names for leak in search.leaks_in(name, archive.read(name)))
        return list(itertools.islice(itertools.chain(search.leaks_in_names(names), leaks), _MOST))


class _Search:
    """One run of `find_leaks`."""

    def __init__(self, secrets: Sequence[Secret], inputs: Inputs, build: Build) -> None:
        self._finder = Finder(secrets)
        self._inputs = inputs
        self._build = build
        self._limits = Limits()
        self._known_words: dict[bytes, bool] = {}
        self._asked: set[bytes] = set()
        self._known_texts: set[bytes] = set()
        self._modified: frozenset[int] | None = None

    def leaks_in_names(self, names: Iterable[str]) -> Iterator[Leak]:
        text = "\n".join(names).encode()
        for leak in self.leaks_in("", text):
            start = text.rfind(b"\n", 0, leak.offset) + 1
            name = text[start:].split(b"\n", 1)[0].decode()
            reveals = f"{leak.reveals}, in the member's name"
            yield dataclasses.replace(leak, member=name, offset=leak.offset - start, reveals=reveals, context="")

    def leaks_in(self, name: str, data: bytes) -> Iterator[Leak]:
        for part in parts(name, data, self._limits):
            if part.name.endswith(".dist-info/RECORD"):
                continue
            leaks = [(_leak(part, finding), len(finding.text)) for finding in self._structural(part, data)]
            leaks += itertools.islice(self._secrets(part), _MOST)
            yield from _outermost(leaks)
            if leaks:
                yield from (_leak(part, finding) for finding in _file_findings(part, self._build) if finding.follows)

    def _structural(self, part: Part, member: bytes) -> list[Finding]:
        """What the form of the file tells; nothing if it is one of the inputs as it was."""
        candidates = (finding for finding in self._findings(part) if not finding.follows)
        found = list(itertools.islice(candidates, _MOST_FINDINGS))
        asked = {finding.text for finding in found if finding.text} - self._asked
        if asked:
            self._asked |= asked
            self._known_texts |= self._inputs.known_texts(asked)
        found = [finding for finding in found if finding.text not in self._known_texts]
        if found and (self._inputs.has_file(member) or (part.data is not member and self._inputs.has_file(part.data))):
            return []
        return found

    def _findings(self, part: Part) -> Iterator[Finding]:
        yield from _file_findings(part, self._build)
        yield from record_findings(part.name, part.data)
        yield from rust_findings(part.name, part.data)
        for start, text in part.texts:
            for finding in text_findings(text, self._build, self._modification_times):
                yield dataclasses.replace(finding, offset=start + finding.offset)

    def _modification_times(self) -> frozenset[int]:
        if self._modified is None:
            self._modified = self._inputs.modification_times()
        return self._modified

    def _secrets(self, part: Part) -> Iterator[tuple[Leak, int]]:
        """The secrets in a part's texts, with their lengths."""
        for start, text in part.texts:
            for mention in self._finder.mentions(text):
                if not self._is_known(mention):
                    secret, length = mention.secret, mention.end - mention.start
                    reveals = f"{secret.reveals}, as {mention.how}" if mention.how else secret.reveals
                    context = _context(text, mention.start, mention.end)
                    fix = FIX_VARIABLES if secret.kind == "build path" and is_rust(part.data) else ""
                    place = start + mention.start
                    yield Leak(part.label, place, secret.kind, secret.value, reveals, context, fix), length

    def _is_known(self, mention: Mention) -> bool:
        """Whether an input has it, so that it need not be the machine's; no input has the path of a build."""
        if mention.secret.kind == "build path":
            return False
        return self._is_word(mention.secret.text) or self._is_word(mention.text)

    def _is_word(self, word: bytes) -> bool:
        if word not in self._known_words:
            self._known_words[word] = self._inputs.contains(word)
        return self._known_words[word]


def _outermost(leaks: Iterable[tuple[Leak, int]]) -> Iterator[Leak]:
    """The leaks by offset, without those inside of a longer one: a user's name in the path of the home."""
    end = -1
    for leak, length in sorted(leaks, key=lambda pair: (pair[0].offset, -pair[1])):
        if leak.offset >= end:
            end = leak.offset + length
            yield leak


def _file_findings(part: Part, build: Build) -> Iterable[Finding]:
    """What the headers of the file tell. Its kind is told by its first bytes; modules of other kinds are not loaded."""
    data = part.data
    if data.startswith(ELF_MAGIC):
        from build_wheel.leaks.elf import elf_findings

        return elf_findings(data, build)
    if data.startswith(MACHO_MAGICS):
        from build_wheel.leaks.macho import macho_findings

        return macho_findings(data, build)
    if data.startswith(b"MZ"):
        from build_wheel.leaks.pe import pe_findings

        return itertools.chain(pe_findings(data, build), _archive_findings(part, build))
    if part.name.endswith((".o", ".obj")) or data.startswith(IMPORT_MAGIC):
        from build_wheel.leaks.pe import coff_findings

        return coff_findings(data, build)
    return _archive_findings(part, build)


def _archive_findings(part: Part, build: Build) -> Iterable[Finding]:
    data = part.data
    if is_zip(part):
        from build_wheel.leaks.archives import zip_findings

        return zip_findings(zip_members(data), build)
    if data.startswith((*AR_MAGICS, GZIP_MAGIC)) or data[257:262] == b"ustar" or part.name.endswith(".pyc"):
        from build_wheel.leaks import archives

        if data.startswith(AR_MAGICS):
            return archives.ar_findings(data, build)
        if data.startswith(GZIP_MAGIC):
            return archives.gzip_findings(data, build)
        if part.name.endswith(".pyc"):
            return archives.pyc_findings(data, build)
        return archives.tar_findings(data, build)
    return ()


def _leak(part: Part, finding: Finding) -> Leak:
    context = _context(part.data, finding.offset, finding.offset + len(finding.text)) if finding.text else ""
    return Leak(part.label, finding.offset, finding.kind, finding.value, finding.reveals, context, finding.fix)


def _context(content: bytes, start: int, end: int) -> str:
    around = content[max(0, start - _CONTEXT) : end + _CONTEXT]
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in around)


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "..."


def leak_error(leaks: Sequence[Leak], wheel: str, backend: str, *, accepted: bool = False) -> UserError:
    """The error for a wheel with leaks: file, offset, the bytes around, what they reveal, and the remedies.

    Args:
        leaks: in it; at least one.
        wheel: its file name.
        backend: what made it.
        accepted: whether the target says that it is accepted.
    """
    lines = []
    for leak in leaks[:_SHOWN]:
        lines.append(f"  {leak.member}, byte {leak.offset}: {leak.kind} {_shortened(leak.value)!r} ({leak.reveals})")
        lines += [f"    {leak.context}"] if leak.context else []
    if len(leaks) > _SHOWN:
        lines.append(f"  and {len(leaks) - _SHOWN} more")
    fixes: dict[str, str] = {}
    for leak in leaks[:_SHOWN]:
        fixes.setdefault(leak.fix, leak.kind)
    particular = "".join(f"\n    {kind}: {fix}" for fix, kind in fixes.items() if fix)
    accept = "" if accepted else '\n  To accept a wheel that only fits this machine, write leak_policy = "warn".'
    return UserError(
        f"{wheel} would differ on another machine or at another time: it tells where, when or by whom it was built. "
        f"Its backend is {backend}.\n" + "\n".join(lines),
        where=leaks[0].member,
        fix="Keep the package from recording it, with `patches`, `env` or `config_settings`. "
        "If it records where it was built, build it closed, at a path that is the same everywhere:\n"
        f"    build --@rules_sdist//python/settings:isolation=closed{accept}{particular}",
    )
