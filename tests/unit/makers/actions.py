"""Makes the parameters of builds, and runs them as actions do."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import installer
from archives import TOOLS, tar_of

from build_wheel.params import BuildParams, CcToolchain, Expected, Fingerprints, Native
from rebuild.wrapper import compile_wrapper

NO_NATIVE = Native((), (), (), (), (), ())
WRAPPER = "compiler_wrapper"
BACKEND = """
import os, sys, time, zipfile
def get_requires_for_build_wheel(config_settings=None):
    return list(filter(None, [os.environ.get("NEEDS")]))
def build_wheel(folder, config_settings=None, metadata_directory=None):
    print("backend speaks")
    exec(os.environ.get("ALSO", ""))
    name = "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        text = os.environ.get("TEXT", "").format(here=os.getcwd())
        wheel.writestr(zipfile.ZipInfo("demo.py", time.localtime()[:6]), text)
        wheel.writestr("settings", repr(config_settings))
        wheel.writestr("names", repr(sorted(name for name in os.environ if name != "PEP517_BACKEND_PATH")))
        wheel.writestr("demo-1.0.dist-info/METADATA", "Name: demo\\nVersion: 1.0\\n")
        wheel.writestr("demo-1.0.dist-info/WHEEL", "Tag: py3-none-any\\n")
    return name
"""
PROJECT = '[build-system]\nrequires = [{requires}]\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def write_params(folder: Path, params: BuildParams) -> None:
    """Writes an action's parameters, and puts the compiler wrapper into its execution root."""
    if params.cc:
        shutil.copy(params.cc.wrapper, folder / WRAPPER)
        params = dataclasses.replace(params, cc=dataclasses.replace(params.cc, wrapper=WRAPPER))
    (folder / "params.json").write_text(json.dumps(dataclasses.asdict(params)))


def write_action(folder: Path, params: BuildParams, *, requires: str = "", project: str = "") -> None:
    """Writes an action's inputs into its execution root."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"demo-1.0/backend.py": BACKEND, "demo-1.0/pyproject.toml": PROJECT.format(requires=requires) + project}
    tar_of(folder / "demo-1.0.tar.gz", files)
    write_params(folder, params)


def helper(folder: Path, **variables: str) -> tuple[list[str], dict[str, Any]]:
    """The command of an action, and how `subprocess` is to run it."""
    libraries = Path(str(installer.__file__)).parents[1]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(libraries), **variables}
    return [sys.executable, "-B", str(TOOLS), "build_wheel", "params.json"], {"cwd": folder, "env": environment}


def built(
    folder: Path, params: BuildParams, *, requires: str = "", project: str = "", umask: int = 0o022, **variables: str
) -> subprocess.CompletedProcess[str]:
    write_action(folder, params, requires=requires, project=project)
    line, options = helper(folder, **variables)
    return subprocess.run(line, capture_output=True, text=True, check=False, umask=umask, **options)


@functools.cache
def compiled_wrapper() -> str:
    """The program that stands before compilers, compiled once."""
    folder = Path(tempfile.mkdtemp(prefix="compiler_wrapper-"))
    atexit.register(shutil.rmtree, folder)
    return str(folder / compile_wrapper(folder))


def toolchain(**own: object) -> CcToolchain:
    """The machine's GCC as a C++ toolchain."""
    values: dict[str, object] = {
        "wrapper": own.get("wrapper") or compiled_wrapper(),
        "c_compiler": "/usr/bin/gcc",
        "cxx_compiler": "/usr/bin/g++",
        "archiver": "/usr/bin/ar",
        "linker": "/usr/bin/ld",
        "other_tools": {},
        "c_flags": (),
        "cxx_flags": (),
        "shared_link_flags": (),
        "executable_link_flags": (),
        "env": {},
    }
    return CcToolchain(**{**values, **own})  # type: ignore[arg-type]


def build_params(**own: object) -> BuildParams:
    """The parameters of a build of `demo` 1.0, for a test that cares about some of them."""
    values: dict[str, object] = {
        "label": "//third_party:demo_wheel",
        "sdist": "demo-1.0.tar.gz",
        "sources": (),
        "build_root": "root",
        "output": "demo-1.0-py3-none-any.whl",
        "expected": Expected("demo", "1.0", "py3-none-any", None),
        "build_requires": (),
        "patches": (),
        "patch_strip": 1,
        "config_settings": {},
        "env": {},
        "tools": {},
        "cpus": 2,
        "compression": "stored",
        "leak_policy": "error",
        "allow_compile_failures": (),
        "allow_no_native_code": False,
        "allow_unresolved": (),
        "allow_host_files": (),
        "undeclared_host_files": "record",
        "host_files_output": "host_files.json",
        "max_unpacked_bytes": 1 << 20,
        "cc": None,
        "native": NO_NATIVE,
        "rust": None,
        "fixed": (),
        "preload": None,
        "from_lock": False,
        "fingerprints": Fingerprints((), None, (), None),
        "isolation": "mapped",
        "keep_build_root": False,
        "runfiles": {},
        "sbom": False,
    }
    return BuildParams(**{**values, **own})  # type: ignore[arg-type]
