"""Puts the compiler wrappers of one build on disk: names, flags, prefix maps."""

from __future__ import annotations

import errno
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from build_wheel.cc.native_deps import include_flags, library_flags
from common.errors import UserError
from common.resources import write_bytecode
from isolation.layout import OF_THE_SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from build_wheel.params import CcToolchain, Native
    from isolation.layout import Layout

_COMPLETE = "complete"
"""A file that is there as long as the log tells all; its removal is what a full disk still allows."""

_NO_RUST = (
    "this build gets neither cargo nor rustc; for one that needs them write rust = True and `crates` on the "
    "py_sdist_wheel, or `rust = true` into the lock's overrides, and make the lock anew."
)

BUILD_PATH = "/build"
"""What every absolute path below the build root reads as in debug information and `__FILE__`."""

NAMES = {
    "cc": ("cc", "gcc", "clang", "c99", "{cpu}-linux-gnu-gcc"),
    "c++": ("c++", "g++", "clang++", "{cpu}-linux-gnu-g++"),
    "ar": ("ar", "gcc-ar", "llvm-ar", "{cpu}-linux-gnu-ar", "{cpu}-linux-gnu-gcc-ar"),
    "ranlib": ("ranlib", "gcc-ranlib", "llvm-ranlib", "{cpu}-linux-gnu-ranlib", "{cpu}-linux-gnu-gcc-ranlib"),
    "ld": ("ld", "{cpu}-linux-gnu-ld"),
}

_OTHER_LINKERS = ("ld.bfd", "ld.gold", "ld.lld", "ld.mold")
"""Names under which linkers are called as such; only those that are there get a wrapper, for packages try them out."""

_OWN_NAMES = "-fno-canonical-system-headers"
_RELATIVE_TO_EXECROOT = re.compile(r"(^|[=,:]|^-[ILBF]|^-isystem|^-iquote|^-idirafter)(external/|bazel-out/)")


def below_execroot(flag: str, execroot: Path) -> str:
    """A toolchain's flag, its execution-root-relative path made absolute: compilers here run in other directories."""
    return _RELATIVE_TO_EXECROOT.sub(lambda match: f"{match[1]}{Path(execroot, match[2])}/", flag)


def prefix_maps(layout: Layout) -> list[str]:
    """`-ffile-prefix-map` flags for every directory that a compiler may see by an absolute path.

    The longest comes last: of several maps that match, GCC applies the last one, and the execution root contains the
    build root, and an interpreter that is an input.
    """
    return [f"-ffile-prefix-map={old}={new}" for old, new in mapped_paths(layout)]


def mapped_paths(layout: Layout) -> list[tuple[str, str]]:
    """Every directory that a compiler may see by an absolute path, with what it reads as, the longest last."""
    # Python's headers read the same wherever the interpreter is installed.
    headers = sysconfig.get_path("include")
    pairs = [] if sys.base_prefix == "/usr" else [(sys.base_prefix, "/python")]
    pairs.append((headers, f"/python/include/{Path(headers).name}"))
    pairs += [(linked, "/execroot") for linked in layout.linked]
    pairs += execroot_maps(layout.execroot)
    pairs.append((str(layout.root), BUILD_PATH))
    return sorted(pairs, key=lambda pair: len(pair[0]))


def execroot_maps(execroot: Path) -> list[tuple[str, str]]:
    """What is mapped to `/execroot`: the execution root, or, where a remote worker has that at `/`, each folder of it.

    Args:
        execroot: the action's working directory.
    """
    if execroot != Path("/"):
        return [(str(execroot), "/execroot")]
    own = sorted(set(os.listdir(execroot)) - OF_THE_SYSTEM)  # noqa: PTH208 - names, not paths
    return [(f"/{name}", f"/execroot/{name}") for name in own]


def no_compiler(tags: str) -> str:
    """Why a build has no compiler, and what to do about it.

    Args:
        tags: the tags that the rule declares.
    """
    if tags.endswith("-any"):
        return (
            f'a wheel with the tags "{tags}" gets no C compiler; for one with C or C++ extensions write\n'
            '    wheel_tags = "{python}-{abi}-{platform}",'
        )
    return "no C++ toolchain is registered for the target platform; register one in MODULE.bazel."


def write_wrappers(
    layout: Layout,
    cc: CcToolchain | None,
    native: Native,
    *,
    tags: str,
    bundle: str,
    audited: bool = True,
    rust: tuple[Mapping[str, tuple[str, str]], Sequence[str]] | None = None,
) -> None:
    """Puts a wrapper on PATH for every name in `NAMES`.

    Args:
        layout: where.
        cc: the toolchain; without one each wrapper fails with a message.
        native: headers and libraries that are added to every compilation and link.
        tags: the wheel's tags, for the message of a wrapper without a toolchain.
        bundle: the wheel's folder for shared libraries, see `native_deps.bundle_folder`.
        audited: whether compilers and linkers are asked what they open.
        rust: cargo and rustc, as (role, real program) by their names, and what the wrapper has to know of them; without
            them each fails with a message.
    """
    (layout.compilers / _COMPLETE).touch()
    if rust is None:
        write_no_rust(layout)
    if cc is None:
        _write_refusals(layout, _names(), no_compiler(tags))
        return
    programs, rust_fields = rust or ({}, ())
    tools = {**_tools(layout, cc), **programs}
    fields = configuration(layout, cc, native, bundle)
    fields += [f"tool.{name}={role}={program}" for name, (role, program) in tools.items()]
    fields += rust_fields
    fields += _auditor(layout) if audited else []
    (layout.compilers / "wrapper").write_bytes(b"".join(os.fsencode(field) + b"\0" for field in fields))
    program = layout.path(cc.wrapper).read_bytes()
    for name in tools:  # copies and no links, for it knows by its own name what it stands for
        (layout.compilers / name).write_bytes(program)
        (layout.compilers / name).chmod(0o755)
    for name, other in cc.other_tools.items():
        (layout.compilers / name).symlink_to(layout.path(other))


def _tools(layout: Layout, cc: CcToolchain) -> dict[str, tuple[str, str]]:
    """What each wrapper stands for, by its name: a role, and the real program."""
    programs = {"cc": cc.c_compiler, "c++": cc.cxx_compiler, "ar": cc.archiver, "ranlib": cc.archiver, "ld": cc.linker}
    found = {name: (role, str(layout.path(programs[role]))) for name, role in _names().items()}
    return {**found, **{name: ("other_ld", program) for name, program in _other_linkers().items()}}


def _names() -> dict[str, str]:
    """The roles of wrappers by their names."""
    cpu = platform.machine()
    return {name.format(cpu=cpu): role for role, names in NAMES.items() for name in names}


def write_no_rust(layout: Layout) -> None:
    """Puts a cargo and a rustc on PATH that fail with a message."""
    _write_refusals(layout, ("cargo", "rustc"), _NO_RUST)


def _write_refusals(layout: Layout, names: Iterable[str], reason: str) -> None:
    """Puts programs in the compilers' place that say why there are none, and note what was to be compiled."""
    log, complete = (shlex.quote(str(layout.compilers / name)) for name in ("log", _COMPLETE))
    lines = (
        "#!/bin/sh",
        f"printf '%s\\n' {shlex.quote(f'rules_sdist: {reason}')} >&2",
        'for word do shift; set -- "$@" "source=$word"; done',
        f"printf '%s\\0' \"folder=$PWD\" code=127 output= \"$@\" '' >>{log} || rm -f {complete}",
        "exit 127",
    )
    for name in names:
        script = layout.compilers / name
        script.write_text("\n".join(lines) + "\n", encoding="utf-8")
        script.chmod(0o755)


def _auditor(layout: Layout) -> list[str]:
    """Fields of the configuration with which compilers and linkers are asked what they open."""
    program, log = layout.compilers / "auditor.pyc", layout.compilers / "audit"
    write_bytecode(__package__, "auditor.py", program)
    own = layout.compilers / __package__.replace(".", "/")
    own.mkdir(parents=True, exist_ok=True)
    for name in ("audit_log", "header_probes", "opened_headers", "opened_libraries"):
        write_bytecode(__package__, f"{name}.py", own / f"{name}.pyc")
    line = [sys.executable, "-I", "-S", "-B", "-X", "utf8", str(program), str(log)]
    return [f"audit={log}", *(f"auditor={word}" for word in line)]


def _other_linkers() -> dict[str, str]:
    """The machine's linkers that have names of their own, by these."""
    names = [prefix + name for prefix in ("", f"{platform.machine()}-linux-gnu-") for name in _OTHER_LINKERS]
    found = {name: shutil.which(name, path="/usr/bin:/bin") for name in names}
    return {name: path for name, path in found.items() if path}


def check_log(layout: Layout) -> None:
    """Refuses a wheel when a compilation could not be logged: an extension might be missing from it.

    Raises:
        UserError: as said.
    """
    if not (layout.compilers / _COMPLETE).exists():
        raise UserError(
            f"A compilation could not be recorded: {os.strerror(errno.ENOSPC)}.",
            where="the compiler wrappers' log",
            fix="Make room on that disk, and build again.",
        )


def configuration(layout: Layout, cc: CcToolchain, native: Native, bundle: str) -> list[str]:
    """Flags and places for the wrapper, each a text "key=value"; all paths are absolute."""
    root = layout.execroot

    def absolute(flags: Iterable[str]) -> list[str]:
        return [below_execroot(flag, root) for flag in flags]

    lists = {
        "c_flag": absolute(cc.c_flags),
        "cxx_flag": absolute(cc.cxx_flags),
        "shared_link_flag": absolute(cc.shared_link_flags),
        "executable_link_flag": absolute(cc.executable_link_flags),
        "include_flag": include_flags(layout, native),
        "library_flag": library_flags(layout, native, bundle),
        "prefix_map": prefix_maps(layout),
        "own_names.cc": _own_names(str(layout.path(cc.c_compiler)), cc),
        "own_names.c++": _own_names(str(layout.path(cc.cxx_compiler)), cc),
        "env": [f"{name}={value}" for name, value in cc.env.items()],
        "root": [str(layout.root)],
        "log": [str(layout.compilers / "log")],
        "complete": [str(layout.compilers / _COMPLETE)],
    }
    return [f"{key}={value}" for key, values in lists.items() for value in values]


def _own_names(program: str, cc: CcToolchain) -> list[str]:
    """A flag with which GCC calls headers as it was told where they are.

    Else it may call an input by the place that a link leads to: another one on each machine, and none of the inputs.
    Bazel's own toolchains pass it; others don't, and clang neither does such a thing nor has the flag.
    """
    if _OWN_NAMES in cc.c_flags:
        return []
    line = [program, _OWN_NAMES, "-E", "-dM", "-x", "c", os.devnull]
    try:
        answer = subprocess.run(line, capture_output=True, text=True, errors="replace", check=False).stdout
    except OSError:  # who compiles nothing may have no compiler
        return []
    return [_OWN_NAMES] if "__GNUC__" in answer else []
