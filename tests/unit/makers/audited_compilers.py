"""Compilers behind wrappers, and the log of the files that they open."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from actions import NO_NATIVE, toolchain

from build_wheel.cc.install_wrappers import write_wrappers
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

CLANG = shutil.which("clang") or shutil.which("clang-14") or shutil.which("clang-19") or ""
COMPILERS = ["/usr/bin/gcc", pytest.param(CLANG, marks=pytest.mark.skipif(not CLANG, reason="there is no clang"))]
ODD = "in c$lude #1"


def layout_in(folder: Path, compiler: str) -> Layout:
    """A build root with wrappers before a compiler, and with sources that include headers."""
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


def run(layout: Layout, *line: str, stdin: str = "", env: dict[str, str] | None = None) -> str:
    """Runs a wrapper in the source; it must not tell of the audit. Returns the output."""
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
    """Makes the wrappers keep no log."""
    config = layout.compilers / "wrapper"
    fields = [field for field in config.read_text().split("\0") if not field.startswith("audit")]
    config.write_text("\0".join(fields))


def entries(layout: Layout, kind: str) -> list[dict[str, Any]]:
    """What the log has of a kind; nothing else may be left beside it."""
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
