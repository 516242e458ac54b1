"""The command line of `wheel_diff`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildinfo.document import BuildInfo
from common.errors import DIFFERENT, FAILED, UserError, show_error
from wheel_diff.archive import Limits, open_wheel
from wheel_diff.compare import compare_wheels
from wheel_diff.environment import environment_report
from wheel_diff.printable import printable
from wheel_diff.reports.diffoscope import diffoscope_outputs
from wheel_diff.reports.html import html_report
from wheel_diff.reports.json import json_report
from wheel_diff.reports.text import text_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheel_diff.archive import Wheel
    from wheel_diff.difference import Comparison


_DESCRIPTION = "Says in what two wheels differ, and why. Exit code 0: equal; 1: different; 2: they can't be compared."


@dataclass(frozen=True)
class Options:
    """What the command line says.

    Args:
        a: the first wheel, as the user wrote it.
        b: the second.
        folder: what relative paths start from.
        json: whether to print JSON.
        environment: whether the two are build information, and not wheels.
        html: the page to write, or None.
        diffoscope: whether to put diffoscope's output into the page.
        everything: whether the text leaves out nothing.
        limits: how much is read.
    """

    a: str
    b: str
    folder: Path
    json: bool
    environment: bool
    html: Path | None
    diffoscope: bool
    everything: bool
    limits: Limits


def parse_options(arguments: Sequence[str], folder: Path) -> Options:
    """Reads the command line; paths are relative to `folder`."""
    parser = argparse.ArgumentParser(prog="wheel_diff", description=_DESCRIPTION)
    parser.add_argument("a", metavar="A.whl", help="a wheel")
    parser.add_argument("b", metavar="B.whl", help="another one")
    parser.add_argument(
        "--environment",
        action="store_true",
        help="compare what two wheels were built with: A and B are their .buildinfo.json files",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.add_argument("--html", metavar="FILE", help="also write a page to look at or to mail")
    parser.add_argument("--diffoscope", action="store_true", help="put diffoscope's output into the page, if installed")
    parser.add_argument("--all", action="store_true", help="print all lines, however many")
    parser.add_argument(
        "--max-unpacked-bytes", type=int, metavar="N", help="read no larger wheel; a hundred times its packed size"
    )
    parsed = parser.parse_args(arguments)
    return Options(
        a=parsed.a,
        b=parsed.b,
        folder=folder,
        json=parsed.json,
        environment=parsed.environment,
        html=folder / parsed.html if parsed.html else None,
        diffoscope=parsed.diffoscope,
        everything=parsed.all,
        limits=Limits(max_unpacked_bytes=parsed.max_unpacked_bytes),
    )


def main(arguments: Sequence[str]) -> int:
    """Runs the command and turns errors into messages; returns the exit code."""
    try:
        return wheel_diff(arguments)
    except UserError as error:
        said = error
    except MemoryError:
        said = UserError("There is not enough memory to compare the wheels.", fix="Compare them on a larger machine.")
    except Exception as error:  # Python's exit code would say that the wheels differ
        said = UserError(
            f"This is a mistake in wheel_diff: {type(error).__name__}: {printable(str(error))}.",
            fix="Report it, with both wheels.",
        )
    show_error(said)
    return FAILED


def wheel_diff(arguments: Sequence[str]) -> int:
    """The command `wheel_diff`.

    Args:
        arguments: the command line.

    Returns:
        0 if the wheels are equal, 1 if they differ.

    Raises:
        UserError: one of them is no readable wheel, or the page can't be written.
    """
    options = parse_options(arguments, Path(os.environ.get("BUILD_WORKING_DIRECTORY", ".")))
    path_a, path_b = options.folder / options.a, options.folder / options.b
    if options.environment:
        return _compare_environments(path_a, path_b, options)
    if options.html:
        _check_is_no_input(options.html, (path_a, path_b))
    with open_wheel(path_a, options.a, options.limits) as a, open_wheel(path_b, options.b, options.limits) as b:
        comparison = compare_wheels(a, b, options.limits)
        if options.html:
            extra = diffoscope_outputs(_changed(comparison, a, b, options.limits)) if options.diffoscope else {}
            _write(options.html, html_report(comparison, extra))
    _print(json_report(comparison) if options.json else _text(comparison, options))
    if comparison.verdict == "equal":
        return 0
    told = [Path(f"{path}.buildinfo.json") for path in (path_a, path_b)]
    if not options.json and all(file.is_file() for file in told):
        files = " ".join(shlex.quote(f"{name}.buildinfo.json") for name in (options.a, options.b))
        _print(f"\nIn what they were built with: wheel_diff --environment {files}\n")
    return DIFFERENT


def _compare_environments(a: Path, b: Path, options: Options) -> int:
    names = (printable(options.a), printable(options.b))
    report = environment_report(BuildInfo.read(a), BuildInfo.read(b), names, everything=options.everything)
    _print(report or f"{names[0]} and {names[1]} tell of the same environment.\n")
    return DIFFERENT if report else 0


def _text(comparison: Comparison, options: Options) -> str:
    colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return text_report(comparison, colours=colours, everything=options.everything)


def _changed(comparison: Comparison, a: Wheel, b: Wheel, limits: Limits) -> dict[str, tuple[bytes, bytes]]:
    """The contents of the first few members that have something of their own that differs."""
    names = dict.fromkeys(
        difference.member
        for difference in comparison.differences
        if not (difference.packaging or difference.consequence) and difference.kind not in ("member", "header")
    )
    found: dict[str, tuple[bytes, bytes]] = {}
    for name in names:
        one, two = a.members.get((name, 1)), b.members.get((name, 1))
        if one and two and max(one.info.file_size, two.info.file_size) <= limits.max_examined_bytes and len(found) < 5:
            found[name] = (a.read(one), b.read(two))
    return found


def _check_is_no_input(page: Path, inputs: Sequence[Path]) -> None:
    for wheel in inputs:
        if page.exists() and wheel.exists() and page.samefile(wheel):
            raise UserError(
                f"--html would overwrite the wheel {printable(wheel.name)}.",
                where="--html",
                fix="Name another file, such as --html diff.html.",
            )


def _write(page: Path, text: str) -> None:
    try:
        page.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{printable(str(page))} can't be written: {error.strerror}.",
            where="--html",
            fix="Name a file in a folder that exists.",
        ) from error


def _print(text: str) -> None:
    """Prints to a terminal of any encoding, and to a reader that stops early, such as `head`."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="backslashreplace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would try to flush once more, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
