"""Puts cargo and rustc on a build's PATH, behind wrappers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formats.elf import ElfError
from formats.elf_dynamic import open_dynamic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from build_wheel.params import Rust
    from isolation.layout import Layout

_SYSROOT = "/rust"
"""What the toolchain's folder reads as in a wheel."""


def programs(layout: Layout, rust: Rust) -> dict[str, tuple[str, str]]:
    """What stands behind the wrappers, by their names on PATH: a role, and the real program."""
    return {
        "cargo": ("cargo", str(layout.path(rust.cargo))),
        "rustc": ("rustc", str(layout.path(rust.rustc))),
    }


def fields(layout: Layout, rust: Rust, maps: list[tuple[str, str]]) -> list[str]:
    """What the wrapper has to know, each a text "key=value": what rustc is told besides, and where libraries are.

    Args:
        layout: the directories of this build.
        rust: what the rule declares.
        maps: (path, what it reads as) of each folder that a compiler may see; of those that match the last one counts.

    Raises:
        OSError: rustc can't be read.
    """
    rustc = layout.path(rust.rustc)
    sysroot = str(rustc.resolve().parents[1])
    ordered = sorted([*maps, (sysroot, _SYSROOT)], key=lambda pair: len(pair[0]))
    found = [f"rust_flag=--remap-path-prefix={old}={new}" for old, new in ordered]
    found.append(f"rust_source={layout.source}/")
    return found if _finds_its_libraries(rustc) else [*found, f"rust_libraries={rustc.parents[1] / 'lib'}"]


def _finds_its_libraries(program: Path) -> bool:
    """Whether a program looks beside itself for libraries, and not in the system's folders, as Debian's do."""
    try:
        return bool(open_dynamic(program).run_path)
    except ElfError:  # a script, which knows
        return True


def real_files(layout: Layout, rust: Rust) -> tuple[str, ...]:
    """Where the toolchain's files really are: this machine's own are links in the execution root, and inputs."""
    return tuple(str(layout.path(file).resolve()) for file in rust.files)


def variables(layout: Layout) -> Mapping[str, str]:
    """Variables for cargo, and for what builds with it."""
    return {
        "CARGO_HOME": str(layout.cargo_home),
        "CARGO_INCREMENTAL": "0",
        "CARGO_NET_OFFLINE": "true",
        "CONST_RANDOM_SEED": "rules_sdist",  # of the crate const-random, whose numbers are others in each build
        "MATURIN_NO_INSTALL_RUST": "1",  # else it asks for a build requirement that downloads a toolchain
        "RUSTC": str(layout.compilers / "rustc"),
    }
