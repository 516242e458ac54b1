"""Puts the compiler wrappers of one build on disk: names, flags, prefix maps, libraries."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from build_wheel.cc.wrapper import INNER
from common.errors import UserError
from common.resources import write_bytecode
from formats.elf import ElfError
from formats.elf_dynamic import open_dynamic
from isolation.layout import OF_THE_SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from build_wheel.params import CcToolchain, Native
    from isolation.layout import Layout

WRAPPER = "wrapper.pyc"
"""The file in `Layout.compilers` that all wrappers start."""

_COMPLETE = "complete"
"""A file that is there as long as the log tells all; its removal is what a full disk still allows."""

BUILD_PATH = "/build"
"""What every absolute path below the build root reads as in debug information and `__FILE__`."""

NAMES = {
    "cc": ("cc", "gcc", "clang", "c99", "{machine}-linux-gnu-gcc"),
    "c++": ("c++", "g++", "clang++", "{machine}-linux-gnu-g++"),
    "ar": ("ar", "gcc-ar", "llvm-ar", "{machine}-linux-gnu-ar", "{machine}-linux-gnu-gcc-ar"),
    "ranlib": ("ranlib", "gcc-ranlib", "llvm-ranlib", "{machine}-linux-gnu-ranlib", "{machine}-linux-gnu-gcc-ranlib"),
    "ld": ("ld", "{machine}-linux-gnu-ld"),
}

_OTHER_LINKERS = ("ld.bfd", "ld.gold", "ld.lld", "ld.mold")
"""Names under which linkers are called as such; only those that are there get a wrapper, for packages try them out."""

_RELATIVE_TO_EXECROOT = re.compile(r"(^|[=,:]|^-[ILBF]|^-isystem|^-iquote|^-idirafter)(external/|bazel-out/)")


def below_execroot(flag: str, execroot: Path) -> str:
    """A toolchain's flag, its execution-root-relative path made absolute: compilers here run in other directories."""
    return _RELATIVE_TO_EXECROOT.sub(lambda match: f"{match[1]}{Path(execroot, match[2])}/", flag)


def prefix_maps(layout: Layout) -> list[str]:
    """`-ffile-prefix-map` flags for every directory that a compiler may see by an absolute path.

    The longest comes last: of several maps that match, GCC applies the last one, and the execution root contains the
    build root, and an interpreter that is an input.
    """
    # Python's headers read the same wherever the interpreter is installed.
    headers = sysconfig.get_path("include")
    pairs = [] if sys.base_prefix == "/usr" else [(sys.base_prefix, "/python")]
    pairs.append((headers, f"/python/include/{Path(headers).name}"))
    pairs += [(linked, "/execroot") for linked in layout.linked]
    pairs += execroot_maps(layout.execroot)
    pairs.append((str(layout.root), BUILD_PATH))
    return [f"-ffile-prefix-map={old}={new}" for old, new in sorted(pairs, key=lambda pair: len(pair[0]))]


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
            f'a wheel with the tags "{tags}" gets no C compiler; for one with C or C++ extensions write '
            'wheel_tags = "{python}-{abi}-{platform}" on the py_sdist_wheel.'
        )
    return "no C++ toolchain is registered for the target platform; register one in MODULE.bazel."


def write_wrappers(
    layout: Layout,
    cc: CcToolchain | None,
    native: Native,
    *,
    machine: str,
    tags: str,
    bundle: str,
    audited: bool = True,
) -> None:
    """Writes a wrapper for every name in `NAMES` and its configuration.

    Args:
        layout: where.
        cc: the toolchain; without one the wrappers fail with a message.
        native: headers and libraries that are added to every compilation and link.
        machine: the CPU as in a GNU triplet, such as "x86_64".
        tags: the wheel's tags, for the message of a wrapper without a toolchain.
        bundle: the wheel's folder for shared libraries, see `bundle_folder`.
        audited: whether compilers and linkers are asked what they open.
    """
    (layout.compilers / _COMPLETE).touch()
    config_file = layout.compilers / "wrapper.json"
    wrapper = layout.compilers / WRAPPER
    config = configuration(layout, cc, native, tags, bundle)
    if not audited:
        config["audit"] = ""
    config_file.write_text(json.dumps(config), encoding="utf-8")
    write_bytecode(__package__, "wrapper.py", wrapper)
    own = layout.compilers / __package__.replace(".", "/")
    own.mkdir(parents=True, exist_ok=True)
    for name in ("opened_files", "header_probes"):
        write_bytecode(__package__, f"{name}.py", own / f"{name}.pyc")
    roles = {name.format(machine=machine): role for role, names in NAMES.items() for name in names}
    linkers = other_linkers(machine)
    for name, role in {**roles, **linkers}.items():
        command = shlex.join([sys.executable, "-I", "-S", "-B", "-X", "utf8", str(wrapper), str(config_file), role])
        inner = ""
        if role == "ld" or name in linkers:
            real = linkers.get(name) or (str(layout.path(cc.linker)) if cc else "/usr/bin/ld")
            # A compiler of ours that finds the linker on PATH has asked it already.
            inner = f'[ -n "${INNER}" ] && exec {shlex.quote(real)} "$@"\n'
        # A shell line, for the kernel cuts long interpreter paths in `#!` lines.
        script = layout.compilers / name
        script.write_text(f'#!/bin/sh\n{inner}exec {command} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    for name, program in (cc.other_tools if cc else {}).items():
        (layout.compilers / name).symlink_to(layout.path(program))


def other_linkers(machine: str) -> dict[str, str]:
    """The machine's linkers that have names of their own, by these.

    Args:
        machine: the CPU as in a GNU triplet.
    """
    names = [prefix + name for prefix in ("", f"{machine}-linux-gnu-") for name in _OTHER_LINKERS]
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


def configuration(layout: Layout, cc: CcToolchain | None, native: Native, tags: str, bundle: str) -> dict[str, Any]:
    """What `wrapper` reads: programs, flags and the place of its log, all absolute.

    With "audit" set to "" compilers and linkers are not asked what they open.
    """
    root = layout.execroot

    def absolute(flags: Iterable[str]) -> list[str]:
        return [below_execroot(flag, root) for flag in flags]

    return {
        "programs": {
            "cc": str(layout.path(cc.c_compiler)) if cc else "",
            "c++": str(layout.path(cc.cxx_compiler)) if cc else "",
            "ar": str(layout.path(cc.archiver)) if cc else "/usr/bin/ar",
            "ld": str(layout.path(cc.linker)) if cc else "/usr/bin/ld",
            "ranlib": "",
        },
        "c_flags": absolute(cc.c_flags) if cc else [],
        "cxx_flags": absolute(cc.cxx_flags) if cc else [],
        "shared_link_flags": absolute(cc.shared_link_flags) if cc else [],
        "executable_link_flags": absolute(cc.executable_link_flags) if cc else [],
        "include_flags": include_flags(layout, native),
        "library_flags": library_flags(layout, native, bundle),
        "prefix_maps": prefix_maps(layout),
        "root": str(layout.root),
        "env": cc.env if cc else {},
        "complete": str(layout.compilers / _COMPLETE),
        "log": str(layout.compilers / "log"),
        "audit": str(layout.compilers / "audit"),
        "no_compiler": "" if cc else no_compiler(tags),
    }


def include_flags(layout: Layout, native: Native) -> list[str]:
    """`-D` and `-I` flags of the native dependencies, in the order Bazel uses."""
    flags = [f"-D{define}" for define in native.defines]
    flags += [f"-iquote{layout.path(path)}" for path in native.quote_includes]
    flags += [f"-I{layout.path(path)}" for path in native.includes]
    flags += [f"-isystem{layout.path(path)}" for path in native.system_includes]
    return flags


def library_flags(layout: Layout, native: Native, bundle: str) -> list[str]:
    """Flags that link every native library, dependents before what they depend on.

    They come after the package's own objects; archives give only what is needed. A folder of links lets the package's
    own `-lyaml` find the library too.

    Args:
        layout: where.
        native: the libraries.
        bundle: the wheel's folder for those that are shared, where the loader is to look for them.
    """
    if not native.libraries and not native.link_flags:
        return []
    flags = [f"-L{layout.libraries}"]
    for library in native.libraries:
        path = layout.path(library.path)
        link = layout.libraries / path.name
        if not link.exists():
            link.symlink_to(path)
        for name in plain_names(path.name):
            if not (layout.libraries / name).exists():
                (layout.libraries / name).symlink_to(path)
        if library.shared:
            flags.append(f"-l:{path.name}")  # by its path, the path would be recorded where it has no SONAME
        else:
            flags += ["-Wl,--whole-archive", str(link), "-Wl,--no-whole-archive"] if library.whole else [str(link)]
    if any(library.shared for library in native.libraries):
        # The wheel carries the shared libraries; extensions lie at most three packages deep below it.
        flags += [f"-Wl,-rpath,$ORIGIN/{'../' * depth}{bundle}" for depth in range(4)]
        # DT_RPATH, not DT_RUNPATH: only that is also for what these libraries themselves ask for (ld.so(8)).
        flags.append("-Wl,--disable-new-dtags")
    return flags + list(native.link_flags)


def search_paths(layout: Layout, native: Native) -> dict[str, str]:
    """Variables that tell CMake, and setup.py scripts that look for files themselves, where native libraries are.

    The wrappers' flags are enough for compilers; `find_library` and its kin never start one.
    """
    includes = [*native.includes, *native.system_includes]
    headers = os.pathsep.join(dict.fromkeys(str(layout.path(path)) for path in includes))
    libraries = str(layout.libraries) if native.libraries else ""
    found = {
        "CMAKE_INCLUDE_PATH": headers,
        "CMAKE_LIBRARY_PATH": libraries,
        "CPATH": headers,
        "LIBRARY_PATH": libraries,
    }
    return {name: value for name, value in found.items() if value}


def bundle_folder(distribution: str) -> str:
    """The wheel's folder for the shared libraries of `native_deps`, called as auditwheel calls it.

    It is the distribution's own: whoever uninstalls one of several wheels that share a folder removes what others need.

    Args:
        distribution: the distribution's name, any spelling.
    """
    return canonicalize_name(distribution).replace("-", "_") + ".libs"


def plain_names(file_name: str) -> list[str]:
    """Other names under which a package may ask for a library that Bazel named.

    Bazel puts `lib` before the target's name and `.pic` behind it: `cc_library(name = "libyaml")` makes
    `liblibyaml.pic.a`, but a package says `-lyaml`.
    """
    plain = file_name.replace(".pic.", ".").replace(".nopic.", ".")
    without = [plain[3:]] if plain.startswith("liblib") else []
    return [name for name in [plain, *without] if name != file_name]


def bundled_libraries(layout: Layout, native: Native, bundle: str) -> dict[str, Path]:
    """The shared libraries that the wheel has to bring along, by their names in it.

    Each is called as the loader will look for it: by its SONAME, where it has one.
    """
    found: dict[str, Path] = {}
    for library in native.libraries:
        if library.shared:
            path = layout.path(library.path)
            found[f"{bundle}/{_soname(path) or path.name}"] = path
    return found


def _soname(library: Path) -> str:
    """A shared library's SONAME; "" where there is none."""
    try:
        return open_dynamic(library).soname
    except ElfError:  # a text for the linker
        return ""
