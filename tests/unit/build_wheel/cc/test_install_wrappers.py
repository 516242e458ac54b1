"""What the wrappers are told: flags, prefix maps, libraries."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from actions import NO_NATIVE, toolchain

from build_wheel.cc.install_wrappers import (
    below_execroot,
    bundle_folder,
    include_flags,
    library_flags,
    plain_names,
    prefix_maps,
    search_paths,
    write_wrappers,
)
from build_wheel.params import Library, Native
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


def test_native_flags(tmp_path: Path) -> None:
    made = layout(tmp_path, "one")
    native = Native(
        defines=("A=1",),
        includes=("inc",),
        quote_includes=(".",),
        system_includes=("sys",),
        libraries=(
            Library("out/libupper.pic.a", shared=False, whole=False),
            Library("out/libwhole.a", shared=False, whole=True),
            Library("out/libshared.so", shared=True, whole=False),
        ),
        link_flags=("-lpthread",),
    )
    root = made.execroot
    assert include_flags(made, native) == ["-DA=1", f"-iquote{root}", f"-I{root}/inc", f"-isystem{root}/sys"]
    flags = library_flags(made, native, "demo.libs")
    places = [flags.index(word) for word in (f"{made.libraries}/libupper.pic.a", f"{made.libraries}/libwhole.a")]
    assert places == sorted(places)
    assert flags[flags.index(f"{made.libraries}/libwhole.a") - 1] == "-Wl,--whole-archive"
    assert "-l:libshared.so" in flags
    assert "-Wl,-rpath,$ORIGIN/../demo.libs" in flags
    assert flags[-1] == "-lpthread"
    assert (made.libraries / "libupper.a").is_symlink()
    headers = f"{root}/inc:{root}/sys"
    libraries = str(made.libraries)
    assert search_paths(made, native) == {
        "CMAKE_INCLUDE_PATH": headers,
        "CMAKE_LIBRARY_PATH": libraries,
        "CPATH": headers,
        "LIBRARY_PATH": libraries,
    }
    assert search_paths(made, NO_NATIVE) == {}


def test_each_distribution_has_a_folder_of_its_own_for_shared_libraries() -> None:
    """With one for all, `pip uninstall` of one wheel deletes another's libraries."""
    assert bundle_folder("Zope.Interface") == "zope_interface.libs"
    assert bundle_folder("scikit-learn") == bundle_folder("scikit_learn") == "scikit_learn.libs"


def test_plain_names() -> None:
    assert plain_names("libyaml.pic.a") == ["libyaml.a"]
    assert plain_names("liblibyaml.pic.a") == ["liblibyaml.a", "libyaml.a"]
    assert plain_names("libyaml.so") == []
