"""What stands before cargo and rustc: here before scripts that tell what they are started with."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from actions import NO_NATIVE, toolchain

from build_wheel.cc.install_wrappers import mapped_paths, write_wrappers
from build_wheel.compile_log import failed_compilations
from build_wheel.params import Rust
from build_wheel.rust.toolchain import fields, programs
from isolation.layout import Layout

TELL = "#!/bin/sh\nfor word; do printf '%s\\n' \"$word\"; done\n"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return made_layout(tmp_path)


def made_layout(folder: Path, program: str = "") -> Layout:
    """With a rustc that tells its arguments, and a cargo that fails when it is to compile a manifest called bad.toml.

    Args:
        folder: where.
        program: in the place of both.
    """
    made = Layout(folder / "execroot", folder / "execroot" / "root")
    made.create()
    rust = folder / "sysroot" / "bin"
    rust.mkdir(parents=True)
    (made.execroot / "bin").mkdir()
    texts = {"rustc": TELL, "cargo": '#!/bin/sh\ncase "$*" in *bad.toml*) exit 101 ;; esac\n'}
    for name, text in texts.items():
        (rust / name).write_bytes(Path(program).read_bytes() if program else text.encode())
        (rust / name).chmod(0o755)
        (made.execroot / "bin" / name).symlink_to(rust / name)
    told = Rust("bin/cargo", "bin/rustc", (), (), None)
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


def metadata(layout: Layout, *more: str, below: str = "s/core", version: str = "1.0") -> str:
    """The `-C metadata` of one crate below the build root, which cargo has made from an absolute path."""
    crate = layout.root / below
    crate.mkdir(parents=True, exist_ok=True)
    made = str(hash(crate))
    words = [
        "--crate-name",
        "core",
        f"{crate}/lib.rs",
        *more,
        "-C",
        f"metadata={made}",
        "-C",
        f"extra-filename=-{made}",
    ]
    words += ["--out-dir", f"{layout.root}/target", "--extern", f"one={layout.root}/target/libone-{made}.rlib"]
    given = {**os.environ, "CARGO_MANIFEST_DIR": str(crate), "CARGO_PKG_VERSION": version}
    program = [str(layout.compilers / "rustc"), *words]
    done = subprocess.run(program, cwd=layout.source, env=given, capture_output=True, text=True, check=True)
    (found,) = (line for line in done.stdout.splitlines() if line.startswith("metadata="))
    assert f"extra-filename=-{made}" in done.stdout  # cargo looks for files of that name
    return "as cargo made it" if found == f"metadata={made}" else found


def test_hashes_of_crates_do_not_tell_where_a_path_crate_lies(tmp_path: Path) -> None:
    one, two = made_layout(tmp_path / "one"), made_layout(tmp_path / "another place")
    assert metadata(one) == metadata(two) != "as cargo made it"
    others = {
        metadata(one),
        metadata(one, "--cfg", "feature=1"),
        metadata(one, version="2.0"),
        metadata(one, below="s/x"),
    }
    assert len(others) == 4


def test_hashes_of_other_crates_are_cargos(layout: Layout) -> None:
    assert metadata(layout, below="v/itoa-1.0.19") == "as cargo made it"


def test_programs_that_look_in_the_systems_folders_find_their_libraries(tmp_path: Path) -> None:
    """As Debian's cargo and rustc: here the program that prints its environment."""
    made = made_layout(tmp_path, "/usr/bin/env")
    assert f"LD_LIBRARY_PATH={made.execroot}/lib\n" in run(made, "cargo").stdout


def test_a_build_without_rust_says_so(tmp_path: Path) -> None:
    made = Layout(tmp_path, tmp_path / "root")
    made.create()
    write_wrappers(made, toolchain(), NO_NATIVE, tags="py3-none-linux_x86_64", bundle="demo.libs", audited=False)
    for name in ("cargo", "rustc"):
        done = run(made, name, "--version")
        assert done.returncode == 127
        assert "write rust = True and `crates` on the py_sdist_wheel" in done.stderr
