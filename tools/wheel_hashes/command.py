"""The command `wheel_hashes [--check]`."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from buildinfo.document import BuildInfo
from common.bazel import Bazel, add_bazel_options
from common.errors import DIFFERENT, UserError
from wheel_hashes.compare import differences
from wheel_hashes.records import COMMAND, Record, read_records, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOC = """Records the sha256 of every wheel that a workspace builds from source, and what it is built with.

Builds the wheels, with their build information, and writes wheels.sha256, to be checked in. With --check it compares
with that file and lists all that is not as recorded, each with its cause; with --rebuild, too, a wheel that its own
build does not repeat. Exit codes: 0 if all is as recorded, 1 if something is not, 2 if nothing can be compared.
"""
_OUTPUTS = (
    "'\\n'.join([str(target.label) + '\\t' + file.path for file in "
    "providers(target)['OutputGroupInfo'].buildinfo.to_list() if file.path.endswith('.buildinfo.json')])"
)

# What Bazel is told of an action is in the action's key, and the time is another one in each run.
_REBUILD = (f"--modify_execution_info=PySdistWheel=+no-cache,PySdistWheel=+rebuilt-{time.time_ns()}",)


def wheel_hashes(arguments: Sequence[str]) -> int:
    """Runs the command.

    Returns:
        see `_DOC`.

    Raises:
        UserError: there is no wheel, one can't be built, or the file can't be read.
    """
    parser = argparse.ArgumentParser(
        prog="wheel_hashes", description=_DOC, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_bazel_options(parser)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument(
        "--rebuild",
        action="store_true",
        help="build every wheel anew: what Bazel has built, here or in a cache, does not count",
    )
    parser.add_argument(
        "--file", type=Path, default=Path("wheels.sha256"), help="by default wheels.sha256, below the workspace's root"
    )
    options = parser.parse_args(arguments)
    file = Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", ".")) / options.file
    recorded = read_records(file) if options.check else {}
    found, failed = _build(Bazel.of(options), " ".join(options.patterns), _REBUILD if options.rebuild else ())
    if options.check:
        return _check(recorded, found, failed)
    if failed:
        raise UserError(
            f"{len(failed)} of {_wheels(len(found) + len(failed))} could not be built, so nothing was recorded:\n"
            + "\n".join(f"  {label}" for label in failed),
            where="Bazel's messages above",
            fix="Mend them, or name the targets whose wheels are to be recorded.",
        )
    try:
        file.write_text(text_of(found.values()), encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{file} can't be written: {error.strerror}.",
            where="--file",
            fix="Name a file in a folder that exists and can be written: --file FILE",
        ) from error
    print(f"{file} has the hashes of {_wheels(len(found))}.")
    return 0


def _check(recorded: dict[str, Record], found: dict[str, Record], failed: list[str]) -> int:
    paragraphs = differences(recorded, found, failed)
    if not paragraphs:
        print(f"As recorded: {_wheels(len(found))}.")
        return 0
    print("\n\n".join(paragraphs))
    print(f"\nNot as recorded: {len(paragraphs)} of {_wheels(len({*recorded, *found, *failed}))}.")
    print(f"If that is right, record them anew: {COMMAND}")
    return DIFFERENT


def _build(bazel: Bazel, patterns: str, flags: Sequence[str]) -> tuple[dict[str, Record], list[str]]:
    """Builds all wheels: (their records by label, the labels of those that could not be built)."""
    labels = bazel.wheels(patterns)
    if not labels:
        raise UserError(
            f"Nothing in {patterns} is built from source by py_sdist_wheel.",
            where="the command line",
            fix="Name targets that are, or depend on, such wheels; Bazel's messages above may say what is wrong.",
        )
    events = bazel.events("build", labels, "--output_groups=buildinfo", *flags)
    # A wheel that fails leaves the build information of an earlier one behind.
    ended = [(event["id"].get("targetCompleted", {}), event.get("completed", {})) for event in events]
    built = {_plain(target["label"]) for target, completed in ended if target and completed.get("success")}
    root = Path(bazel.run("info", "execution_root").stdout.strip())
    places = dict(line.split("\t") for line in bazel.for_each(f"config(set({' '.join(labels)}), target)", _OUTPUTS))
    found = {
        _plain(label): Record.of(_plain(label), BuildInfo.read(root / places[label]))
        for label in labels
        if label in places and _plain(label) in built
    }
    return found, [_plain(label) for label in labels if _plain(label) not in found]


def _plain(label: str) -> str:
    """A label without the signs that it is canonical: //third_party:x of the workspace, @repository//... of others."""
    plain = label.lstrip("@")
    return plain if plain.startswith("//") else f"@{plain}"


def _wheels(number: int) -> str:
    return "1 wheel" if number == 1 else f"{number} wheels"
