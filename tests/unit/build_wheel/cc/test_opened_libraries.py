"""Libraries that a linker opens, under whatever name it is started."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from audited_compilers import COMPILERS, ODD, entries, layout_in, run

if TYPE_CHECKING:
    from pathlib import Path

    from isolation.layout import Layout


@pytest.fixture(params=COMPILERS)
def layout(tmp_path: Path, request: pytest.FixtureRequest) -> Layout:
    return layout_in(tmp_path, request.param)


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
