"""The command `rebuild [WHEEL] BUILDINFO`."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build_wheel.backend_environment import backend_environment
from build_wheel.params import BuildParams
from buildinfo.document import BuildInfo
from buildinfo.helper import own_hash
from common.errors import DIFFERENT, UserError, show_error
from common.files import remove_tree, sha256
from fingerprint.facts import difference
from install_wheel.install import InstallParams
from isolation.probe import why_not_closed
from rebuild.checks import HOST_FILES, PARAMETERS, check_document, refuse_links
from rebuild.inputs import Sources, place_inputs
from rebuild.job import start_job
from rebuild.rust import place_rust, rust_files
from rebuild.tools import check_tools
from rebuild.wrapper import compile_wrapper
from wheel_diff.command import wheel_diff
from wheel_diff.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOC = """Builds a wheel again from its build information, without Bazel, and compares with it or its hash.

The inputs come by hash, from --inputs and the package index that pip is configured for. Exit codes: 0 if the wheel is
the same, byte for byte, and its build information is true; 1 if its inputs give another one; 2 if something else is not
as it says, or it can't be built again here.

The build is closed: of this machine it sees the interpreter, the compiler and base utilities, and nothing else.
"""
_ROOT = "execroot"
_MAPPED = "--mapped"
_ALLOW = "--allow-host-files"


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
    check_document(info)
    if options.wheel:
        _check_wheel(info, options)
    if not options.mapped:
        _check_closed(info, options)
    check_tools(info, options.toolchain)
    if own_hash() != info.helper:
        made_by = f"{printable(info.version)}, sources {info.helper[:12]}"
        print(f"WARNING: this is not the rules_sdist that built the wheel ({made_by}).", file=sys.stderr)
    scratch = Path(tempfile.mkdtemp(prefix="rebuild-"))
    try:
        made = _build(info, options, scratch)
        found = sha256(made)
        if found != info.sha256:
            print(f"{info.wheel} is not what its inputs give: built again, it has the sha256 {found}.", flush=True)
            _explain(options.wheel, made)
            return DIFFERENT
        _check_told(info, made, scratch / _ROOT, options)
        print(f"{info.wheel} was built again, with the same bytes (sha256 {info.sha256}).")
        _print_trust(info, options)
        return 0
    finally:
        if options.keep:
            print(f"The build stays in {scratch}.", file=sys.stderr)
        else:
            remove_tree(scratch)


def _explain(wheel: Path | None, made: Path) -> None:
    if not wheel:
        print("What differs can be told where the wheel itself is given, too.")
        return
    try:
        wheel_diff([str(wheel.absolute()), str(made)])
    except UserError as error:  # it is no readable wheel, and so differs all the more
        show_error(error)


def _check_wheel(info: BuildInfo, options: argparse.Namespace) -> None:
    found = sha256(_existing(options.wheel))
    if found != info.sha256:
        raise UserError(
            f"{options.wheel.name} is not the wheel that {options.buildinfo.name} tells of.\n"
            f"  recorded sha256: {info.sha256}\n  found:           {found}",
            where=str(options.wheel),
            fix="Get the wheel anew. If it is the one that you were given, it was changed after it was built.",
        )
    size = options.wheel.stat().st_size
    if (options.wheel.name, size) != (info.wheel, info.size):
        raise UserError(
            f"{printable(options.wheel.name)} has {size} bytes; by its build information it is {info.wheel}, with "
            f"{info.size} bytes.",
            where="wheel and size of the build information",
            fix=f"If somebody has renamed it, call it {info.wheel}. Else get the build information anew.",
        )


def _build(info: BuildInfo, options: argparse.Namespace, scratch: Path) -> Path:
    root, downloads = scratch / _ROOT, scratch / "downloads"
    (root / "external").mkdir(parents=True)
    downloads.mkdir()
    if options.toolchain:
        if not (options.toolchain / "external").is_dir():
            raise UserError(
                f"{options.toolchain} has no folder `external`.",
                where="--toolchain",
                fix="Name Bazel's output base (`bazel info output_base`), or a copy of what the toolchain has there.",
            )
        for repository in sorted(filter(Path.is_dir, (options.toolchain / "external").iterdir())):
            (root / "external" / repository.name).symlink_to(repository.absolute())
    refuse_links(info, root)
    place_rust(info, root)
    wheels = place_inputs(info, Sources(tuple(options.inputs), downloads, options.index_url), root)
    for tree, wheel in wheels.items():
        (root / tree).parent.mkdir(parents=True, exist_ok=True)
        install = asdict(InstallParams(str(wheel), tree, bytecode=True))
        problem = start_job("install_wheel", install, PARAMETERS, root)
        if problem:
            raise UserError(
                f"A build requirement can't be installed:\n{problem}",
                where=wheel.name,
                fix="Check the file in --inputs.",
            )
    output: Path = root / info.recipe["output"]
    output.parent.mkdir(parents=True, exist_ok=True)
    parameters = _parameters(info, options)
    if parameters["cc"]:
        parameters["cc"] = {**parameters["cc"], "wrapper": compile_wrapper(root)}
    problem = start_job("build_wheel", parameters, PARAMETERS, root)
    if problem:
        raise UserError(
            f"The wheel can't be built again:\n{problem}",
            where=info.wheel,
            fix="See what the build says; --keep leaves its folder.",
        )
    return output


def _isolation(options: argparse.Namespace) -> str:
    return "mapped" if options.mapped else "closed"


def _check_closed(info: BuildInfo, options: argparse.Namespace) -> None:
    """Whether this machine can build closed, and shows the build only what the user allows.

    Raises:
        UserError: it can't, or the build information wants more.
    """
    reason = why_not_closed()
    if reason:
        raise UserError(
            f"This machine does not let the build be closed: {reason}.",
            where="rebuild, which needs user, mount and process namespaces",
            fix="Run it on a Linux machine that allows them (sysctl user.max_user_namespaces, "
            "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns; a container's seccomp "
            f"profile); or, if you trust the sdist and all of its build requirements, with {_MAPPED}: then their code "
            "runs with your own rights, and can read and write what you can.",
        )
    wanted = [
        path
        for path in info.recipe["allow_host_files"]
        if path.startswith("/") and path not in options.allow_host_files
    ]
    if wanted:
        raise UserError(
            "The build information wants files of this machine for the sdist's code to read:\n"
            + "\n".join(f"  {printable(repr(path))}" for path in wanted),
            where="recipe.allow_host_files of the build information",
            fix="If that code may know what is in them, allow each: "
            + " ".join(printable(f"{_ALLOW}={shlex.quote(path)}") for path in wanted),
        )


def _parameters(info: BuildInfo, options: argparse.Namespace) -> dict[str, Any]:
    return {
        **info.recipe,
        "isolation": _isolation(options),
        "fingerprints": {"base": [], "compiler": None, "host_files": [], "python": None},
        "from_lock": False,
        "host_files_output": info.recipe["output"] + HOST_FILES,
        "keep_build_root": False,
        "runfiles": {},  # the inputs lie where tools look for them
        "rust": {**info.recipe["rust"], "files": rust_files(info)} if info.recipe["rust"] else None,
    }


def _check_told(info: BuildInfo, made: Path, root: Path, options: argparse.Namespace) -> None:
    """Compares what makes no difference to the wheel's bytes, and what the build has found out."""
    here = {"environment": backend_environment(BuildParams.read(root / PARAMETERS))}
    recorded = {"environment": info.environment}
    if info.recipe["isolation"] == _isolation(options):
        here["host_files"] = json.loads(made.with_name(made.name + HOST_FILES).read_text(encoding="utf-8"))
        recorded["host_files"] = info.host_files
    lines = difference(recorded, here, names=("recorded", "here"))
    if lines:
        raise UserError(
            "The build information is false, though the wheel that it tells of can be built again:\n"
            + "\n".join(f"  {printable(line)}" for line in lines),
            where=f"the build information of {info.wheel}",
            fix="Trust the wheel's bytes, but not this document; get it anew from whoever built the wheel.",
        )


def _print_trust(info: BuildInfo, options: argparse.Namespace) -> None:
    """Says what was compared besides the bytes, and what nobody here can know."""
    compared, unknown = ["environment"], []
    was, this = info.recipe["isolation"], _isolation(options)
    if was == this:
        compared.append("host_files")
    else:
        unknown.append(f"host_files (recorded by a {was} build; this one was {this})")
    tools = {"interpreter": info.interpreter, "compiler": info.compiler, "rust": info.rust}
    for tool, recorded in tools.items():
        if recorded:
            compared.append(tool)
        elif tool == "interpreter" or (tool == "compiler" and info.recipe["cc"]):
            unknown.append(f"{tool} (none recorded)")
    (compared if own_hash() == info.helper else unknown).append("helper")
    print(f"What else was compared is the same as recorded: {', '.join(compared)}.")
    print(f"Nothing here can tell whether these are true: {', '.join([*unknown, 'recipe.label', 'version'])}.")


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise UserError(f"There is no file {file}.", where="the command line", fix="Check the path.")
    return file


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rebuild", description=_DOC)
    parser.add_argument(
        "wheel", type=Path, nargs="?", metavar="WHEEL", help="the wheel; without it, only the recorded hash is compared"
    )
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
        _ALLOW,
        action="append",
        default=[],
        dest="allow_host_files",
        metavar="PATTERN",
        help="files of this machine that the build may see, as the build information names them; may be given several "
        "times",
    )
    parser.add_argument(
        _MAPPED,
        action="store_true",
        help="where this machine can't build closed: code of the sdist and of its build requirements then runs with "
        "your own rights",
    )
    parser.add_argument(
        "--index-url",
        default=os.environ.get("PIP_INDEX_URL", ""),
        metavar="URL",
        help="the package index; by default that of PIP_INDEX_URL or pip's configuration",
    )
    parser.add_argument("--keep", action="store_true", help="leave the folder of the build")
    return parser
