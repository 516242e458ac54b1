"""What the wrappers are told: flags and prefix maps."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from actions import NO_NATIVE, toolchain

from build_wheel.cc.install_wrappers import below_execroot, prefix_maps, write_wrappers
from isolation.layout import Layout

if TYPE_CHECKING:
    import pytest


def layout(tmp_path: Path, name: str) -> Layout:
    made = Layout(tmp_path / name, tmp_path / name / "bin" / "demo.build")
    made.create()
    return made


def run(made: Layout, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(made.compilers / program), *arguments], cwd=made.source, capture_output=True, text=True, check=False
    )


SOURCE = "const char *where = __FILE__; int value(void) { return 7; }\n"


def compiled(made: Layout, mapped: bool) -> bytes:
    write_wrappers(made, toolchain(c_flags=("-g", "-O2")), NO_NATIVE, tags="cp39-cp39-linux_x86_64", bundle="demo.libs")
    if not mapped:
        config = made.compilers / "wrapper"
        fields = [field for field in config.read_text().split("\0") if not field.startswith("prefix_map=")]
        config.write_text("\0".join(fields))
    (made.source / "a.c").write_text(SOURCE)
    for arguments in (["gcc", "-c", str(made.source / "a.c"), "-o", "a.o"], ["ar", "rcs", "a.a", "a.o"]):
        done = run(made, *arguments)
        assert done.returncode == 0, done.stderr
    return (made.source / "a.a").read_bytes()


def test_object_and_archive_are_the_same_in_any_folder(tmp_path: Path) -> None:
    first, second = layout(tmp_path, "one"), layout(tmp_path, "another_longer_one")
    assert compiled(first, mapped=True) == compiled(second, mapped=True)
    assert b"/build/s/a.c" in compiled(first, mapped=True)
    assert compiled(first, mapped=False) != compiled(second, mapped=False)


def test_define_with_quotes_and_spaces_survives(tmp_path: Path) -> None:
    made = layout(tmp_path, "one")
    flags = ('-D__DATE__="redacted"', '-DWORDS="two words"', "-Wno-builtin-macro-redefined")
    write_wrappers(made, toolchain(c_flags=flags), NO_NATIVE, tags="cp39-cp39-linux_x86_64", bundle="demo.libs")
    (made.source / "a.c").write_text("const char *a = __DATE__ WORDS;\n")
    assert run(made, "cc", "-c", "a.c", "-o", "a.o").returncode == 0
    assert b"redactedtwo words" in (made.source / "a.o").read_bytes()


def test_below_execroot() -> None:
    root = Path("/root")
    for flag, expected in {
        "-Iexternal/x/include": "-I/root/external/x/include",
        "--sysroot=external/sys": "--sysroot=/root/external/sys",
        "bazel-out/x.o": "/root/bazel-out/x.o",
        "-Wl,-rpath,bazel-out/lib": "-Wl,-rpath,/root/bazel-out/lib",
        '-DPATH="my external/x"': '-DPATH="my external/x"',
        "-O2": "-O2",
    }.items():
        assert below_execroot(flag, root) == expected


def test_build_root_is_mapped_after_what_contains_it() -> None:
    layout = Layout(Path("/sandbox/1"), Path("/sandbox/1/bin/x.build"), ("/execroot/real",))
    maps = prefix_maps(layout)
    build = maps.index("-ffile-prefix-map=/sandbox/1/bin/x.build=/build")
    assert {"-ffile-prefix-map=/sandbox/1=/execroot", "-ffile-prefix-map=/execroot/real=/execroot"} <= set(maps[:build])


def test_headers_of_an_interpreter_that_is_an_input_are_python_s() -> None:
    """It lies where links of the sandbox lead to."""
    headers = sysconfig.get_path("include")
    real = str(Path(headers).parent)
    maps = prefix_maps(Layout(Path("/sandbox/1"), Path("/sandbox/1/x.build"), (real,)))
    ours = [flag for flag in maps if flag.split("=")[1] in (real, headers)]
    assert ours[-1].startswith(f"-ffile-prefix-map={headers}=/python/include/")


def test_an_execution_root_at_the_root_is_mapped_but_nothing_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a remote worker whose inputs' root it is: the wheel has to be the same as elsewhere."""
    monkeypatch.setattr("os.listdir", lambda _: ["usr", "external", "lib64", "bazel-out", "third_party", "_tmp"])
    maps = prefix_maps(Layout(Path("/"), Path("/bazel-out/bin/x.build")))
    assert {flag for flag in maps if flag.split("=")[2].startswith(("/execroot", "/build"))} == {
        "-ffile-prefix-map=/_tmp=/execroot/_tmp",
        "-ffile-prefix-map=/bazel-out=/execroot/bazel-out",
        "-ffile-prefix-map=/external=/execroot/external",
        "-ffile-prefix-map=/third_party=/execroot/third_party",
        "-ffile-prefix-map=/bazel-out/bin/x.build=/build",
    }
    assert below_execroot("-isystemexternal/cc/include", Path("/")) == "-isystem/external/cc/include"
    assert below_execroot("-Iexternal/cc/include", Path("/w")) == "-I/w/external/cc/include"
