"""Refuses wheels for a platform that lack their native code, or what it needs to be loaded."""

from __future__ import annotations

import contextlib
import json
import mmap
import struct
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from build_wheel.cc.loader import Loader, is_pythons_library, is_system_library
from build_wheel.checks import what_was_said
from common.errors import UserError
from formats.elf import MAGIC, ElfError
from formats.elf_dynamic import Dynamic, open_dynamic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from build_wheel.params import BuildParams
    from isolation.layout import Layout

_NATIVE = (MAGIC, b"!<ar", b"BC\xc0\xde")  # also static libraries, and bitcode
_SANITIZERS = (b"__asan_", b"__hwasan_", b"__lsan_", b"__msan_", b"__sanitizer_", b"__tsan_", b"__ubsan_")
_OF_CXX = (b"_ZNS", b"_ZNKS", b"_ZS", b"_ZT", b"_Zn", b"_Zd", b"__cxa_", b"__gxx_personality")
_OF_PYTHON = (b"Py", b"_Py")
_SHOWN = 10


@dataclass(frozen=True)
class Source:
    """What the sdist brought along.

    Args:
        folder: the source root.
        names: its files, relative to that.
    """

    folder: Path
    names: Collection[str]

    def has(self, member: str, data: memoryview) -> bool:
        """Whether a member of the wheel is a file of the sdist, as it was: no code that this build has made."""
        files = (self.folder / name for name in self.names if Path(name).name == Path(member).name)
        return any(file.is_file() and file.stat().st_size == len(data) and file.read_bytes() == data for file in files)


def check_bundle(bundle: Mapping[str, Path], params: BuildParams) -> None:
    """Checks that the shared libraries of `native_deps` will find the libraries that they need themselves.

    Args:
        bundle: files by their names in the wheel, see `native_deps.bundled_libraries`.
        params: the rule's parameters.

    Raises:
        UserError: one needs another that the wheel does not bring along, such as libpq its libldap.
    """
    known = {Path(name).name for name in bundle}
    lacking: dict[str, str] = {}
    for member, file in bundle.items():
        with contextlib.suppress(ElfError):
            for name in {*open_dynamic(file).needed} - known:
                if not (is_system_library(name) or is_pythons_library(name) or _matches(name, params.allow_unresolved)):
                    lacking.setdefault(name, Path(member).name)
    if lacking:
        names = sorted(lacking)
        said = ", ".join(f"the library {lacking[name]} needs {name}" for name in names)
        targets = ", ".join(json.dumps(_target(name)) for name in names)
        raise UserError(
            f"{params.label}: {said}, and no target in `native_deps` brings that: the wheel would only work where the "
            "machine has it.",
            where=f"`native_deps` of {params.label}: {', '.join(sorted(set(lacking.values())))}",
            fix=f"Add targets that have it:\n    native_deps = [..., {targets}],  # {', '.join(names)}\n"
            f"  If it is there wherever the wheel is used, write\n    allow_unresolved = {json.dumps(names)},",
        )


def check_wheel(
    wheel: Path,
    params: BuildParams,
    layout: Layout,
    site_packages: Path,
    source: Source,
    bundle: Collection[str],
    output: str,
) -> None:
    """Checks that a wheel for a platform has native code, and that this can be loaded.

    Args:
        wheel: the finished wheel.
        params: the rule's parameters.
        layout: the directories of this build.
        site_packages: where the build requirements are.
        source: what the sdist brought along.
        bundle: the libraries of `native_deps` in it, which say nothing of what the build has made.
        output: what the backend printed.

    Raises:
        UserError: it has none, or some that needs a library or a symbol which nobody gives.
    """
    if params.expected.tags.endswith("-any"):
        return
    objects = dict(_native_members(wheel))
    if not objects.keys() - set(bundle) and not params.allow_no_native_code:
        raise _nothing_native(params, source, output)
    compiler = str(layout.path(params.cc.c_compiler)) if params.cc else ""
    found = _Objects(objects, site_packages, compiler)
    for problem in found.problems(params.allow_unresolved):
        if not source.has(problem.member, objects[problem.member]):
            raise problem.error(params.label)


@dataclass(frozen=True)
class _Problem:
    """What one shared object needs, and nobody gives.

    Args:
        member: its name in the wheel.
        needed: the libraries that it is linked with.
        libraries: those of them that are nowhere.
        symbols: undefined symbols.
    """

    member: str
    needed: tuple[str, ...]
    libraries: tuple[str, ...]
    symbols: tuple[bytes, ...]

    def error(self, label: str) -> UserError:
        missing = list(self.libraries) or [name.decode("utf-8", "backslashreplace") for name in self.symbols]
        more = f", and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        shown = ", ".join(missing[:_SHOWN]) + more
        if self.libraries:
            what = f"it needs {shown}, and neither the wheel nor this machine has that."
        else:
            what = f"nothing that it is linked with, nor the interpreter, has the symbols {shown}."
        lines = ", ".join(map(json.dumps, missing[:_SHOWN])) + (", ..." if more else "")
        return UserError(
            f"{label}: {self.member} can't be loaded: {what}",
            where=f"{self.member}, linked with {', '.join(self.needed) or 'no library'}",
            fix=f"{self._remedy()}\n  If something else gives that when it is loaded, write (globs)\n"
            f"    allow_unresolved = [{lines}],",
        )

    def _remedy(self) -> str:
        if self.libraries:
            return (
                f'Have the wheel bring it along:\n    native_deps = [..., "{_target(self.libraries[0])}"],'
                f"  # {self.libraries[0]}"
            )
        if any(name.startswith(_OF_PYTHON) for name in self.symbols):
            return "It was written for other Pythons: take a version of the sdist that is for this one."
        is_cxx = any(name.startswith(_OF_CXX) for name in self.symbols)
        if is_cxx and not any(name.startswith(("libstdc++", "libc++")) for name in self.needed):
            return (
                "It has C++ code and is linked as C: link with the C++ library, by a target of your own:\n"
                '    cc_library(name = "cxx", linkopts = ["-lstdc++"])\n    native_deps = [..., ":cxx"],'
            )
        return (
            "Link with the library that has them:\n"
            '    native_deps = [..., "@NAME//:NAME"],\n'
            '  for one of the system write a target `cc_library(name = ..., linkopts = ["-lNAME"])`; '
            "if it is code of the package, find in the output why that was left out."
        )


class _Objects:
    """The programs and shared objects of a wheel.

    Args:
        members: native code by its name in the wheel.
        site_packages: where the build requirements are.
        compiler: the C compiler, or "".
    """

    def __init__(self, members: Mapping[str, memoryview], site_packages: Path, compiler: str) -> None:
        self._loader = Loader(site_packages, compiler)
        self._names: dict[Dynamic, str] = {}
        self._by_name: dict[str, Dynamic] = {}
        self._undefined: dict[Dynamic, list[bytes]] = {}
        architectures = {part.architecture for part in self._loader.interpreter[:1]}
        for member, data in members.items():
            try:
                found = Dynamic(data)
            except ElfError:  # a static library, an object file, or nothing that anyone could load
                continue
            if found.architecture in architectures:  # else it is never loaded here, and nobody knows what it would find
                self._names[found] = member
                for name in filter(None, (found.soname, Path(member).name)):
                    self._by_name.setdefault(name, found)

    def problems(self, allowed: Collection[str]) -> Iterator[_Problem]:
        """What can't be loaded, in the wheel's order.

        Args:
            allowed: globs of symbols and libraries that nobody has to give.
        """
        asked_for = {name for found in self._names for name in found.needed}
        for found in self._names:
            # What others need is looked at with those, for it may find in them what it needs.
            if not asked_for.isdisjoint((found.soname, Path(self._names[found]).name)) and not self._is_extension(
                found
            ):
                continue
            try:
                yield from self._problems_of(found, allowed)
            except ElfError:
                continue

    def _problems_of(self, root: Dynamic, allowed: Collection[str]) -> Iterator[_Problem]:
        scope, names, guess = [root], set(), False
        missing: dict[Dynamic, list[str]] = defaultdict(list)
        for found in scope:
            for name in found.needed:
                if name in names:
                    continue
                names.add(name)
                library = self._by_name.get(name) or self._loader.find(name, found)
                if library:
                    scope.append(library)
                elif found not in self._names or is_system_library(name) or _matches(name, allowed):
                    guess = True  # who knows what it would give
                else:
                    missing[found].append(name)
        for found, libraries in missing.items():
            yield _Problem(self._names[found], found.needed, tuple(libraries), ())
        if guess or missing or root.is_program:
            return
        if not self._is_extension(root):  # a plug-in, which a program of the wheel may load
            scope += [found for found in self._names if found.is_program]
        for found in scope:
            if found in self._names:
                symbols = [name for name in self._left_by_python(found) if not _is_given(name, scope, allowed)]
                if symbols:
                    yield _Problem(self._names[found], found.needed, (), tuple(symbols))

    def _left_by_python(self, found: Dynamic) -> list[bytes]:
        """The undefined symbols that the interpreter does not give."""
        if found not in self._undefined:
            given = self._loader.interpreter
            names = sorted(found.undefined())
            self._undefined[found] = [name for name in names if not any(giver.defines(name) for giver in given)]
        return self._undefined[found]

    def _is_extension(self, found: Dynamic) -> bool:
        """Whether Python imports it."""
        module = Path(self._names[found]).name.partition(".")[0].encode()
        return any(found.defines(prefix + module) for prefix in (b"PyInit_", b"PyModExport_"))


def _is_given(symbol: bytes, givers: Iterable[Dynamic], allowed: Collection[str]) -> bool:
    if any(giver.defines(symbol) for giver in givers) or symbol.startswith(_SANITIZERS):
        return True
    return _matches(symbol.decode("utf-8", "backslashreplace"), allowed)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _target(library: str) -> str:
    """A label as a target with this library may have it."""
    name = library.partition(".so")[0]
    name = name[3:] if name.startswith("lib") else name
    return f"@{name}//:{name}"


def _nothing_native(params: BuildParams, source: Source, output: str) -> UserError:
    return UserError(
        f"{params.label}: the wheel has the tags {params.expected.tags}, and no native code: no shared object, no "
        f"program, no static library. Perhaps the build went on without its extension.\n"
        f"{what_was_said(output, source.names)}",
        where="the backend's wheel",
        fix="Give the build what it misses (`native_deps`, `build_requires`, `tools`, `env`).\n"
        "  If the wheel is right without native code, have the backend make one for any platform (`env`, "
        '`config_settings`, `patches`), with\n    wheel_tags = "py3-none-any",\n'
        "  or accept it as it is:\n    allow_no_native_code = True,",
    )


def _native_members(wheel: Path) -> Iterator[tuple[str, memoryview]]:
    """The members that are native code, by their contents and not by their names."""
    with zipfile.ZipFile(wheel) as archive, wheel.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        for info in archive.infolist():
            if info.compress_type == zipfile.ZIP_STORED:
                name_size, extra_size = struct.unpack_from("<HH", data, info.header_offset + 26)
                start = info.header_offset + 30 + name_size + extra_size
                content = data[start : start + info.file_size]
            else:
                with archive.open(info) as member:
                    head = member.read(4)
                    content = memoryview(head + member.read() if head in _NATIVE else head)
            if content[:4] in _NATIVE:
                yield info.filename, content
