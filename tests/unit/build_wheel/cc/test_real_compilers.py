"""The wrappers before the machine's own GCC and binutils."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from actions import NO_NATIVE, toolchain
from archives import listing

from build_wheel.cc.install_wrappers import write_wrappers
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

C_OR_CXX = "#ifdef __cplusplus\nint cxx;\n#else\nint c;\n#endif\n"


def layout_in(folder: Path, *, cxx_compiler: str = "/usr/bin/gcc") -> Layout:
    made = Layout(folder, folder / "root")
    made.create()
    cc = toolchain(cxx_compiler=cxx_compiler, c_flags=("-g", "-O1"), cxx_flags=("-g", "-O1"))
    write_wrappers(made, cc, NO_NATIVE, tags="cp311-cp311-linux_x86_64", bundle="demo.libs")
    return made


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return layout_in(tmp_path)


def run(layout: Layout, *line: str) -> str:
    done = subprocess.run(
        [str(layout.compilers / line[0]), *line[1:]], cwd=layout.source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def symbols(layout: Layout, name: str, *flags: str) -> str:
    return subprocess.run(["nm", *flags, name], cwd=layout.source, capture_output=True, text=True, check=True).stdout


def test_every_output_is_the_same_in_any_folder(tmp_path: Path) -> None:
    """Debug information, assertions' file names, archives, shared libraries, anonymous namespaces."""
    outputs = []
    for place in ("one", "another/much/longer"):
        layout = layout_in(tmp_path / place)
        (layout.source / "a.c").write_text("#include <assert.h>\nint a(int x) { assert(x); return x; }\n")
        (layout.source / "b.cc").write_text("namespace { int hidden() { return 1; } }\nint b() { return hidden(); }\n")
        here = str(layout.source)
        run(layout, "cc", "-fPIC", "-c", f"{here}/a.c", "-o", f"{here}/a.o")
        run(layout, "c++", "-fPIC", "-c", f"{here}/b.cc", "-o", f"{here}/b.o")
        run(layout, "ar", "qc", f"{here}/x.a", f"{here}/a.o", f"{here}/b.o")
        run(layout, "ranlib", f"{here}/x.a")
        run(layout, "cc", "-shared", f"{here}/a.o", f"{here}/b.o", "-o", f"{here}/x.so")
        contents = {name: about.split()[2] for name, about in listing(layout.source).items() if "." in name}
        assert set(contents) == {"a.c", "b.cc", "a.o", "b.o", "x.a", "x.so"}
        outputs.append(contents)
    assert outputs[0] == outputs[1]


def test_c_given_to_a_cxx_compiler_is_cxx(layout: Layout) -> None:
    """As with g++; the toolchain's C++ compiler may be plain gcc."""
    (layout.source / "m.c").write_text(C_OR_CXX)
    run(layout, "c++", "-c", "m.c", "-o", "m.o")
    assert " cxx" in symbols(layout, "m.o")
    run(layout, "cc", "-c", "m.c", "-o", "m.o")
    assert " cxx" not in symbols(layout, "m.o")


def test_ranlib_indexes_every_archive_without_a_time(layout: Layout) -> None:
    for name in "ab":
        (layout.source / f"{name}.c").write_text(f"int {name};\n")
        run(layout, "cc", "-c", f"{name}.c", "-o", f"{name}.o")
        run(layout, "ar", "qcS", f"{name}.a", f"{name}.o")
    run(layout, "ranlib", "-t", "a.a", "b.a")
    for name in "ab":
        assert f"{name} in {name}.o" in symbols(layout, f"{name}.a", "-s")
        members = subprocess.run(["ar", "tv", layout.source / f"{name}.a"], capture_output=True, text=True, check=True)
        assert "0/0" in members.stdout
        assert "1970" in members.stdout


def test_ranlib_answers_and_fails_as_ranlib(layout: Layout) -> None:
    assert "GNU" in run(layout, "ranlib", "--version")
    for names in (["none.a", "empty.a"], ["empty.a", "none.a"]):
        run(layout, "ar", "qc", "empty.a")
        done = subprocess.run(
            [str(layout.compilers / "ranlib"), *names], cwd=layout.source, capture_output=True, check=False
        )
        assert done.returncode != 0


@pytest.mark.parametrize("program", ["cc", "gcc", "clang", "c99", "c++", "g++", "clang++", "x86_64-linux-gnu-gcc"])
def test_every_name_answers_as_the_toolchains_compiler(tmp_path: Path, program: str) -> None:
    """That of its language, whatever it is called: `clang` is no clang."""
    layout = layout_in(tmp_path, cxx_compiler="/usr/bin/g++")
    real = "/usr/bin/g++" if program in {"c++", "g++", "clang++"} else "/usr/bin/gcc"
    expected = subprocess.run([real, "--version"], capture_output=True, text=True, check=True).stdout
    assert run(layout, program, "--version") == expected
    assert not (layout.compilers / "log").exists()


def refused(layout: Layout, *line: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(layout.compilers / line[0]), *line[1:]],
        cwd=layout.source,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


CPU_FLAGS = [
    "-march=native",
    "-mtune=native",
    "-mcpu=native",
    "-mcpu=native+crc",
    "-Wa,-mnaked-reg,-march=native",
    "-Wl,-mllvm,-mcpu=native",
    "-Wl,-plugin-opt=mcpu=native",
]
SPECS = "*self_spec:\n+ -march=native\n\n"
DETECTS = "*self_spec:\n+ %:local_cpu_detect(arch 64)\n\n"


@pytest.mark.parametrize("flag", CPU_FLAGS)
@pytest.mark.parametrize("in_a_file", [False, True])
def test_native_is_refused_also_in_response_files(layout: Layout, flag: str, in_a_file: bool) -> None:
    (layout.source / "a.c").write_text("int a;\n")
    (layout.source / "inner").write_bytes(b"-DNAME=\xe9 " + flag.encode())
    (layout.source / "flags").write_text("-O2 @inner")
    message = refused(layout, "cc", "@flags" if in_a_file else flag, "-c", "a.c", "-o", "a.o")
    assert f"rules_sdist: {flag} makes the wheel depend on the CPU it was built on" in message
    assert "fix: switch it off in the package" in message
    assert not (layout.source / "a.o").exists()


@pytest.mark.parametrize(
    "line",
    [
        "cc -march=native -Q --help=target",
        "cc @flags -###",
        "c++ -march=native -E -v -",
        "cc -dumpversion -mtune=native",
        "ld -plugin-opt=mcpu=native x.o",
        "ld -mllvm -mcpu=native x.o",
    ],
)
def test_nobody_is_told_what_native_is(layout: Layout, line: str) -> None:
    """A package could ask first, and then compile with the answer."""
    (layout.source / "flags").write_text("-march=native")
    assert "makes the wheel depend on the CPU it was built on" in refused(layout, *line.split())


@pytest.mark.parametrize("text", [SPECS, DETECTS, "%include <inner>\n"])
@pytest.mark.parametrize("flag", ["-specs=x/specs", "--specs=x/specs", "-specs x/specs", "-Bx", "-Bx/", "-B x"])
def test_native_is_refused_in_specs(layout: Layout, text: str, flag: str) -> None:
    (layout.source / "x").mkdir()
    (layout.source / "x" / "specs").write_text(text)
    (layout.source / "inner").write_text(SPECS)
    (layout.source / "a.c").write_text("int a;\n")
    assert "makes the wheel depend on the CPU" in refused(layout, "cc", *flag.split(), "-c", "a.c")


@pytest.mark.parametrize(
    "line",
    [
        "-Xclang -target-cpu -Xclang native",
        "-cc1 -target-cpu native",
        "--config=x.cfg",
        "--config ./x.cfg",
    ],
)
def test_native_is_refused_as_clang_spells_it(layout: Layout, line: str) -> None:
    (layout.source / "x.cfg").write_text("-O2 -march=native\n")
    assert "makes the wheel depend on the CPU" in refused(layout, "clang", *line.split(), "-c", "a.c")
    variables = {"CCC_OVERRIDE_OPTIONS": "+-march=native"}
    assert "CCC_OVERRIDE_OPTIONS makes the wheel" in refused(layout, "clang", "-c", "a.c", env=variables)


def test_what_only_mentions_native_is_not_refused(layout: Layout) -> None:
    """GCC's own specs, and packages that record flags."""
    specs = run(layout, "cc", "-dumpspecs")
    assert "march=native" in specs
    (layout.source / "own.specs").write_text(specs)
    (layout.source / "a.c").write_text("const char *flags = FLAGS;\n")
    run(layout, "cc", "-specs=own.specs", '-DFLAGS="-march=native"', "-Wl,-z,now", "-c", "a.c")
    run(layout, "cc", "-march=x86-64", "-Q", "--help=target")


def test_two_objects_of_one_name_can_be_optimized_at_link_time(tmp_path: Path) -> None:
    """With one seed for both, GCC mixes up their sections and fails."""
    outputs = []
    for place in ("one", "another/much/longer"):
        layout = layout_in(tmp_path / place)
        for folder, more in (("a", ""), ("b", "extern int a(void); int main(void) { return hidden() + a(); }\n")):
            (layout.source / folder).mkdir()
            text = f"static int hidden(void) {{ return 3; }}\nint {folder}(void) {{ return hidden(); }}\n{more}"
            (layout.source / folder / "x.c").write_text(text)
            run(layout, "cc", "-flto", "-O2", "-c", f"{folder}/x.c", "-o", f"{folder}/x.o")
        run(layout, "ld", "-r", "a/x.o", "b/x.o", "-o", "both.o")
        run(layout, "cc", "-flto", "-O2", "both.o", "-o", "program")
        assert subprocess.run([layout.source / "program"], check=False).returncode == 6
        outputs.append((layout.source / "program").read_bytes())
    assert outputs[0] == outputs[1]
