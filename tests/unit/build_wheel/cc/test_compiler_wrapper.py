from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from build_wheel.cc import wrapper
from build_wheel.cc.install_wrappers import (
    below_execroot,
    bundle_folder,
    include_flags,
    library_flags,
    no_compiler,
    plain_names,
    prefix_maps,
    search_paths,
    write_wrappers,
)
from build_wheel.cc.wrapper import Command, archiver_arguments, compiler_arguments
from build_wheel.params import CcToolchain, Library, Native
from isolation.layout import Layout

NOTHING = Native((), (), (), (), (), ())


def toolchain(c_flags: tuple[str, ...] = ("-O2",)) -> CcToolchain:
    return CcToolchain(
        c_compiler=shutil.which("gcc") or "gcc",
        cxx_compiler=shutil.which("gcc") or "gcc",
        archiver=shutil.which("ar") or "ar",
        linker=shutil.which("ld") or "ld",
        other_tools={},
        c_flags=c_flags,
        cxx_flags=("-O2", "-std=c++17"),
        shared_link_flags=("-lstdc++", "-lm"),
        executable_link_flags=("-lm",),
        env={},
    )


@pytest.mark.parametrize(
    ("line", "compiles", "links", "shared", "output"),
    [
        ("-c a.c -o a.o", True, False, False, "a.o"),
        ("-c a.c -oa.o", True, False, False, "a.o"),
        ("-shared a.o b.o -o x.so -lz", False, True, True, "x.so"),
        ("a.c -o program", True, True, False, "program"),
        ("-I include -L lib -E a.c", True, False, False, ""),
        ("-MF a.d -MT a.o -c a.c", True, False, False, ""),
        ("-v", False, False, False, ""),
        ("-x c - -o program", True, True, False, "program"),
    ],
)
def test_command(line: str, compiles: bool, links: bool, shared: bool, output: str) -> None:
    command = Command(line.split())
    assert (command.compiles, command.links, command.shared, command.output) == (compiles, links, shared, output)


def test_response_file(tmp_path: Path) -> None:
    (tmp_path / "line").write_text('-shared "a b.o" -o x.so')
    command = Command([f"@{tmp_path}/line"])
    assert command.shared
    assert command.inputs == ["a b.o"]


CONFIG: dict[str, Any] = {
    "c_flags": ["-O2"],
    "cxx_flags": ["-O3"],
    "include_flags": ["-Iinc"],
    "library_flags": ["-Llib", "lib/libz.a"],
    "prefix_maps": ["-ffile-prefix-map=/a=/x", "-ffile-prefix-map=/a/b=/build"],
    "root": "/a/b",
    "shared_link_flags": ["-lstdc++"],
    "executable_link_flags": ["-lm"],
}


def test_own_flags_come_after_the_toolchains_and_prefix_maps_after_all() -> None:
    words = compiler_arguments(["-O0", "-c", "a.c", "-o", "out/a.o", "-ffile-prefix-map=/q=/r"], "cc", CONFIG)
    assert words.index("-O2") < words.index("-O0") < words.index("-Iinc")
    assert [word for word in words if word.startswith("-ffile")][-1] == "-ffile-prefix-map=/a/b=/build"
    assert "-frandom-seed=a.o" in words
    assert "-Llib" not in words


def test_link_gets_libraries_behind_the_objects_and_the_runtime_behind_those() -> None:
    words = compiler_arguments(["-shared", "a.o", "-o", "x.so"], "c++", CONFIG)
    assert words.index("a.o") < words.index("lib/libz.a") < words.index("-lstdc++")
    assert "-Wl,--build-id=none" in words
    assert "-O3" not in words


def test_cxx_is_known_by_program_or_source() -> None:
    assert "-O3" in compiler_arguments(["-c", "a.cpp"], "cc", CONFIG)
    words = compiler_arguments(["-c", "a.c"], "c++", CONFIG)
    assert words[words.index("a.c") - 2 : words.index("a.c")] == ["-x", "c++"]
    assert "c++" not in compiler_arguments(["-x", "c", "-c", "a.c"], "c++", CONFIG)


def test_recorded_switches_are_left_out() -> None:
    words = compiler_arguments(["-grecord-gcc-switches", "-frecord-gcc-switches", "-c", "a.c"], "cc", CONFIG)
    assert not {"-grecord-gcc-switches", "-frecord-gcc-switches"} & set(words)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rcs x.a a.o", "rcsD x.a a.o"),
        ("-crU x.a", "-crD x.a"),
        ("t x.a", "t x.a"),
        ("--version", "--version"),
        ("-c -r x.a a.o", "-crD x.a a.o"),
        ("--plugin p.so rcs x.a", "--plugin p.so rcsD x.a"),
        ("p x.a a.o", "p x.a a.o"),
    ],
)
def test_archiver(line: str, expected: str) -> None:
    assert archiver_arguments(line.split()) == expected.split()


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
    write_wrappers(
        made, toolchain(("-g", "-O2")), NOTHING, machine="x86_64", tags="cp39-cp39-linux_x86_64", bundle="demo.libs"
    )
    if not mapped:
        config = json.loads((made.compilers / "wrapper.json").read_text())
        config["prefix_maps"] = []
        (made.compilers / "wrapper.json").write_text(json.dumps(config))
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


def test_native_flag_is_refused(tmp_path: Path) -> None:
    made = layout(tmp_path, "one")
    write_wrappers(made, toolchain(), NOTHING, machine="x86_64", tags="cp39-cp39-linux_x86_64", bundle="demo.libs")
    (made.source / "a.c").write_text(SOURCE)
    done = run(made, "cc", "-O2", "-march=native", "-c", "a.c")
    assert done.returncode == 1
    assert "-march=native makes the wheel depend on the CPU" in done.stderr


def test_without_a_toolchain_the_compiler_says_why(tmp_path: Path) -> None:
    made = layout(tmp_path, "one")
    write_wrappers(made, None, NOTHING, machine="x86_64", tags="py3-none-any", bundle="demo.libs")
    done = run(made, "x86_64-linux-gnu-gcc", "-c", "a.c", "-o", "a.o")
    assert done.returncode == 127
    assert 'wheel_tags = "{python}-{abi}-{platform}"' in done.stderr
    (entry,) = (json.loads(line) for line in (made.compilers / "log").read_text().splitlines())
    assert (entry["code"], entry["sources"]) == (127, [str(made.source / "a.c")])
    assert "register one" in no_compiler("cp39-cp39-linux_x86_64")


def test_define_with_quotes_and_spaces_survives(tmp_path: Path) -> None:
    made = layout(tmp_path, "one")
    flags = ('-D__DATE__="redacted"', '-DWORDS="two words"', "-Wno-builtin-macro-redefined")
    write_wrappers(made, toolchain(flags), NOTHING, machine="x86_64", tags="cp39-cp39-linux_x86_64", bundle="demo.libs")
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
    assert search_paths(made, NOTHING) == {}


def test_each_distribution_has_a_folder_of_its_own_for_shared_libraries() -> None:
    """With one for all, `pip uninstall` of one wheel deletes another's libraries."""
    assert bundle_folder("Zope.Interface") == "zope_interface.libs"
    assert bundle_folder("scikit-learn") == bundle_folder("scikit_learn") == "scikit_learn.libs"


def test_plain_names() -> None:
    assert plain_names("libyaml.pic.a") == ["libyaml.a"]
    assert plain_names("liblibyaml.pic.a") == ["liblibyaml.a", "libyaml.a"]
    assert plain_names("libyaml.so") == []


def test_the_wrapper_imports_next_to_nothing() -> None:
    """It is started for every object file."""
    line = [sys.executable, "-I", "-S", "-X", "importtime", str(wrapper.__file__), "/dev/null", "cc"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    imported = {row.rpartition("|")[2].strip() for row in done.stderr.splitlines()}
    assert "json" in imported
    assert not {"argparse", "pathlib", "shlex", "subprocess", "tempfile", "typing"} & imported
