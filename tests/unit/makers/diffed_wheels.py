"""Compares wheels, made to measure, with `wheel_diff`."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS, make_wheel, zip_archive, zip_member

from wheel_diff.command import main

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

INFO = "demo-1.0.dist-info"
C_SOURCE = """\
#include <assert.h>
#include <stdio.h>
#include <string.h>
int total(const char *text) {
    char copy[64];
    int sum = 0;
    assert(text);
    strcpy(copy, text);
    for (int i = 0; i < 64; i++) sum += copy[i] * i;
    printf("%d", sum);
    return sum;
}
"""


@dataclass(frozen=True)
class Result:
    """What the command did."""

    code: int
    output: str
    error: str

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()

    @property
    def head(self) -> str:
        """The first ten lines, which are seen without scrolling."""
        return "\n".join(self.lines[:10])


def run(*arguments: str | Path, cwd: Path | None = None) -> Result:
    """The command, without the time that Python takes to start."""
    output, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(error), pytest.MonkeyPatch.context() as patch:
        if cwd:
            patch.chdir(cwd)
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:  # argparse
            code = stop.code  # type: ignore[assignment]
    return Result(code, output.getvalue(), error.getvalue())


def start(*arguments: str | Path, cwd: Path | None = None, **env: str) -> Result:
    """The command, as a user starts it."""
    done = subprocess.run(
        [sys.executable, str(TOOLS / "wheel_diff"), *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def wheel(file: Path, members: Mapping[str, bytes], **header: object) -> Path:
    """Writes a wheel with these members; `header` is set in the header of each."""
    file.parent.mkdir(parents=True, exist_ok=True)
    infos = []
    for name, data in members.items():
        info = zip_member(name)
        for field, value in header.items():
            setattr(info, field, value)
        infos.append((info, data))
    return zip_archive(file, infos)


def shared_library(folder: Path, *flags: str, source: str = C_SOURCE) -> bytes:
    """Compiles a shared library from a source whose path is in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "_yaml.c").write_text(source)
    command = ["gcc", "-shared", "-fPIC", *flags, "-o", "_yaml.so", str(folder / "_yaml.c")]
    subprocess.run(command, cwd=folder, check=True)
    return (folder / "_yaml.so").read_bytes()


def diff(folder: Path, a: dict[str, str | bytes], b: dict[str, str | bytes], *options: str) -> Result:
    """Compares two wheels `demo` 1.0 with these files."""
    make_wheel(folder / "a", a)
    make_wheel(folder / "b", b)
    return run("a/demo-1.0-py3-none-any.whl", "b/demo-1.0-py3-none-any.whl", *options, cwd=folder)
