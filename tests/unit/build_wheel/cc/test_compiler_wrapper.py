"""What the wrappers hand to the real tools: here to scripts that tell it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from actions import NO_NATIVE, toolchain
from archives import TOOLS

from build_wheel.cc.install_wrappers import no_compiler, write_wrappers
from build_wheel.compile_log import LoggedCommand, logged_commands
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

TAGS = "cp311-cp311-linux_x86_64"
SOURCES = TOOLS / "build_wheel" / "cc" / "wrapper"


def script(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    return folder / name


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """With tools that print their arguments, a line each."""
    made = Layout(tmp_path, tmp_path / "root")
    made.create()
    tell = str(script(tmp_path, "tell", "#!/bin/sh\nfor word; do printf '%s\\n' \"$word\"; done\n"))
    cc = toolchain(
        **dict.fromkeys(("c_compiler", "cxx_compiler", "archiver", "linker"), tell),
        c_flags=("-O2",),
        cxx_flags=("-O3",),
        shared_link_flags=("-lstdc++",),
        executable_link_flags=("-lm",),
    )
    native = replace(NO_NATIVE, includes=("inc",), link_flags=("-lz",))
    write_wrappers(made, cc, native, tags=TAGS, bundle="demo.libs", audited=False)
    return made


def told(layout: Layout, name: str, *words: str) -> list[str]:
    """What the tool is started with."""
    line = [str(layout.compilers / name), *words]
    done = subprocess.run(line, cwd=layout.source, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def logged(layout: Layout, *words: str) -> LoggedCommand:
    """What is noted of one command of the compiler; its paths are relative to the source."""
    told(layout, "cc", *words)
    (*_, command) = logged_commands(layout.compilers / "log")
    start = f"{layout.source}/"
    inputs, sources = ([path.replace(start, "") for path in paths] for paths in (command.inputs, command.sources))
    return replace(command, output=command.output.replace(start, ""), inputs=tuple(inputs), sources=tuple(sources))


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_its_own_sources_have_no_faults_that_a_compiler_finds(tmp_path: Path, compiler: str) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"there is no {compiler}")
    flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]
    line = [compiler, *flags, "-o", str(tmp_path / "wrapper"), *map(str, SOURCES.glob("*.c"))]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_needs_the_c_library_only() -> None:
    """It is started for every object file, and in closed builds with nothing else."""
    said = subprocess.run(["objdump", "-p", toolchain().wrapper], capture_output=True, text=True, check=True).stdout
    assert [line.split()[1] for line in said.splitlines() if "NEEDED" in line] == ["libc.so.6"]


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
def test_what_a_command_does(layout: Layout, line: str, compiles: bool, links: bool, shared: bool, output: str) -> None:
    words = told(layout, "cc", *line.split())
    assert ("-O2" in words, "-Wl,--build-id=none" in words, "-lstdc++" in words) == (compiles, links, shared)
    if compiles or shared:
        command = logged(layout, *line.split())
        assert (command.shared, command.output) == (shared, output)


def test_response_files_are_read_as_the_compiler_reads_them(layout: Layout) -> None:
    (layout.source / "line").write_text('-shared "a b.o"\n@more -o x.so\t\'it"s.o\' a\\ c.o "q\\"q.o"')
    (layout.source / "more").write_text("d.o @none.o")
    command = logged(layout, "@line")
    assert command.shared
    assert command.inputs == ("a b.o", "d.o", "@none.o", 'it"s.o', "a c.o", 'q"q.o')
    assert "@line" in told(layout, "cc", "@line")


def test_response_files_that_name_each_other_come_to_an_end(layout: Layout) -> None:
    (layout.source / "line").write_text("a.o @line")
    told(layout, "cc", "@line", "-shared")


def test_own_flags_come_after_the_toolchains_and_prefix_maps_after_all(layout: Layout) -> None:
    words = told(layout, "cc", "-O0", "-c", "a.c", "-o", "out/a.o", "-ffile-prefix-map=/q=/r")
    assert words.index("-O2") < words.index("-O0") < words.index(f"-I{layout.execroot}/inc")
    assert [word for word in words if word.startswith("-ffile")][-1] == f"-ffile-prefix-map={layout.root}=/build"
    assert "-frandom-seed=s/out/a.o" in words
    assert "-lz" not in words


def test_link_gets_libraries_behind_the_objects_and_the_runtime_behind_those(layout: Layout) -> None:
    words = told(layout, "c++", "-shared", "a.o", "-o", "x.so")
    assert words.index("a.o") < words.index("-lz") < words.index("-lstdc++")
    assert "-Wl,--build-id=none" in words
    assert "-O3" not in words


def test_cxx_is_known_by_program_or_source(layout: Layout) -> None:
    assert "-O3" in told(layout, "cc", "-c", "a.cpp")
    words = told(layout, "c++", "-c", "a.c")
    assert words[words.index("a.c") - 2 : words.index("a.c")] == ["-x", "c++"]
    assert "c++" not in told(layout, "c++", "-x", "c", "-c", "a.c")


def test_recorded_switches_are_left_out(layout: Layout) -> None:
    words = told(layout, "cc", "-grecord-gcc-switches", "-frecord-gcc-switches", "-c", "a.c")
    assert not {"-grecord-gcc-switches", "-frecord-gcc-switches"} & set(words)


def test_names_that_are_no_text_stay_as_they_are(layout: Layout) -> None:
    odd = [b"-c", b'd\xe9j\xe0 "vu"\n$x.c', b"-o", b"\xff.o"]
    subprocess.run([str(layout.compilers / "cc").encode(), *odd], cwd=layout.source, capture_output=True, check=True)
    (command,) = logged_commands(layout.compilers / "log")
    assert [name.encode(errors="surrogateescape") for name in command.sources] == [
        str(layout.source).encode() + b"/" + odd[1]
    ]


def test_a_tool_that_can_not_be_started_is_told(layout: Layout) -> None:
    (layout.execroot / "tell").unlink()
    line = [str(layout.compilers / "cc"), "-c", "a.c"]
    done = subprocess.run(line, cwd=layout.source, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        127,
        f"rules_sdist: {layout.execroot}/tell can't be started: No such file or directory\n",
    )


def test_a_tool_that_a_signal_ends_fails(layout: Layout) -> None:
    script(layout.execroot, "tell", "#!/bin/sh\nkill -9 $$\n")
    line = [str(layout.compilers / "cc"), "-c", "a.c"]
    assert subprocess.run(line, cwd=layout.source, check=False).returncode == 137


def test_it_knows_its_name_however_it_is_called(layout: Layout) -> None:
    """A package may make a link to its compiler, or hand it any argv[0]."""
    (layout.source / "mine").symlink_to(layout.compilers / "c++")
    for line in (["./mine"], ["exec -a cc ./mine"]):
        command = ["bash", "-c", f"{line[0]} -c a.c"]
        done = subprocess.run(command, cwd=layout.source, capture_output=True, text=True, check=True)
        assert "-O3" in done.stdout.split()


def test_without_a_toolchain_the_compiler_says_why(tmp_path: Path) -> None:
    made = Layout(tmp_path, tmp_path / "it's $HOME")
    made.create()
    write_wrappers(made, None, NO_NATIVE, tags="py3-none-any", bundle="demo.libs")
    line = [str(made.compilers / "x86_64-linux-gnu-gcc"), "-c", "a.c", "-o", "a.o"]
    done = subprocess.run(line, cwd=made.source, capture_output=True, text=True, check=False)
    assert done.returncode == 127
    assert 'wheel_tags = "{python}-{abi}-{platform}"' in done.stderr
    (command,) = logged_commands(made.compilers / "log")
    assert command.code == 127
    assert str(made.source / "a.c") in command.sources
    assert "register one" in no_compiler("cp39-cp39-linux_x86_64")


@pytest.mark.parametrize(
    ("line", "seed"),
    [
        ("-c dir/a.c -o deep/a.o", "s/deep/a.o"),
        ("-c dir/a.c -o {root}/t/../t/a.o", "t/a.o"),
        ("-c dir/a.c", "s/dir/a.c"),
        ("-c dir/a.c -o /elsewhere/a.o", "a.o"),
        ("-c dir/a.c -o {root}2/a.o", "a.o"),
        ("-E -", "s/-"),
    ],
)
def test_the_seed_is_the_object_file_s_path_below_the_build_root(layout: Layout, line: str, seed: str) -> None:
    assert told(layout, "cc", *line.format(root=layout.root).split())[-1] == f"-frandom-seed={seed}"


@pytest.mark.parametrize(
    ("line", "inputs"),
    [
        ("-Wl,-o,x -c a.c -o y.o", ["a.c"]),
        ("-MD -MF x.d -MT a.o -c a.c", ["a.c"]),
        ("-shared -Xlinker -rpath -Xlinker /x a.o -o x", ["a.o"]),
        ("-I inc -D A=1 -isystem sys -include x.h -c a.c", ["a.c"]),
        ("-shared a.o -L lib -l z -o x.so -T script -u symbol", ["a.o"]),
    ],
)
def test_values_of_flags_are_no_inputs(layout: Layout, line: str, inputs: list[str]) -> None:
    assert logged(layout, *line.split()).inputs == tuple(inputs)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cru x.a a.o", "cruD x.a a.o"),
        ("rcs x.a a.o", "rcsD x.a a.o"),
        ("-crU x.a", "-crD x.a"),
        ("t x.a", "t x.a"),
        ("--version", "--version"),
        ("-c -r x.a a.o", "-crD x.a a.o"),
        ("--plugin p.so rcs x.a", "--plugin p.so rcsD x.a"),
        ("qc x.a a.o", "qcD x.a a.o"),
        ("s x.a", "sD x.a"),
        ("Drc x.a", "rcD x.a"),
        ("d x.a a.o", "dD x.a a.o"),
        ("x x.a", "x x.a"),
        ("p x.a", "p x.a"),
        ("", ""),
    ],
)
def test_archives_get_no_times(layout: Layout, line: str, expected: str) -> None:
    assert told(layout, "ar", *line.split()) == expected.split()
