"""What the machine's own compilers and linkers tell of the files they open."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from actions import NO_NATIVE, toolchain

from build_wheel.cc.install_wrappers import write_wrappers
from build_wheel.cc.opened_headers import make_prerequisites
from isolation.layout import Layout

CLANG = shutil.which("clang") or shutil.which("clang-14") or shutil.which("clang-19") or ""
COMPILERS = ["/usr/bin/gcc", pytest.param(CLANG, marks=pytest.mark.skipif(not CLANG, reason="there is no clang"))]
ODD = "in c$lude #1"


def layout_in(folder: Path, compiler: str) -> Layout:
    made = Layout(folder, folder / "root")
    made.create()
    cc = toolchain(c_compiler=compiler, cxx_compiler=compiler)
    write_wrappers(made, cc, NO_NATIVE, tags="cp311-cp311-linux_x86_64", bundle="demo.libs")
    host = folder / ODD
    host.mkdir(parents=True)
    (host / "a b.h").write_text("#define VALUE 1\n")
    (made.source / "a.c").write_text('#include <stdio.h>\n#include "a b.h"\nint a(void) { return VALUE; }\n')
    (made.source / "b.c").write_text("#include <math.h>\nint b(void) { return 1; }\n")
    (made.source / "link.h").symlink_to(host / "a b.h")
    return made


@pytest.fixture(params=COMPILERS)
def layout(tmp_path: Path, request: pytest.FixtureRequest) -> Layout:
    return layout_in(tmp_path, request.param)


def run(layout: Layout, *line: str, stdin: str = "", env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(layout.compilers / line[0]), *line[1:]],
        cwd=layout.source,
        input=stdin,
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "CC_PRINT" not in done.stderr
    assert "dependency" not in done.stderr
    return done.stdout


def not_audited(layout: Layout) -> None:
    config = layout.compilers / "wrapper"
    fields = [field for field in config.read_text().split("\0") if not field.startswith("audit")]
    config.write_text("\0".join(fields))


def entries(layout: Layout, kind: str) -> list[dict[str, Any]]:
    log = layout.compilers / "audit"
    found = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    left = {file.name for file in layout.compilers.glob("audit.*")} - {"audit.answers"}
    assert not left
    return [entry for entry in found if entry["kind"] == kind]


def headers(layout: Layout) -> set[str]:
    """Of all compilations; all of them have to be known."""
    found = entries(layout, "header")
    assert all(entry["files"] is not None for entry in found), found
    return {name.replace("/./", "/") for entry in found for name in entry["files"]}


@pytest.mark.parametrize(
    "line",
    [
        "-c a.c -o a.o",
        "-c a.c",
        "-S a.c -o a.s",
        "-E a.c -o a.i",
        "-c a.c b.c",
        "-shared -fPIC a.c b.c -o x.so",
        "@flags",
        "-x c -c a.txt -o a.o",
        "-MD -c a.c",
        "-MD -c a.c -o sub/a.o",
        "-MD -MF own.d -MT a.o -c a.c -o a.o",
        "-MD -MFown.d -MP -c a.c -o a.o",
        "-MMD -c a.c -o a.o",
        "-MMD -MF own.d -c a.c b.c",
        "-Wp,-MD,own.d -c a.c -o a.o",
        "-Wp,-MMD,own.d -c a.c -o a.o",
        "-MD -shared -fPIC a.c b.c -o x.so",
    ],
)
def test_headers_are_known_whatever_the_command_says(layout: Layout, line: str) -> None:
    (layout.source / "flags").write_text("-c a.c -o 'a o.o'")
    (layout.source / "a.txt").write_text((layout.source / "a.c").read_text())
    (layout.source / "sub").mkdir()
    run(layout, "cc", f"-I../../{ODD}", *line.split())
    found = headers(layout)
    assert f"{layout.source}/../../{ODD}/a b.h" in found
    assert "/usr/include/stdio.h" in found
    assert ("/usr/include/math.h" in found) == ("b.c" in line)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", ["two words", "größe 大", 'a "quoted" $name #1'])
@pytest.mark.parametrize("line", ["-c a.c -o a.o", "-MMD -c a.c b.c", "-shared -fPIC a.c b.c -o x.so -lz"])
def test_headers_and_libraries_are_known_below_any_path(tmp_path: Path, compiler: str, name: str, line: str) -> None:
    """GCC splits the variable for its list at a blank."""
    layout = layout_in(tmp_path / name, compiler)
    run(layout, "cc", f"-I../../{ODD}", *line.split(), env={"PATH": "/usr/bin:/bin"})
    assert {f"{layout.source}/../../{ODD}/a b.h", "/usr/include/stdio.h"} <= headers(layout)
    linked = [file for entry in entries(layout, "library") for file in entry["files"]]
    assert any(file.endswith("/libz.so") for file in linked) == ("-shared" in line)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_where_a_blank_leaves_no_name_for_the_list_it_is_said(tmp_path: Path) -> None:
    layout = layout_in(tmp_path / "two words", "/usr/bin/gcc")
    source = layout.source / "a.c"
    subprocess.run(
        [layout.compilers / "cc", "-c", source, "-I", tmp_path / "two words" / ODD], cwd=tmp_path, check=True
    )
    assert [entry["files"] for entry in entries(layout, "header")] == [None]
    assert {entry.name for entry in tmp_path.iterdir()} == {"two words", "a.o"}


def test_every_header_is_known_when_the_package_wants_them_too(layout: Layout) -> None:
    """Its own file is the same as without the audit."""
    run(layout, "cc", f"-I../../{ODD}", "-MMD", "-MF", "own.d", "-c", "a.c", "-o", "a.o")
    own = (layout.source / "own.d").read_text()
    assert "stdio.h" not in own
    assert "/usr/include/stdio.h" in headers(layout)


def test_a_source_from_standard_input(layout: Layout) -> None:
    run(layout, "cc", "-x", "c", "-c", "-", "-o", "a.o", stdin="#include <time.h>\nint a;\n")
    assert "/usr/include/time.h" in headers(layout)


def test_a_source_from_standard_input_that_the_package_wants_a_list_of(layout: Layout) -> None:
    flags = ["-MMD", "-MF", "own.d", "-x", "c", "-c", "-", "-o", "a.o"]
    run(layout, "cc", *flags, stdin="#include <time.h>\nint a;\n")
    assert "/usr/include/time.h" in headers(layout)


@pytest.mark.parametrize("flags", [(), ("-fno-canonical-system-headers",)])
def test_headers_of_inputs_are_called_as_the_build_names_them(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """GCC may call a system header by its real path: outside of the execution root, and another on each machine."""
    objects = []
    for place in ("one", "another/longer/one"):
        real = tmp_path / place / "real"
        (real / "include").mkdir(parents=True)
        (real / "include" / "input.h").write_text("static const char *file = __FILE__;\n")
        folder = tmp_path / place / "long_execution_root" / "of_the_sandbox"
        made = Layout(folder, folder / "root")
        made.create()
        (folder / "external").symlink_to(real)
        cc = toolchain(c_compiler="/usr/bin/gcc", c_flags=flags)
        native = replace(NO_NATIVE, system_includes=("external/include",))
        write_wrappers(made, cc, native, tags="cp311-cp311-linux_x86_64", bundle="x.libs")
        (made.source / "a.c").write_text("#include <input.h>\nconst char *where(void) { return file; }\n")
        run(made, "cc", "-c", "a.c", "-o", "a.o")
        assert f"{folder}/external/include/input.h" in headers(made)
        objects.append((made.source / "a.o").read_bytes())
    assert objects[0] == objects[1]
    assert b"/execroot/external/include/input.h" in objects[0]


# What compilers and linkers do not tell by themselves


@pytest.mark.parametrize(
    "line", ["-MD -MF /dev/null", "-MD -MF/dev/null", "-MD -MF stale.d -MF /dev/null", "-MD -MF -"]
)
def test_a_list_that_nobody_keeps_hides_no_header(layout: Layout, line: str) -> None:
    run(layout, "cc", f"-I../../{ODD}", *line.split(), "-c", "a.c", "-o", "a.o")
    assert "/usr/include/stdio.h" in headers(layout)


@pytest.mark.parametrize(
    "flag", ["--dependency-file=/dev/null", "-dependency-file=/dev/null", "--dependency-file,/dev/null"]
)
def test_a_list_that_nobody_keeps_hides_no_library(layout: Layout, flag: str) -> None:
    run(
        layout,
        "cc",
        "-fPIC",
        "-shared",
        f"-I../../{ODD}",
        "a.c",
        "-o",
        "a.so",
        "-Wl,--no-as-needed",
        "-lz",
        f"-Wl,{flag}",
    )
    (entry,) = entries(layout, "library")
    assert [name for name in entry["files"] if name.endswith("/libz.so")]


INCBIN = '__asm__(".section .rodata\\n.incbin \\"{}\\"\\n.text\\n");\nint data;\n'


@pytest.mark.parametrize("flags", ["-c", "-c -O2 -g", "-MD -c", "-shared -fPIC -nostdlib", "-c -flto", "-c b.c"])
@pytest.mark.parametrize("name", ["x.c", "x.s", "x.S"])
def test_what_incbin_reads_is_known_or_it_is_said(layout: Layout, name: str, flags: str) -> None:
    """GNU's assembler tells; clang's does not, nor of several sources, nor when the code is made at link time."""
    blob = layout.execroot / ODD / "blob"
    blob.write_text("secret")
    text = INCBIN.format(blob) if name == "x.c" else f'.incbin "{blob}"\n'
    (layout.source / name).write_text(text)
    run(layout, "cc", *flags.split(), name)
    found = entries(layout, "header")
    told = {file for entry in found for file in entry["files"] or ()}
    if "gcc" in (layout.compilers / "wrapper").read_text() and "-flto" not in flags and "b.c" not in flags:
        assert str(blob) in told
        assert all(entry["files"] is not None for entry in found)
    else:
        assert str(blob) in told or [entry for entry in found if entry["files"] is None]


def test_what_only_preprocesses_assembles_nothing(layout: Layout) -> None:
    (layout.source / "x.c").write_text(INCBIN.format("b.c"))
    for flag in ("-E", "-S", "-fsyntax-only"):
        run(layout, "cc", flag, "x.c")
    assert all(entry["files"] is not None for entry in entries(layout, "header"))


@pytest.mark.parametrize("probe", ["<zlib.h>", '"zlib.h"', "<a b.h>"])
@pytest.mark.parametrize("place", ["source", "header", "standard input"])
def test_a_header_that_is_only_asked_for_is_known(layout: Layout, probe: str, place: str) -> None:
    """The wheel is another one where it is not there."""
    text = f"#if __has_include({probe})\nint there;\n#endif\n#if __has_include(<no_such.h>)\nint none;\n#endif\n"
    (layout.source / "own.h").write_text(text)
    (layout.source / "x.c").write_text(text if place == "source" else '#include "own.h"\n')
    line = ["-x", "c", "-"] if place == "standard input" else ["x.c"]
    run(layout, "cc", f"-I../../{ODD}", "-c", *line, "-o", "x.o", stdin=text)
    found = {Path(name).name for name in headers(layout)}
    assert ("zlib.h" if "zlib" in probe else "a b.h") in found
    assert "no_such.h" not in found


def test_what_a_macro_asks_for_is_said_to_be_unknown(layout: Layout) -> None:
    (layout.source / "x.c").write_text("#ifndef __has_include\n#define __has_include(x) 0\n#endif\nint x;\n")
    run(layout, "cc", "-c", "x.c")
    assert all(entry["files"] is not None for entry in entries(layout, "header"))
    (layout.source / "y.c").write_text("#define NAME <zlib.h>\n#if __has_include(NAME)\nint y;\n#endif\n")
    run(layout, "cc", "-c", "y.c")
    assert [entry["by"] for entry in entries(layout, "header") if entry["files"] is None] == [[f"{layout.source}/y.c"]]


def test_what_fails_and_what_only_asks_leaves_nothing(layout: Layout) -> None:
    (layout.source / "bad.c").write_text("#include <stdio.h>\n#include <no_such_header.h>\n")
    for line in (["-c", "bad.c"], ["--version"], ["-M", "a.c", f"-I../../{ODD}"], ["-shared", "x.o", "-lnone"]):
        subprocess.run([str(layout.compilers / "cc"), *line], cwd=layout.source, capture_output=True, check=False)
    assert entries(layout, "header") == entries(layout, "library") == []


def test_assembler_and_preprocessed_sources_have_no_headers(layout: Layout) -> None:
    (layout.source / "s.s").write_text(".text\n")
    (layout.source / "i.i").write_text("int i;\n")
    run(layout, "cc", "-c", "s.s")
    run(layout, "cc", "-c", "i.i")
    assert headers(layout) == set()


def test_a_link_in_the_source_is_told_as_it_is_named(layout: Layout) -> None:
    (layout.source / "c.c").write_text('#include "link.h"\n')
    run(layout, "cc", "-c", "c.c")
    assert f"{layout.source}/link.h" in headers(layout)


@pytest.mark.parametrize("flags", [[], ["-g", "-O2"], ["-MMD"], ["-save-temps"]])
def test_no_byte_of_an_object_or_a_library_changes(layout: Layout, flags: list[str]) -> None:
    """Against the same compiler with the same arguments, but not asked for anything."""
    compiled = [f"-I../../{ODD}", "-fPIC", *flags, "-c", "a.c", "-o", "a.o"]
    outputs = []
    for audited in (True, False):
        if not audited:
            not_audited(layout)
        for line in (compiled, ["-shared", "a.o", "-o", "a.so", "-lz"]):
            run(layout, "cc", *line)
        outputs.append({file.name: file.read_bytes() for file in layout.source.iterdir() if file.is_file()})
    assert {"a.o", "a.so"} <= outputs[0].keys()
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["-Wl,--dependency-file=own.d"],
        ["-Wl,--dependency-file,own.d"],
        ["-Xlinker", "--dependency-file", "-Xlinker", "own.d"],
        ["-fuse-ld=bfd"],
        pytest.param(
            ["-fuse-ld=gold"], marks=pytest.mark.skipif(not shutil.which("ld.gold"), reason="there is no gold")
        ),
        pytest.param(["-fuse-ld=lld"], marks=pytest.mark.skipif(not shutil.which("ld.lld"), reason="there is no lld")),
    ],
)
def test_libraries_that_were_linked(layout: Layout, flags: list[str]) -> None:
    run(layout, "cc", "-fPIC", f"-I../../{ODD}", "-c", "a.c", "-o", "a o.o")
    run(layout, "cc", "-shared", "a o.o", "-o", "x: y.so", "-Wl,--no-as-needed", "-lz", *flags)
    (entry,) = entries(layout, "library")
    assert entry["by"] == [f"{layout.source}/x: y.so"]
    assert f"{layout.source}/a o.o" in entry["files"]
    assert [name for name in entry["files"] if name.endswith("/libz.so")]


def test_the_linker_itself(layout: Layout) -> None:
    run(layout, "cc", "-fPIC", f"-I../../{ODD}", "-c", "a.c", "-o", "a.o")
    run(layout, "ld", "-shared", "a.o", "-lz", "-o", "x.so")
    assert "GNU" in run(layout, "ld", "--version")
    (entry,) = entries(layout, "library")
    assert [name for name in entry["files"] if name.endswith("/libz.so")]


LINKERS = ["ld.bfd", "ld.gold", "ld.lld", "x86_64-linux-gnu-ld.bfd", "x86_64-linux-gnu-ld.gold"]


@pytest.mark.parametrize("name", LINKERS)
def test_linkers_that_are_called_by_their_own_names(layout: Layout, name: str) -> None:
    """One that is not there must not seem to be."""
    real = shutil.which(name)
    assert (layout.compilers / name).exists() == bool(real)
    if not real:
        pytest.skip(f"there is no {name}")
    run(layout, "cc", "-fPIC", f"-I../../{ODD}", "-c", "a.c", "-o", "a.o")
    run(layout, name, "-shared", "a.o", "-lz", "-L/usr/lib/x86_64-linux-gnu", "-o", "x.so")
    (entry,) = entries(layout, "library")
    assert [file for file in entry["files"] if file.endswith("/libz.so")]
    assert [entry["files"] for entry in entries(layout, "program")] == [[real]]


@pytest.mark.parametrize("flag", ["-fuse-ld=bfd", "-fuse-ld=gold", "-DPLAIN"])
def test_a_linker_that_the_compiler_finds_on_path_is_asked_once(layout: Layout, flag: str) -> None:
    """GCC searches it on PATH, where the wrappers come first."""
    if flag == "-fuse-ld=gold" and not shutil.which("ld.gold"):
        pytest.skip("there is no gold")
    path = {"PATH": f"{layout.compilers}:/usr/bin:/bin"}
    run(layout, "cc", f"-I../../{ODD}", "-shared", "-fPIC", "a.c", "-o", "x.so", flag, env=path)
    assert len(entries(layout, "library")) == 1
    assert entries(layout, "program") == []


def test_a_linker_that_can_not_tell(tmp_path: Path) -> None:
    old = tmp_path / "old"
    cases = "case $word in *help) echo; exit;; *dependency*) exit 1;; esac"
    old.write_text(f'#!/bin/sh\nfor word; do {cases}; done\nexec gcc "$@"\n')
    old.chmod(0o755)
    layout = layout_in(tmp_path, str(old))
    run(layout, "cc", "-fPIC", f"-I../../{ODD}", "-shared", "a.c", "-o", "a.so")
    assert [entry["files"] for entry in entries(layout, "library")] == [None]


def test_without_a_log_nobody_is_asked(tmp_path: Path) -> None:
    """A closed build needs no audit: no variables, no flags, no file beside the log, and the same bytes."""
    told = tmp_path / "told"
    asks = tmp_path / "asks"
    asks.write_text(f'#!/bin/sh\n{{ env; echo "$0 $@"; }} >> {told}\nexec gcc "$@"\n')
    asks.chmod(0o755)
    outputs = []
    for audited in (True, False):
        layout = layout_in(tmp_path / str(audited), str(asks))
        if not audited:
            not_audited(layout)
        told.write_text("")
        run(layout, "cc", "-fPIC", f"-I../../{ODD}", "-c", "a.c", "-o", "a.o")
        run(layout, "cc", "-shared", "a.o", "-o", "a.so", "-lz")
        run(layout, "ld", "-shared", "a.o", "-o", "b.so")
        asked = {word for word in ("SUNPRO", "CC_PRINT", "dependency-file", "--help") if word in told.read_text()}
        assert bool(asked) == audited
        assert (layout.compilers / "audit").exists() == audited
        outputs.append([(layout.source / name).read_bytes() for name in ("a.o", "a.so", "b.so")])
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a.o: b.c c.h \\\n d.h\n", ["b.c", "c.h", "d.h"]),
        ("a\\ b.o: c\\ d.h e$$f.h g\\#h.h\n", ["c d.h", "e$f.h", "g#h.h"]),
        ("a.o x.d: b.c\n\nb.c:\n", ["b.c"]),
        ("C:a.o: b:c.h\n", ["b:c.h"]),
        ("", []),
    ],
)
def test_rules_of_make(text: str, names: list[str]) -> None:
    assert make_prerequisites(text) == names
