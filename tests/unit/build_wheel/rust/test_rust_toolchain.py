"""What stands before cargo and rustc: here before scripts that tell what they are started with."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from actions import NO_NATIVE, toolchain

from build_wheel.cc.install_wrappers import mapped_paths, write_wrappers
from build_wheel.compile_log import failed_compilations
from build_wheel.params import Rust
from build_wheel.rust.toolchain import fields, programs
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

TELL = "#!/bin/sh\nfor word; do printf '%s\\n' \"$word\"; done\n"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """With a cargo that fails when it is to compile a manifest called bad.toml."""
    made = Layout(tmp_path / "execroot", tmp_path / "execroot" / "root")
    made.create()
    rust = tmp_path / "sysroot" / "bin"
    rust.mkdir(parents=True)
    (rust / "rustc").write_text(TELL)
    (rust / "cargo").write_text('#!/bin/sh\ncase "$*" in *bad.toml*) exit 101 ;; esac\n')
    for name in ("rustc", "cargo"):
        (rust / name).chmod(0o755)
        (made.execroot / name).symlink_to(rust / name)
    told = Rust("cargo", "rustc", (), (), None)
    wrappers = programs(made, told), fields(made, told, mapped_paths(made))
    tags = "py3-none-linux_x86_64"
    write_wrappers(made, toolchain(), NO_NATIVE, tags=tags, bundle="demo.libs", audited=False, rust=wrappers)
    return made


def run(layout: Layout, *line: str) -> subprocess.CompletedProcess[str]:
    name, *words = line
    program = [str(layout.compilers / name), *words]
    return subprocess.run(program, cwd=layout.source, capture_output=True, text=True, check=False)


def test_rustc_maps_the_build_root_last_and_the_sysroot_too(layout: Layout) -> None:
    *_, sysroot, execroot, root = run(layout, "rustc", "--crate-name", "x").stdout.splitlines()
    assert root == f"--remap-path-prefix={layout.root}=/build"
    assert execroot == f"--remap-path-prefix={layout.execroot}=/execroot"
    assert sysroot == f"--remap-path-prefix={layout.execroot.parent}/sysroot=/rust"


@pytest.mark.parametrize(
    "words", [("-C", "target-cpu=native"), ("-Ctarget-cpu=native",), ("--codegen=target-cpu=native",)]
)
def test_code_for_this_cpu_is_refused(layout: Layout, words: tuple[str, ...]) -> None:
    done = run(layout, "rustc", *words, "x.rs")
    assert done.returncode == 1
    assert "target-cpu=native makes the wheel depend on the CPU" in done.stderr


def test_code_for_a_named_cpu_is_not(layout: Layout) -> None:
    assert run(layout, "rustc", "-C", "target-cpu=x86-64-v3", "--cfg", "target-cpu=native", "x.rs").returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("build", "--manifest-path", "bad.toml"),
        ("rustc", "--manifest-path=bad.toml", "--", "-C", "opt-level=3"),
        ("--config", "x=1", "b", "--manifest-path", "bad.toml"),
    ],
)
def test_what_cargo_could_not_compile_is_known(layout: Layout, words: tuple[str, ...]) -> None:
    assert run(layout, "cargo", *words).returncode == 101
    shipped = {"bad.toml", "Cargo.toml"}
    assert failed_compilations(layout.compilers / "log", layout.source, shipped, ()) == ["bad.toml"]


@pytest.mark.parametrize(
    "words", [("metadata", "--manifest-path", "bad.toml"), ("build", "--", "bad.toml"), ("rustc",)]
)
def test_other_commands_of_cargo_are_no_failures(layout: Layout, words: tuple[str, ...]) -> None:
    run(layout, "cargo", *words)
    shipped = {"bad.toml", "Cargo.toml"}
    found = failed_compilations(layout.compilers / "log", layout.source, shipped, ())
    assert found == (["Cargo.toml"] if words[0] == "build" else [])


def test_a_build_without_rust_says_so(tmp_path: Path) -> None:
    made = Layout(tmp_path, tmp_path / "root")
    made.create()
    write_wrappers(made, toolchain(), NO_NATIVE, tags="py3-none-linux_x86_64", bundle="demo.libs", audited=False)
    for name in ("cargo", "rustc"):
        done = run(made, name, "--version")
        assert done.returncode == 127
        assert "write rust = True and `crates` on the py_sdist_wheel" in done.stderr
