"""Recognises why something differs, and says what to do about it.

`RECOGNISERS` is the table: each looks at one difference; the first that knows a cause wins.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formats.canonical_wheel import SHARED_OBJECT
from wheel_diff.difference import Cause, Difference
from wheel_diff.printable import listed, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Of a stranger's file, which may be one long line.
_MOST_SEARCHED = 20_000
_SAME_TOOLS = "Build both with the same build requirements: pin them in `build_requires` or in the lock."
_SAME_COMPILER = "Build both with the same C and C++ toolchain; py_sdist_wheel makes its flags and version an input."
_MAP_PATHS = (
    "Build it with py_sdist_wheel, whose compiler wrapper maps the path to /build; "
    "by hand, compile with -ffile-prefix-map=<build path>=/build."
)
_KEEP_OUT = "Keep the package from recording it, with `patches`, `env` or `config_settings`."
_SAME_CLOCK = "Build with SOURCE_DATE_EPOCH set, as py_sdist_wheel does; what ignores it needs `patches`."

ORDER = Cause(
    "order",
    "the same content in another order, as directory listings or sets without a fixed hash seed give it",
    "Build with PYTHONHASHSEED=0 and sorted directory listings, as py_sdist_wheel does; else sort it, with `patches`.",
    30,
)
LINE_ENDS = Cause(
    "line ends",
    "the files end their lines in different ways",
    "Check out or pack the source with the same line ends (`* -text` in .gitattributes).",
    40,
)
BUILD_ID_ONLY = Cause(
    "build id",
    "only the build id differs: debug information differed (its paths or flags) and was stripped after linking",
    _MAP_PATHS.replace(";", " and leaves build ids out;", 1),
    15,
)
OTHER_CODE = Cause(
    "machine code",
    "no flags or versions that differ are recorded: other optimisation flags, other headers or another source",
    _SAME_COMPILER,
    20,
)
STRIPPED = Cause(
    "symbols",
    "one of them was stripped of its symbol table (strip, -s, auditwheel)",
    "Link both with the same flags, and strip both or none.",
    25,
)
AR_HEADER = Cause(
    "archive header",
    "ar recorded a time, an owner or a mode",
    "Build it with py_sdist_wheel, whose archiver wrapper adds D; by hand, call `ar Dcr` or set ZERO_AR_DATE=1.",
    30,
)
GZIP_HEADER = Cause(
    "gzip header",
    "the time or the name of the file was recorded",
    "Compress with `gzip -n`, or gzip.GzipFile(..., filename='', mtime=0).",
    30,
)
PYC_TIME = Cause(
    "bytecode",
    "it records the time of its source",
    "Leave .pyc files out of wheels, as py_sdist_wheel does, or compile with --invalidation-mode checked-hash.",
    30,
)
MODE_OF_SHARED_OBJECT = Cause(
    "mode of a shared object",
    "CMake installs it as 0644 where /etc/debian_version exists, as 0755 elsewhere",
    "Build it with py_sdist_wheel, which makes it 0755; by hand, give CMake -DCMAKE_INSTALL_SO_NO_EXE=0.",
    30,
)
PYC_PYTHON = Cause("bytecode", "compiled by another version of Python", "Leave .pyc files out of wheels.", 30)


def compiler_flags(what: str) -> Cause:
    """The cause of code that was compiled with other flags."""
    return Cause("compiler flags", what, _SAME_COMPILER, 5)


def explain(difference: Difference) -> Difference:
    """The difference with its cause, if one is recognised and it has none yet."""
    if difference.cause or difference.packaging or difference.consequence:
        return difference
    short = dataclasses.replace(difference, a=_start(difference.a), b=_start(difference.b))
    for recogniser in RECOGNISERS:
        cause = recogniser(short)
        if cause:
            return dataclasses.replace(difference, cause=cause)
    return difference


def _start(text: str | None) -> str | None:
    return text if text is None else text[:_MOST_SEARCHED]


# METADATA and WHEEL

# By the field's name.
_FIELDS = {
    "License-File": Cause(
        "License-File",
        "another version of setuptools: it writes this field since 57.0 (with paths below licenses/ since 77.0)",
        _SAME_TOOLS,
        1,
    ),
    "Dynamic": Cause("Dynamic", "another version of setuptools: it writes this field since 75.8", _SAME_TOOLS, 3),
    "Metadata-Version": Cause(
        "Metadata-Version",
        "another version of the build backend: setuptools writes 2.2 since 75.8, 2.4 since 77.0",
        _SAME_TOOLS,
        3,
    ),
    "License-Expression": Cause("License-Expression", "another version of the build backend (PEP 639)", _SAME_TOOLS, 3),
    "Description-Content-Type": Cause(
        "Description-Content-Type", "another version of the build backend", _SAME_TOOLS, 4
    ),
    "Generator": Cause("Generator", "another build tool, or another version of it", _SAME_TOOLS, 2),
    "Tag": Cause(
        "Tag",
        "built for other Pythons or platforms, or renamed by auditwheel",
        "Build both for the same Python and platform; declare the tags with `wheel_tags`.",
        6,
    ),
    "Root-Is-Purelib": Cause(
        "Root-Is-Purelib",
        "one of them was built without its extension modules",
        "Look in the build's output for a compiler that failed.",
        6,
    ),
    "Version": Cause(
        "Version",
        "the wheels are of different versions",
        "Compare wheels of one version; if it comes from version control, set it (SETUPTOOLS_SCM_PRETEND_VERSION).",
        0,
    ),
    "Name": Cause("Name", "the wheels are of different distributions", "Compare wheels of one name.", 0),
    "Requires-Dist": Cause(
        "Requires-Dist",
        "other dependencies: another source, or computed while building (setup.py, environment)",
        "Build both from the same sdist, with the same build requirements and environment.",
        4,
    ),
}


def _of_field(difference: Difference) -> Cause | None:
    if difference.kind != "metadata":
        return None
    return _FIELDS.get((difference.a or difference.b or "").partition(":")[0])


# Members that only one wheel has


@dataclass(frozen=True)
class _MemberPattern:
    pattern: re.Pattern[str]
    cause: Cause


_AUDITWHEEL = Cause(
    "repaired wheel",
    "auditwheel (or delocate) copied shared libraries into one of them",
    "Compare before the repair, or repair both with the same auditwheel and the same libraries.",
    7,
)
_MEMBERS = (
    _MemberPattern(
        re.compile(r"(\.pyc|(^|/)__pycache__/.*)$"),
        Cause("bytecode", "one of them holds compiled bytecode", "Leave .pyc files out of wheels.", 30),
    ),
    _MemberPattern(re.compile(r"^[^/]+\.libs/|/\.dylibs/|\.dist-info/sboms/auditwheel"), _AUDITWHEEL),
    _MemberPattern(
        re.compile(r"\.(so|pyd|dylib)$"),
        Cause(
            "extension module",
            "it is in one wheel only: not compiled (an optional extension that failed), or with another suffix "
            "(another Python, limited API)",
            "Look in the build's output for a compiler that failed; compare wheels for the same Python.",
            6,
        ),
    ),
    _MemberPattern(
        re.compile(r"\.dist-info/(licenses?/|[^/]*(LICEN[CS]E|COPYING|NOTICE|AUTHORS))", re.IGNORECASE),
        Cause(
            "license files",
            "another version of the build backend: setuptools 77.0 and newer put them into .dist-info/licenses",
            _SAME_TOOLS,
            3,
        ),
    ),
)


def _of_member(difference: Difference) -> Cause | None:
    if difference.kind != "member":
        return None
    return next((entry.cause for entry in _MEMBERS if entry.pattern.search(difference.member)), None)


def _of_mode(difference: Difference) -> Cause | None:
    mode = (difference.kind, difference.where) == ("header", "executable")
    return MODE_OF_SHARED_OBJECT if mode and SHARED_OBJECT.search(difference.member) else None


# Compilers

_COMPILER = re.compile(
    r"\bGCC:? \([^()\n]*\) [\d.]+[^\n\0]*|\bGNU (?:C|C\+\+|Fortran)\w* \d[\d.]*|\[?\bGCC \d[\d.]*|"
    r"\bclang version [^\n\0]*|\brustc version [^\n\0]*|\bLinker: LLD [\d.]+|\bgo1\.\d[\d.]*"
)
_FLAG = re.compile(r"(?<![\w/])-(?:[OfmWDU]|g(?=\d|gdb|dwarf|\b)|std=|march)[^\s'\",]*")


def _of_compiler(difference: Difference) -> Cause | None:
    a, b = _found(_COMPILER, difference.a), _found(_COMPILER, difference.b)
    if not (a - b or b - a):
        return None
    why = f"another version: {_either(a - b)} in A, {_either(b - a)} in B"
    return Cause("compiler", why, _SAME_COMPILER, 4)


def _of_flags(difference: Difference) -> Cause | None:
    a, b = _found(_FLAG, difference.a), _found(_FLAG, difference.b)
    if not (a - b or b - a) or not (a & b or len(a | b) > 1):
        return None
    return compiler_flags(f"{_either(a - b)} only in A, {_either(b - a)} only in B")


# What the linker was given

_LINKED = (
    (
        re.compile(r"\.dynamic R(UN)?PATH$"),
        Cause(
            "library search path",
            "the linker was given another -rpath: by LDFLAGS, by the interpreter's own flags, or by auditwheel",
            _SAME_COMPILER,
            9,
        ),
    ),
    (
        re.compile(r"\.dynamic (NEEDED|SONAME)$"),
        Cause(
            "shared libraries",
            "linked with other libraries, against another C library, or renamed by auditwheel",
            "Build both with the same native dependencies and C library; compare before auditwheel's repair.",
            9,
        ),
    ),
)


def _of_linker(difference: Difference) -> Cause | None:
    if difference.kind != "elf":
        return None
    return next((cause for pattern, cause in _LINKED if pattern.search(difference.where)), None)


_DIST_INFO = Cause(
    ".dist-info",
    "its name is spelt in another way, by another version of the build backend",
    _SAME_TOOLS,
    3,
)


def _of_folder(difference: Difference) -> Cause | None:
    if difference.kind != "archive" or difference.packaging:
        return None
    a, b = (re.sub(r"[-_.]+", "-", name or "").lower() for name in (difference.a, difference.b))
    return _DIST_INFO if a == b else None


# Paths

_COMPONENT = r"[\w.+@%~=,-]+"
_ABSOLUTE = re.compile(rf"(?<![\w.:/@%-])(?:/{_COMPONENT}){{2,}}/?|\b[A-Z]:\\(?:[\w.+@~-]+\\)+[\w.+@~-]*")
_SYSTEM = re.compile(r"/(?:usr/(?!local|src)|lib|lib32|lib64|bin|sbin|etc|dev|proc|sys)\b")
_SYSTEM_VARIES = re.compile(r"/usr/(?:lib|include|share|local)/")
_OURS = re.compile(r"/build(?:/|$)")
_TEMPORARY = r"/(?:private/)?(?:tmp|var/tmp|var/folders/\w+/\w+/T)"
_HOME = re.compile(
    r"/(?:home|Users|export/home)/(?P<user>[\w.-]+)|/(?P<root>root)(?=/)|[A-Z]:\\Users\\(?P<other>[\w.-]+)"
)
# Whose path, by what it looks like; the first that fits.
_PLACES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(rf"{_TEMPORARY}/(?:pip-|build-env-)|/pip-(?:install|req-build|build-env|wheel)-"),
        "pip's temporary folder",
    ),
    (
        re.compile(r"/(?:linux-|processwrapper-|darwin-)?sandbox/\d+|/(?:linux|processwrapper|darwin)-sandbox/"),
        "Bazel's sandbox",
    ),
    (re.compile(r"/_bazel_[^/]+/|/execroot/|/bazel-out/"), "Bazel's output base"),
    (re.compile(rf"{_TEMPORARY}/"), "a temporary folder"),
)
_ROOTS = re.compile(
    r"/(?:tmp|private|var|home|Users|export|root|work|workspace|workspaces|builds?|src|opt|mnt|media|data|io|project|"
    r"github|__w|runner|host|app|code|usr/local|usr/src|nix|scratch|srv)/|[A-Z]:\\"
)


def _paths(text: str | None) -> set[str]:
    return {path for path in _ABSOLUTE.findall(text or "") if not _SYSTEM.match(path)}


def _of_path(difference: Difference) -> Cause | None:
    all_a, all_b = _paths(difference.a), _paths(difference.b)
    a, b = all_a - all_b, all_b - all_a
    if difference.kind not in ("elf", "ar", "binary"):  # there is much in texts that looks like a path
        a, b = {path for path in a if _ROOTS.match(path)}, {path for path in b if _ROOTS.match(path)}
    foreign_a, foreign_b = ({path for path in side if not _OURS.match(path)} for side in (a, b))
    if not foreign_a and not foreign_b:
        return None
    title = _path_title(sorted(foreign_a | foreign_b))
    if difference.kind not in ("elf", "ar"):
        return Cause(title, "where it was built is written into the file", _KEEP_OUT, 10)
    who = "both were" if foreign_a and foreign_b else "A was" if foreign_a else "B was"
    return Cause(title, f"{who} compiled without rules_sdist's compiler wrapper", _MAP_PATHS, 10)


def _path_title(paths: list[str]) -> str:
    users = sorted(
        {user for path in paths for match in [_HOME.search(path)] if match for user in match.groups() if user}
    )
    places = [next((place for pattern, place in _PLACES if pattern.search(path)), "") for path in paths]
    of = next((place for _, place in _PLACES if place in places), "")
    said = [of] if of else []
    if users:
        said.append(f"home of user {', '.join(printable(user, 40) for user in users[:3])}")
    return f"build path ({', '.join(said)})" if said else "build path"


def _of_system_path(difference: Difference) -> Cause | None:
    if difference.kind != "elf":
        return None
    a = {path for path in _ABSOLUTE.findall(difference.a or "") if _SYSTEM_VARIES.match(path)}
    b = {path for path in _ABSOLUTE.findall(difference.b or "") if _SYSTEM_VARIES.match(path)}
    if a == b:
        return None
    return Cause("system files", "compiled by another compiler, or with headers from another place", _SAME_COMPILER, 12)


# What varies in itself: times, names, numbers. Both sides are equal but for it.


@dataclass(frozen=True)
class _Varying:
    pattern: re.Pattern[str]
    cause: Cause


_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_CLOCK = r"[0-2]?\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?: ?[AP]M)?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?"
_DATE = (
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?(?:{_MONTHS} +\d?\d,?(?: {_CLOCK})?(?: [A-Z]{{3,4}})? (?:19|20)\d\d"
    rf"|\d?\d {_MONTHS} (?:19|20)\d\d|(?:19|20)\d\d[-/.](?:0\d|1[0-2])[-/.][0-3]\d)"
)
_TIME = re.compile(
    rf"{_DATE}(?:[T ]{_CLOCK}{_ZONE})?|\b{_CLOCK}{_ZONE}|(?<![\w.])(?:1[0-9]{{9}})(?:\.\d+|\d{{3}})?(?![\w.])"
)
_VARYING = (
    _Varying(
        re.compile(r"[.+]d20\d{6}\b|\+g[0-9a-f]{7,}(?:\.d20\d{6})?"),
        Cause(
            "version from version control",
            "the state or the date of the checkout is in the version",
            "Build from an sdist, or set the version (SETUPTOOLS_SCM_PRETEND_VERSION in `env`).",
            8,
        ),
    ),
    _Varying(_TIME, Cause("build time", "the date or time of the build is recorded", _SAME_CLOCK, 11)),
    _Varying(
        re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE),
        Cause("random number", "a UUID made while building", _KEEP_OUT, 13),
    ),
    _Varying(
        re.compile(r"\b0x[0-9a-fA-F]{6,16}\b"),
        Cause("memory address", "the repr() of an object was written to a file", _KEEP_OUT, 13),
    ),
    _Varying(
        re.compile(r"\btmp[\w]{6,8}\b|\bcc[A-Za-z0-9]{6}\.[so]\b"),
        Cause("temporary file", "the random name of a temporary file is recorded", _KEEP_OUT, 13),
    ),
    _Varying(
        re.compile(r"\b[\w.-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})*"),
        Cause("user and host name", "who built it, and where, is recorded", _KEEP_OUT, 11),
    ),
    _Varying(
        re.compile(r"(?i)\b(?:user(?:name)?|built[ _-]by|builder)\b[\"']?\s{0,8}[=: ]\s{0,8}[\"']?[\w.-]{1,64}"),
        Cause("user name", "who built it is recorded", _KEEP_OUT, 11),
    ),
    _Varying(
        re.compile(
            r"(?i)\b(?:host(?:name)?|node)\b[\"']?\s{0,8}[=: ]\s{0,8}[\"']?[\w.-]{1,64}|"
            r"\b(?=[a-f]{0,12}\d)[0-9a-f]{12}\b"
        ),
        Cause("host name", "the machine's or container's name is recorded", _KEEP_OUT, 11),
    ),
    _Varying(
        re.compile(r"\bLinux[- ]\d+\.\d+[\w.-]*(?:with-\w+[\d.]*)?"),
        Cause("kernel version", "the machine's kernel is recorded", _KEEP_OUT, 12),
    ),
)


def _of_varying(difference: Difference) -> Cause | None:
    for a, b in _pairs(difference):
        for entry in _VARYING:
            if entry.pattern.sub("#", a) == entry.pattern.sub("#", b):
                return entry.cause
        # Also when something else changed beside a time.
        if _TIME.search(a) and _TIME.search(b) and _found(_TIME, a) != _found(_TIME, b):
            return next(entry.cause for entry in _VARYING if entry.pattern is _TIME)
    return None


def _pairs(difference: Difference) -> Iterator[tuple[str, str]]:
    if difference.a is None or difference.b is None:
        return
    yield difference.a, difference.b
    a, b = difference.a.split("\n"), difference.b.split("\n")
    if 1 < len(a) == len(b):
        yield from ((one, other) for one, other in zip(a, b) if one != other)


# Versions of tools


_TOOLS = (
    (re.compile(r"Generated by Cython [\w.]+|\b_?cython_\d+_\d+\w*|\bCython-?\d[\w.]*"), "Cython"),
    (re.compile(r"\bsetuptools[ =_-]\(?v?\d[\w.]*"), "setuptools"),
    (re.compile(r"\bSWIG(?: [Vv]ersion)? \d[\w.]*"), "SWIG"),
    (re.compile(r"\bpybind11[\w ]* v?\d[\w.]*|__pybind11_internals_v\d+\w*"), "pybind11"),
    (re.compile(r"\b(?:CPython|Python) 3\.\d+[\w.]*|\bcpython-3\d+\w*"), "Python"),
    (re.compile(r"(?i)\bgenerated (?:by|with|using|from)\b[^\n]{0,100}"), "the generator"),
)


def _of_tool(difference: Difference) -> Cause | None:
    if difference.kind == "archive":
        return None
    for pattern, name in _TOOLS:
        a, b = _found(pattern, difference.a), _found(pattern, difference.b)
        if a != b and a and b:
            why = f"another version: {_either(a - b)} in A, {_either(b - a)} in B"
            return Cause(name, why, _SAME_TOOLS, 7)
    return None


def _found(pattern: re.Pattern[str], text: str | None) -> set[str]:
    return {match.group().strip() for match in pattern.finditer(text or "")}


def _either(found: set[str]) -> str:
    return listed(sorted(found), 6) if found else "nothing"


RECOGNISERS: tuple[Callable[[Difference], Cause | None], ...] = (
    _of_field,
    _of_member,
    _of_mode,
    _of_folder,
    _of_linker,
    _of_path,
    _of_tool,
    _of_compiler,
    _of_flags,
    _of_system_path,
    _of_varying,
)
