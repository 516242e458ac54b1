"""The command `rebuild WHEEL BUILDINFO`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildinfo.document import BuildInfo, sha256
from errors import UserError
from install_wheel.install import InstallParams
from rebuild.inputs import Sources, place_inputs
from rebuild.job import start_job
from rebuild.tools import check_helper, check_tools
from wheel_diff.command import wheel_diff

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOC = """Builds a wheel again from its build information, without Bazel, and compares.

The inputs come by hash, from --inputs and the package index that pip is configured for. Exit codes: 0 if the wheel is
the same, byte for byte; 1 if not, or if it can't be built again here.
"""


def rebuild(arguments: Sequence[str]) -> int:
    """Runs the command.

    Returns:
        0 if the wheel that was built again is the given one, else 1.

    Raises:
        UserError: the wheel is not the one that the build information tells of, the tools or inputs are others, or the
            build fails.
    """
    options = _parser().parse_args(arguments)
    os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY", "."))  # Bazel's, where `bazel run` was typed
    info = BuildInfo.read(options.buildinfo)
    found = sha256(_existing(options.wheel))
    if found != info.sha256:
        raise UserError(
            f"{options.wheel.name} is not the wheel that {options.buildinfo.name} tells of.\n"
            f"  recorded sha256: {info.sha256}\n  found:           {found}",
            where=str(options.wheel),
            fix="Get the wheel anew. If it is the one that you were given, it was changed after it was built.",
        )
    check_tools(info, options.toolchain)
    for line in check_helper(info):
        print(line, file=sys.stderr)
    scratch = Path(tempfile.mkdtemp(prefix="rebuild-"))
    try:
        made = _build(info, options, scratch)
        if sha256(made) == info.sha256:
            print(f"{info.wheel} was built again, with the same bytes (sha256 {info.sha256}).")
            return 0
        print(f"{info.wheel} is not what its inputs give: built again, it has the sha256 {sha256(made)}.", flush=True)
        return wheel_diff([str(options.wheel.absolute()), str(made)])
    finally:
        if options.keep:
            print(f"The build stays in {scratch}.", file=sys.stderr)
        else:
            shutil.rmtree(scratch, ignore_errors=True)


def _build(info: BuildInfo, options: argparse.Namespace, scratch: Path) -> Path:
    root = scratch / "execroot"
    root.mkdir()
    wheels = place_inputs(info, Sources(tuple(options.inputs), scratch, options.index_url), root)
    for tree, wheel in wheels.items():
        (root / tree).parent.mkdir(parents=True, exist_ok=True)
        problem = start_job("install_wheel", asdict(InstallParams(wheel, tree, {}, bytecode=True)), root)
        if problem:
            raise UserError(
                f"A build requirement can't be installed:\n{problem}", where=wheel, fix="Check the file in --inputs."
            )
    if options.toolchain:
        _add_toolchain(options.toolchain / "external", root / "external")
    output: Path = root / info.recipe["output"]
    output.parent.mkdir(parents=True, exist_ok=True)
    problem = start_job("build_wheel", _parameters(info), root)
    if problem:
        raise UserError(
            f"The wheel can't be built again:\n{problem}",
            where=info.wheel,
            fix="See what the build says; --keep leaves its folder.",
        )
    return output


def _add_toolchain(repositories: Path, external: Path) -> None:
    external.mkdir(exist_ok=True)
    for repository in sorted(repositories.iterdir()):
        if not (external / repository.name).exists():
            (external / repository.name).symlink_to(repository.absolute())


def _parameters(info: BuildInfo) -> dict[str, Any]:
    parameters: dict[str, Any] = json.loads(json.dumps(info.recipe))
    return {
        **parameters,
        "fingerprints": {"compiler": None, "python": None},
        "from_lock": False,
        "host_files_output": "host_files.json",
        "keep_build_root": False,
    }


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise UserError(f"There is no file {file}.", where="the command line", fix="Check the path.")
    return file


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rebuild", description=_DOC)
    parser.add_argument("wheel", type=Path, metavar="WHEEL", help="the wheel")
    parser.add_argument("buildinfo", type=Path, metavar="BUILDINFO", help="its .buildinfo.json")
    parser.add_argument(
        "--inputs",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="where to look for what no package index has, by name and hash: wheels that were built, patches, source "
        "trees, libraries; may be given several times",
    )
    parser.add_argument(
        "--toolchain",
        type=Path,
        metavar="FOLDER",
        help="the folder that has `external` with the compiler of a toolchain that is no tool of the machine",
    )
    parser.add_argument(
        "--index-url",
        default=os.environ.get("PIP_INDEX_URL", ""),
        metavar="URL",
        help="the package index; by default that of PIP_INDEX_URL or pip's configuration",
    )
    parser.add_argument("--keep", action="store_true", help="leave the folder of the build")
    return parser
