"""The log of opened files: below any path, without a trace, and with no other byte in what is built."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from audited_compilers import COMPILERS, ODD, entries, headers, layout_in, not_audited, run

if TYPE_CHECKING:
    from pathlib import Path

    from isolation.layout import Layout


@pytest.fixture(params=COMPILERS)
def layout(tmp_path: Path, request: pytest.FixtureRequest) -> Layout:
    return layout_in(tmp_path, request.param)


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


def test_what_fails_and_what_only_asks_leaves_nothing(layout: Layout) -> None:
    (layout.source / "bad.c").write_text("#include <stdio.h>\n#include <no_such_header.h>\n")
    for line in (["-c", "bad.c"], ["--version"], ["-M", "a.c", f"-I../../{ODD}"], ["-shared", "x.o", "-lnone"]):
        subprocess.run([str(layout.compilers / "cc"), *line], cwd=layout.source, capture_output=True, check=False)
    assert entries(layout, "header") == entries(layout, "library") == []


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
