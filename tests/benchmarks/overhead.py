"""How much time the helper adds to a backend: against the bare PEP 517 hook, and against what people type.

    tests/benchmarks/run overhead [--rounds N]

Builds each sdist in several ways in turn, several rounds, all in one run: with the helper, closed and mapped, by
calling the hook in a virtual environment that is ready, and with `pip wheel`, `python -m build` and `uv build`, all
without isolation, in that environment. Two sdists are made for this: 400 C files of one line, and 300 probes such as
those of configure. Prints medians, the difference to the bare hook, and ratios, and that of the CPU time of all
processes. The figures are for reading: no test depends on them.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

REPO = Path(__file__).resolve().parents[2]
SDISTS = {"six": "six==1.17.0", "markupsafe": "MarkupSafe==3.0.4", "greenlet": "greenlet==3.5.6"}
SETUP = """
import pathlib, subprocess, setuptools
for number in range(COUNT):
    pathlib.Path("one.c").write_text("int main(void) { return %d; }" % number)
    subprocess.run(["cc", *FLAGS, "one.c"], check=True)
subprocess.run(["cc", "-shared", "-fPIC", "one.c", "-o", "made.so"], check=True)
class Native(setuptools.Distribution):
    def has_ext_modules(self):
        return True
setuptools.setup(name="NAME", version="1.0", py_modules=[], data_files=[("", ["made.so"])], distclass=Native)
"""
MADE = {"objects": (400, ["-O2", "-fPIC", "-c"]), "probes": (300, ["-o", "probe"])}
TAGS = {"six": "py2.py3-none-any"}
REQUIRES = "setuptools==84.2.1"
PYTHON = os.path.realpath(sys.executable)  # the helper's; the others' is that of a virtual environment
FINGERPRINTS = {"base.json": "/", "compiler.json": shutil.which("gcc") or "gcc", "python.json": PYTHON}
LIBRARIES = ("installer", "packaging", "patch_ng", "pyproject_hooks")


@dataclass(frozen=True)
class Setup:
    """What all ways of building share.

    Args:
        scratch: a folder: the execution root of actions.
        python: the Python of a virtual environment with setuptools and pip.
    """

    scratch: Path
    python: Path


def quietly(*command: object, cwd: Path | None = None) -> None:
    """Runs a command; its output is shown only if it fails."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")


def prepare(scratch: Path) -> Setup:
    """Makes the virtual environment, downloads the sdists, packs the helper."""
    quietly(sys.executable, "-m", "venv", scratch / "venv")
    python = scratch / "venv" / "bin" / "python"
    quietly(python, "-m", "pip", "install", REQUIRES, "build", "uv")
    for requirement in SDISTS.values():
        download = ["download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "-d", scratch / "sdists"]
        quietly(python, "-m", "pip", *download, requirement)
    for name, (count, flags) in MADE.items():
        text = SETUP.replace("COUNT", str(count)).replace("FLAGS", repr(flags)).replace("NAME", name)
        with tarfile.open(scratch / "sdists" / f"{name}-1.0.tar.gz", "w:gz") as archive:
            member = tarfile.TarInfo(f"{name}-1.0/setup.py")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    quietly(python, "-m", "pip", "install", "--target", scratch / "tree" / "site-packages", REQUIRES)
    sources = {str(file.relative_to(REPO / "tools")): file for file in (REPO / "tools").rglob("*.py")}
    wrapper = sorted((REPO / "tools" / "build_wheel" / "cc" / "wrapper").glob("*.c"))
    quietly("cc", "-O2", "-o", scratch / "compiler_wrapper", *wrapper)
    for name in LIBRARIES:
        module = __import__(name)
        root = Path(str(module.__file__)).parent
        if Path(str(module.__file__)).name == "__init__.py":
            sources.update({f"{name}/{file.relative_to(root)}": file for file in root.rglob("*.py")})
        else:
            sources[f"{name}.py"] = Path(str(module.__file__))
    members = [f"{name}={file}" for name, file in sources.items()]
    quietly(python, REPO / "tools" / "pack_helper.py", scratch / "helper.zip", *members)
    for name, tool in FINGERPRINTS.items():
        files = ["--output", scratch / name, "--state", scratch / f"{name}.state"]
        quietly(PYTHON, "-I", "-S", "-B", REPO / "tools" / "fingerprint", name[: -len(".json")], tool, *files)
    return Setup(scratch, python)


def with_helper(setup: Setup, name: str, sdist: Path) -> None:
    """The whole of a PySdistWheel action, mapped."""
    run_action(setup, name, sdist, "mapped")


def with_closed_root(setup: Setup, name: str, sdist: Path) -> None:
    """The same, closed."""
    run_action(setup, name, sdist, "closed")


def toolchain() -> dict[str, object]:
    """The C++ toolchain of this machine, as the rule tells of it."""
    tool = {name: shutil.which(name) or name for name in ("gcc", "ar", "ld")}
    flags = ["-O2", "-DNDEBUG", "-fPIC"]
    return {
        "wrapper": "compiler_wrapper",
        "c_compiler": tool["gcc"],
        "cxx_compiler": tool["gcc"],
        "archiver": tool["ar"],
        "linker": tool["ld"],
        "other_tools": {},
        "c_flags": flags,
        "cxx_flags": flags,
        "shared_link_flags": ["-lstdc++", "-lm"],
        "executable_link_flags": [],
        "env": {},
    }


def parameters(setup: Setup, name: str, sdist: Path, isolation: str) -> dict[str, object]:
    """The action's parameters, see `BuildParams`."""
    version = sdist.name[: -len(".tar.gz")].rpartition("-")[2]
    abi = f"cp{sys.version_info.major}{sys.version_info.minor}"
    tags = TAGS.get(name, f"{abi}-{abi}-linux_{os.uname().machine}")
    return {
        "label": f"//:{name}",
        "sdist": str(sdist.relative_to(setup.scratch)),
        "sources": [],
        "build_root": "x.build",
        "output": "out.whl",
        "expected": {"distribution": name, "version": version, "tags": tags, "requires_dist": None},
        "build_requires": ["tree"],
        "patches": [],
        "patch_strip": 1,
        "config_settings": {},
        "env": {},
        "tools": {},
        "cpus": 1,
        "compression": "stored",
        "leak_policy": "error",
        "allow_compile_failures": [],
        "allow_no_native_code": False,
        "allow_unresolved": [],
        "allow_host_files": [],
        "undeclared_host_files": "record",
        "host_files_output": "host_files.json",
        "max_unpacked_bytes": 1 << 32,
        "cc": None if tags.endswith("-any") else toolchain(),
        "native": dict.fromkeys(
            ("defines", "includes", "quote_includes", "system_includes", "libraries", "link_flags"), ()
        ),
        "fingerprints": {
            "base": ["base.json"] if isolation == "closed" else [],
            "compiler": None if tags.endswith("-any") else "compiler.json",
            "host_files": [],
            "python": "python.json",
        },
        "keep_build_root": False,
        "rust": None,
        "sbom": False,
        "isolation": isolation,
        "runfiles": {},
        "fixed": (),
        "preload": None,
        "from_lock": False,
    }


def run_action(setup: Setup, name: str, sdist: Path, isolation: str) -> None:
    """Runs the helper as Bazel does, with fingerprints of the tools."""
    params = parameters(setup, name, sdist, isolation)
    (setup.scratch / "params.json").write_text(json.dumps(params))
    inputs = ["helper.zip", "params.json", "tree/", "compiler_wrapper", str(params["sdist"]), *FINGERPRINTS]
    (setup.scratch / "inputs").write_text("".join(f"{name}\n" for name in inputs))
    line = [PYTHON, "-I", "-S", "-B", "-X", "utf8", "helper.zip", "build_wheel", "params.json", "inputs"]
    quietly(*line, cwd=setup.scratch)


def unpacked(setup: Setup, sdist: Path) -> Path:
    """The sdist's source tree, as it was."""
    source = setup.scratch / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    quietly("tar", "-xf", sdist, "-C", source, "--strip-components=1")
    return source


HOOK = "import sys, setuptools.build_meta as b; (getattr(b, '__legacy__', b)).build_wheel(sys.argv[1])"


def with_bare_hook(setup: Setup, _name: str, sdist: Path) -> None:
    """Unpacking, and the hook in a Python that has what it needs."""
    quietly(setup.python, "-c", HOOK, setup.scratch / "hook", cwd=unpacked(setup, sdist))


def with_pip(setup: Setup, _name: str, sdist: Path) -> None:
    """What people type today."""
    flags = ["--no-deps", "--no-build-isolation", "--no-index", "--no-cache-dir", "--disable-pip-version-check"]
    quietly(setup.python, "-m", "pip", "wheel", *flags, "-w", setup.scratch / "pip", sdist)


def with_build(setup: Setup, _name: str, sdist: Path) -> None:
    """The PyPA's frontend; it takes a source tree."""
    flags = ["--wheel", "--no-isolation", "-o", setup.scratch / "build"]
    quietly(setup.python, "-m", "build", *flags, unpacked(setup, sdist))


def with_uv(setup: Setup, _name: str, sdist: Path) -> None:
    """uv's frontend."""
    flags = ["--wheel", "--no-build-isolation", "--offline", "--no-config", "--python", setup.python]
    uv = setup.python.with_name("uv")
    quietly(uv, "build", *flags, "-o", setup.scratch / "uv", unpacked(setup, sdist))


WAYS: dict[str, Callable[[Setup, str, Path], None]] = {
    "closed": with_closed_root,
    "mapped": with_helper,
    "bare hook": with_bare_hook,
    "pip wheel": with_pip,
    "build": with_build,
    "uv build": with_uv,
}


def cpu_seconds() -> float:
    """What all processes that have ended took of the CPUs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(setup: Setup, names: list[str], rounds: int) -> None:
    """Prints the table."""
    others = list(WAYS)[1:]
    print(f"{'sdist':<12}" + "".join(f"{way:>11}" for way in WAYS) + f"{'over hook':>11}", end="")
    print("".join(f"{'/ ' + way:>12}" for way in others) + f"{'CPU / hook':>12}")
    for name in names:
        (sdist,) = (setup.scratch / "sdists").glob(f"{name}-*.tar.gz")
        times: dict[str, list[float]] = {way: [] for way in WAYS}
        used: dict[str, list[float]] = {way: [] for way in WAYS}
        for number in range(rounds + 1):
            for way, build in WAYS.items():
                start, before = time.perf_counter(), cpu_seconds()
                build(setup, name, sdist)
                if number:  # the first round warms the disk's cache
                    times[way].append(time.perf_counter() - start)
                    used[way].append(cpu_seconds() - before)
        medians = {way: statistics.median(times[way]) for way in WAYS}
        helper = medians["closed"]
        print(f"{name:<12}" + "".join(f"{seconds:>10.2f}s" for seconds in medians.values()), end="")
        print(f"{helper - medians['bare hook']:>+10.2f}s", end="")
        print("".join(f"{helper / medians[way]:>12.2f}" for way in others), end="")
        print(f"{statistics.median(used['closed']) / statistics.median(used['bare hook']):>12.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each sdist is built each way")
    parser.add_argument("names", nargs="*", default=[*SDISTS, *MADE], metavar="NAME", help="only these sdists")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(prepare(Path(folder)), arguments.names, arguments.rounds)
