"""Shared libraries from Rust: compiled to measure, and such as look like it to a machine without rustc."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = ("-Copt-level=3", "-Cstrip=debuginfo", "-Ccodegen-units=1")
HELPER = """
#[inline(never)]
pub fn first(values: &[u8], at: usize) -> u8 { values[at] }
#[inline(never)]
pub fn twice(value: u32) -> u32 { value + value }
pub const PLACE: &str = match option_env!("CARGO_MANIFEST_DIR") { Some(place) => place, None => "nowhere" };
"""
DEMO = """
#[no_mangle]
pub extern "C" fn demo_first(at: usize) -> u8 { helper::first(&[1, 2, 3], at) }
#[no_mangle]
pub extern "C" fn demo_twice(value: u32) -> u32 { helper::twice(value) }
#[no_mangle]
pub extern "C" fn demo_place(at: usize) -> u8 { helper::PLACE.as_bytes()[at] }
"""


def crate(folder: Path, *flags: str, helper: tuple[str, ...] = (), variables: dict[str, str] | None = None) -> bytes:
    """A shared library of two crates, `demo` and `helper`, as cargo has rustc compile them.

    Args:
        folder: where their sources lie.
        flags: of both.
        helper: more of them, only of `helper`.
        variables: what cargo would set.
    """
    rustc = shutil.which("rustc")
    if not rustc:
        pytest.skip("there is no rustc")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "helper.rs").write_text(HELPER)
    (folder / "demo.rs").write_text(DEMO)
    common = [rustc, "--edition=2021", *RELEASE, *flags]
    for line in (
        [*common, "--crate-name=helper", "--crate-type=rlib", *helper, str(folder / "helper.rs")],
        [
            *common,
            "--crate-name=demo",
            "--crate-type=cdylib",
            "--extern=helper=libhelper.rlib",
            str(folder / "demo.rs"),
        ],
    ):
        environment = {"PATH": "/usr/bin:/bin", **_own(), **(variables or {})}
        subprocess.run(line, cwd=folder, env=environment, check=True, capture_output=True)
    return (folder / "libdemo.so").read_bytes()


def _own() -> dict[str, str]:
    """What rustup's rustc needs to find its toolchain."""
    return {name: os.environ[name] for name in ("HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN") if name in os.environ}


def as_if(folder: Path, rustc: str = "1.95.0", symbols: tuple[str, ...] = (), text: str = "") -> bytes:
    """A shared library that has what one from Rust has: rustc's name, mangled names, strings that nothing ends."""
    folder.mkdir(parents=True, exist_ok=True)
    named = "".join(f'__asm__(".set \\"{symbol}\\", {number}");\n' for number, symbol in enumerate(symbols))
    source = f'#ident "rustc version {rustc} (59807616e 2026-04-14)"\n{named}const char demo_text[] = "{text}";\n'
    (folder / "demo.c").write_text(source)
    line = ["gcc", "-shared", "-fPIC", "-nostdlib", "demo.c", "-o", "demo.so"]
    subprocess.run(line, cwd=folder, check=True)
    return (folder / "demo.so").read_bytes()
