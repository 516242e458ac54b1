"""What `native_deps` give to a build: flags for compilers, places for those who search, libraries for the wheel."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from formats.elf import ElfError
from formats.elf_dynamic import open_dynamic

if TYPE_CHECKING:
    from pathlib import Path

    from build_wheel.params import Native
    from isolation.layout import Layout


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
    `liblibyaml.pic.a`, but a package says `-lyaml`. Of `libyaml.so.0.2` the linker looks for `libyaml.so`.
    """
    plain = re.sub(r"\.so(?:\.\d+)+$", ".so", file_name.replace(".pic.", ".").replace(".nopic.", "."))
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
