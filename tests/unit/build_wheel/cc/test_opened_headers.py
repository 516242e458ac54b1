"""Headers that a compiler opens or asks for, and what its assembler includes."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from actions import NO_NATIVE, toolchain
from audited_compilers import COMPILERS, ODD, entries, headers, layout_in, run

from build_wheel.cc.install_wrappers import write_wrappers
from build_wheel.cc.opened_headers import make_prerequisites
from isolation.layout import Layout


@pytest.fixture(params=COMPILERS)
def layout(tmp_path: Path, request: pytest.FixtureRequest) -> Layout:
    return layout_in(tmp_path, request.param)


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


# What compilers do not tell by themselves


@pytest.mark.parametrize(
    "line", ["-MD -MF /dev/null", "-MD -MF/dev/null", "-MD -MF stale.d -MF /dev/null", "-MD -MF -"]
)
def test_a_list_that_nobody_keeps_hides_no_header(layout: Layout, line: str) -> None:
    run(layout, "cc", f"-I../../{ODD}", *line.split(), "-c", "a.c", "-o", "a.o")
    assert "/usr/include/stdio.h" in headers(layout)


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
