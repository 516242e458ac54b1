"""Asks Bazel, in the workspace of whoever types a command."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.errors import UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def add_bazel_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of a command that starts Bazel, for `Bazel.of`."""
    parser.add_argument("patterns", metavar="PATTERN", nargs="*", default=["//..."], help="targets; by default //...")
    parser.add_argument(
        "--flag", action="append", default=[], metavar="FLAG", help="a flag for Bazel, such as --flag=--jobs=1"
    )
    program = os.environ.get("BAZELW", "bazel")  # a bazelw that has started this with `bazel run`
    parser.add_argument("--bazel", default=program, metavar="PROGRAM", help="the Bazel to use; by default %(default)s")


class Bazel:
    """Bazel in one workspace. Its messages go to standard error.

    Args:
        program: the Bazel.
        workspace: the workspace.
        flags: flags for what builds.
    """

    def __init__(self, program: str, workspace: Path, flags: Sequence[str]) -> None:
        self._workspace = workspace
        self._flags = flags
        self._program = program

    @classmethod
    def of(cls, options: argparse.Namespace) -> Bazel:
        """That of a command line with `add_bazel_options`."""
        return cls(options.bazel, Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", ".")), options.flag)

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs one command, with the flags where it builds or analyses.

        Raises:
            UserError: there is no such Bazel.
        """
        flags = () if command in ("query", "info") else self._flags
        line = [self._program, command, "--noshow_progress", *flags, *arguments]
        try:
            return subprocess.run(line, cwd=self._workspace, stdout=subprocess.PIPE, text=True, check=False)
        except OSError as error:
            raise UserError(
                f"{self._program} can't be started: {error.strerror}.",
                where="--bazel, or PATH",
                fix="Name the Bazel to use: --bazel PROGRAM",
            ) from error

    def events(self, command: str, labels: Sequence[str], *arguments: str) -> list[dict[str, Any]]:
        """Builds or tests targets, as many as there are, whatever becomes of each, and returns Bazel's events."""
        with tempfile.TemporaryDirectory() as folder:
            events, targets = Path(folder) / "events", Path(folder) / "targets"
            targets.write_text("\n".join(labels), encoding="utf-8")
            told = f"--build_event_json_file={events}"
            self.run(command, f"--target_pattern_file={targets}", "--keep_going", *arguments, told)
            lines = events.read_text(encoding="utf-8").splitlines() if events.exists() else []
        return [json.loads(line) for line in lines]

    def for_each(self, targets: str, expression: str) -> list[str]:
        """A Starlark expression of `target`, for each of them that can be analysed; see Bazel's cquery.

        Args:
            targets: what to ask cquery for.
            expression: gives a text; one with several lines is several results.
        """
        with tempfile.TemporaryDirectory() as folder:
            query = Path(folder) / "query"
            query.write_text(targets, encoding="utf-8")
            output = ("--output=starlark", f"--starlark:expr={expression}", f"--query_file={query}")
            done = self.run("cquery", "--keep_going", *output)
        return sorted(set(done.stdout.splitlines()) - {""})

    def wheels(self, patterns: str) -> list[str]:
        """The labels of all wheels that are built from source for these targets, as far as they can be analysed."""
        return self.for_each(f'kind("^py_sdist_wheel rule$", deps(set({patterns})))', "str(target.label)")
