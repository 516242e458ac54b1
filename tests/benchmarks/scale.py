"""What many wheels cost: cold, again without a change, and on a second machine with a warm cache.

    tests/benchmarks/run scale [--wheels N] [--rounds N]

Makes a workspace of N small sdists with a C extension each, and builds all wheels: in a new output base; again, with
nothing to do, against the same in a workspace with as many `genrule`s; in a second workspace with another output base
and the first one's disk cache. Then builds one package of many C++ files with `cpus` of 1, 2 and so on. Prints seconds
of this run, ratios, and how many inputs of what size a wheel's action has. The figures are for reading: no test
depends on them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from support import Workspace, backend_project, make_sdist, spawns

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "{name}"
version = "1.0"
"""
SETUP = "from setuptools import Extension, setup\nsetup(ext_modules=[Extension('{name}', {sources})])\n"
MODULE = """\
#include <Python.h>
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "{name}", 0, -1}};
PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModule_Create(&module); }}
"""
# The standard library's headers take as long as those of real C++ packages.
PART = """\
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <string>
int part_{number}(const std::string &text) {{ return std::regex_match(text, std::regex("[a-z]+{number}")); }}
"""
# setuptools compiles the files of an extension one after the other; make, CMake, ninja and meson do not.
MAKEFILE = """\
demo.so: $(patsubst %.cpp,%.o,$(wildcard *.cpp))
\t$(CXX) -shared -o $@ $^
"""
MAKE_BACKEND = """
import subprocess
subprocess.run(["make"], check=True)
abi = f"cp{sys.version_info[0]}{sys.version_info[1]}"
tag = f"{abi}-{abi}-linux_{os.uname().machine}"
return write_wheel(wheel_directory, {"demo.so": open("demo.so", "rb").read()}, tag=tag)
"""
WHEEL = """
py_sdist_wheel(
    name = "{name}",
    sdist = "{name}-1.0.tar.gz",
    build_requires = ["@setuptools_wheel//:file"],
    wheel_tags = "{{python}}-{{abi}}-{{platform}}",
    cpus = {cpus},
)
"""
GENRULE = 'genrule(name = "{name}", outs = ["{name}.txt"], cmd = "echo > $@")\n'


def sdist(folder: Path, name: str, sources: dict[str, str]) -> None:
    """Makes an sdist of an extension."""
    files = {"pyproject.toml": PYPROJECT.format(name=name), "setup.py": SETUP.format(name=name, sources=list(sources))}
    make_sdist({**files, **sources}, folder / f"{name}-1.0.tar.gz")


def machine(folder: Path, name: str, wheels: int, cache: Path) -> Workspace:
    """A workspace with that many wheels, and as many trivial targets."""
    made = Workspace(folder / name / "w", folder / name / "o", flags=["-c", "opt", f"--disk_cache={cache}"])
    names = [f"p{number}" for number in range(wheels)]
    package = made.package("many", "".join(WHEEL.format(name=name, cpus=1) for name in names))
    for each in names:
        sdist(package, each, {f"{each}.c": MODULE.format(name=each)})
    made.package("trivial", "".join(GENRULE.format(name=name) for name in names))
    return made


def seconds(workspace: Workspace, *arguments: str) -> float:
    start = time.perf_counter()
    workspace.build(*arguments)
    return time.perf_counter() - start


def again(workspace: Workspace, target: str, rounds: int) -> float:
    """A build with nothing to do, after one that did it."""
    workspace.build(target)
    return statistics.median(seconds(workspace, target) for _ in range(rounds))


def inputs(log: Path) -> list[tuple[int, int]]:
    """The number of inputs of each wheel's action, and their size in bytes."""
    found = []
    for spawn in spawns(log):
        if spawn["mnemonic"] == "PySdistWheel":
            files = [file for file in spawn["inputs"] if "digest" in file]
            found.append((len(files), sum(int(file["digest"].get("sizeBytes", 0)) for file in files)))
    return found


def many(folder: Path, wheels: int, rounds: int) -> None:
    """Cold, null and cached builds."""
    cache, log = folder / "cache", folder / "log.json"
    first, second = (machine(folder, name, wheels, cache) for name in ("first", "second"))
    first.build("//many:all", "--nobuild")
    cold = seconds(first, "//many:all", f"--execution_log_json_file={log}")
    null, trivial = again(first, "//many:all", rounds), again(first, "//trivial:all", rounds)
    second.build("//many:all", "--nobuild")
    cached = seconds(second, "//many:all")
    print(f"{wheels} wheels with a C extension each, on {os.cpu_count()} CPUs")
    print(f"  cold                        {cold:8.2f} s, {cold / wheels:.2f} s each")
    print(f"  nothing to do               {null:8.2f} s; {wheels} genrules {trivial:.2f} s, ratio {null / trivial:.2f}")
    print(f"  second machine, warm cache  {cached:8.2f} s, {cached / cold:.3f} of cold")
    counts, sizes = (statistics.median(values) for values in zip(*inputs(log)))
    print(f"  inputs of an action         {counts:8.0f} files, {sizes / 1e6:.1f} MB")
    for strategy in ("local", "processwrapper-sandbox", "linux-sandbox"):
        flags = ["--disk_cache=", f"--spawn_strategy={strategy}"]
        taken = seconds(first, "//many:all", *flags, f"--copt=-DBY_{strategy.replace('-', '_')}")
        print(f"  {strategy:<28}{taken:8.2f} s", flush=True)
    for workspace in (first, second):
        workspace.shutdown()


def long(folder: Path, files: int) -> None:
    """One package of many C++ files, with several `cpus`."""
    workspace = Workspace(folder / "long" / "w", folder / "long" / "o", flags=["-c", "opt"])
    times: dict[int, float] = {}
    cpus = [number for number in (1, 2, 4, 8, 16) if number <= (os.cpu_count() or 1)]
    sources = {f"part_{number}.cpp": PART.format(number=number) for number in range(files)}
    project = backend_project(MAKE_BACKEND, {"Makefile": MAKEFILE, **sources})
    for number in cpus:
        package = workspace.package(f"cpus_{number}", WHEEL.format(name="demo", cpus=number))
        make_sdist(project, package / "demo-1.0.tar.gz")
        workspace.build(f"//cpus_{number}:demo", "--nobuild")
        times[number] = seconds(workspace, f"//cpus_{number}:demo")
    print(f"one package of {files} C++ files")
    for number, taken in times.items():
        print(f"  cpus = {number:<3}{taken:8.2f} s, {times[1] / taken:.2f} times as fast as with one")
    workspace.shutdown()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--wheels", type=int, default=100, help="how many wheels")
    parser.add_argument("--files", type=int, default=100, help="how many C++ files")
    parser.add_argument("--rounds", type=int, default=5, help="how often each null build is timed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scale-") as scratch:
        many(Path(scratch), options.wheels, options.rounds)
        long(Path(scratch), options.files)
