"""What tests of closed builds share: an action as Bazel lays it out, with the helper as one zip and fingerprints."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import installer
import packaging
import patch_ng
import pyproject_hooks
import pytest
from actions import WRAPPER, build_params, write_action
from archives import TOOLS

from build_wheel.params import BuildParams, Fingerprints
from buildinfo.helper import SOURCES
from fingerprint.base import base_fingerprint
from fingerprint.compiler import compiler_fingerprint
from fingerprint.content import Contents
from fingerprint.facts import Fingerprint
from fingerprint.host_files import host_files_fingerprint
from fingerprint.interpreter import own_fingerprint
from isolation.probe import why_not_closed
from pack_helper import pack

PYTHON = os.path.realpath(sys.executable)

_forbidden = "" if os.environ.get("CI") else why_not_closed()
needs_namespaces = pytest.mark.skipif(bool(_forbidden), reason=f"this machine forbids closed builds: {_forbidden}")


@functools.cache
def fingerprints(python: str = PYTHON) -> dict[str, Fingerprint]:
    """Those of this machine's tools."""
    found = {"base": base_fingerprint(), "python": _python_fingerprint(python)}
    return {**found, "compiler": compiler_fingerprint("/usr/bin/gcc")} if Path("/usr/bin/gcc").exists() else found


def _python_fingerprint(python: str) -> Fingerprint:
    if python == PYTHON:
        return own_fingerprint()
    with tempfile.TemporaryDirectory() as folder:  # an interpreter tells of itself
        output = Path(folder) / "python.json"
        line = [python, "-I", "-S", "-B", str(TOOLS / "fingerprint"), "python", python, "--output", str(output)]
        subprocess.run(line, check=True)
        facts = json.loads(output.read_text())
    return Fingerprint(facts, Contents.read(facts))


@functools.cache
def helper_zip() -> bytes:
    """The helper, as `//tools:helper` makes it."""
    return program_zip(TOOLS / "__main__.py")


@functools.cache
def program_zip(main: Path) -> bytes:
    """A program of all that is in `tools`.

    Args:
        main: what it does when Python is started with it.
    """
    members = {str(file.relative_to(TOOLS)): file for file in TOOLS.rglob("*") if file.suffix in SOURCES}
    members["__main__.py"] = main
    for module in (installer, packaging, pyproject_hooks):
        root = Path(str(module.__file__)).parent
        members |= {f"{root.name}/{file.relative_to(root)}": file for file in root.rglob("*.py")}
    members["patch_ng.py"] = Path(str(patch_ng.__file__))
    with tempfile.TemporaryDirectory() as folder:
        pack(Path(folder) / "helper.zip", {name: file for name, file in members.items() if "__pycache__" not in name})
        return (Path(folder) / "helper.zip").read_bytes()


def closed_params(*, compiler: bool = False, **own: object) -> BuildParams:
    """The parameters of a closed build of `demo` 1.0."""
    listed = Fingerprints(("base.json",), "compiler.json" if compiler else None, (), "python.json")
    return build_params(**{"isolation": "closed", "fingerprints": listed, **own})


def built_closed(
    folder: Path,
    params: BuildParams,
    *arguments: str,
    python: str = PYTHON,
    host_files: tuple[str, ...] = (),
    inputs: tuple[str, ...] = (),
    launcher: tuple[str, ...] = (),
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Runs the action in a folder.

    Args:
        folder: its execution root.
        params: its parameters.
        arguments: more arguments.
        python: the interpreter.
        host_files: those of its host files that get a fingerprint.
        inputs: more inputs, which are there.
        launcher: a command that runs another one, for the action to be started with.
        variables: more variables.
    """
    found = {**fingerprints(python), **{f"host{n}": host_files_fingerprint(path) for n, path in enumerate(host_files)}}
    listed = tuple(f"{name}.json" for name in found if name.startswith("host"))
    params = dataclasses.replace(params, fingerprints=dataclasses.replace(params.fingerprints, host_files=listed))
    write_action(folder, params)
    (folder / "helper.zip").write_bytes(helper_zip())
    for name, one in found.items():
        (folder / f"{name}.json").write_text(one.text())
        (folder / f"{name}.json.state").write_text(one.contents.state())
    names = [
        "helper.zip",
        "params.json",
        "demo-1.0.tar.gz",
        *inputs,
        *([WRAPPER] if params.cc else []),
        *(f"{name}.json" for name in found),
    ]
    (folder / "inputs").write_text("".join(f"{name}\n" for name in names))
    line = [python, "-I", "-S", "-B", "-X", "utf8", "helper.zip", "build_wheel", "params.json", "inputs", *arguments]
    environment = {"PATH": os.environ["PATH"], **variables}
    line = [*launcher, *line]
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
