"""What building a wheel in Rust costs, against `pip wheel` and `maturin build` with the same maturin, rustc and crates.

    tests/benchmarks/run rust [--rounds N]

Builds rpds-py in several ways in turn, all in one run and offline: with the helper, closed and mapped; with `pip wheel`
without isolation; and with `maturin build`. Prints medians of time and of the CPU time of all processes, and the
ratios to the first; then how long 300 crates take to be linked for cargo. The figures are for reading.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import overhead
from overhead import FINGERPRINTS, PYTHON, Setup, cpu_seconds, prepare, quietly, unpacked

from build_wheel.params import Crate, Rust
from build_wheel.rust.vendor import vendor
from isolation.layout import Layout

SDIST = "rpds-py==2026.9.1"
MATURIN = "maturin==1.16.0"
_CONFIG = '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "{}"\n'


def prepare_rust(scratch: Path) -> tuple[Setup, Path]:
    """As `overhead.prepare`, with maturin, the sdist, its crates and the machine's Rust; returns the sdist, too."""
    setup = prepare(scratch)
    quietly(setup.python, "-m", "pip", "install", MATURIN)
    tree = scratch / "tree"
    quietly(setup.python, "-m", "pip", "install", "--target", tree / "site-packages", MATURIN)
    shutil.move(tree / "site-packages" / "bin", tree / "bin")
    download = ["download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "-d", scratch / "sdists"]
    os.environ["PATH"] = f"{setup.python.parent}{os.pathsep}{os.environ['PATH']}"  # pip asks `maturin` for the metadata
    quietly(setup.python, "-m", "pip", *download, SDIST)
    (sdist,) = (scratch / "sdists").glob("rpds_py-*.tar.gz")
    quietly("cargo", "vendor", "--locked", "--versioned-dirs", scratch / "crates", cwd=unpacked(setup, sdist))
    (scratch / "cargo_home").mkdir()
    (scratch / "cargo_home" / "config.toml").write_text(_CONFIG.format(scratch / "crates"))
    os.environ.update(CARGO_HOME=str(scratch / "cargo_home"), CARGO_NET_OFFLINE="true", CARGO_BUILD_JOBS="1")
    asked = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True)
    (scratch / "rust").symlink_to(asked.stdout.strip())
    return setup, sdist


def with_helper(isolation: str) -> Callable[[Setup, Path], None]:
    """The whole of a PySdistWheel action."""

    def build(setup: Setup, sdist: Path) -> None:
        crates = [
            {"name": name, "version": version, "sha256": "0" * 64, "root": f"crates/{name}-{version}", "renamed": []}
            for name, _, version in (path.name.rpartition("-") for path in sorted((setup.scratch / "crates").iterdir()))
        ]
        programs = {"cargo": "rust/bin/cargo", "rustc": "rust/bin/rustc"}
        rust = {**programs, "files": list(programs.values()), "crates": crates, "cargo_lock": None}
        params = {**overhead.parameters(setup, "rpds-py", sdist, isolation), "rust": rust}
        (setup.scratch / "params.json").write_text(json.dumps(params))
        inputs = ["helper.zip", "params.json", "tree/", "compiler_wrapper", str(params["sdist"]), *FINGERPRINTS]
        inputs += [*programs.values(), "rust/lib/", *(f"{crate['root']}/" for crate in crates)]
        (setup.scratch / "inputs").write_text("".join(f"{name}\n" for name in inputs))
        line = [PYTHON, "-I", "-S", "-B", "-X", "utf8", "helper.zip", "build_wheel", "params.json", "inputs"]
        quietly(*line, cwd=setup.scratch)

    return build


def with_pip(setup: Setup, sdist: Path) -> None:
    """What people type today."""
    flags = ["--no-deps", "--no-build-isolation", "--no-index", "--no-cache-dir", "--disable-pip-version-check"]
    path = f"{setup.python.parent}{os.pathsep}{os.environ['PATH']}"
    line = ["env", f"PATH={path}", setup.python, "-m", "pip", "wheel", *flags, "-w", setup.scratch / "pip", sdist]
    quietly(*line)


def with_maturin(setup: Setup, sdist: Path) -> None:
    """maturin alone; it takes a source tree."""
    flags = ["--release", "--offline", "-i", setup.python, "-o", setup.scratch / "maturin"]
    quietly(setup.python.with_name("maturin"), "build", *flags, cwd=unpacked(setup, sdist))


WAYS: dict[str, Callable[[Setup, Path], None]] = {
    "closed": with_helper("closed"),
    "mapped": with_helper("mapped"),
    "pip wheel": with_pip,
    "maturin build": with_maturin,
}


def measure(setup: Setup, sdist: Path, rounds: int) -> None:
    """Prints the table."""
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    used: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, build in WAYS.items():
            start, before = time.perf_counter(), cpu_seconds()
            build(setup, sdist)
            times[way].append(time.perf_counter() - start)
            used[way].append(cpu_seconds() - before)
    closed, closed_cpu = statistics.median(times["closed"]), statistics.median(used["closed"])
    print(f"{'way':<14}{'time':>10}{'CPU':>10}{'closed /':>10}{'CPU of it':>11}")
    for way in WAYS:
        seconds, cpu = statistics.median(times[way]), statistics.median(used[way])
        print(f"{way:<14}{seconds:>9.1f}s{cpu:>9.1f}s{closed / seconds:>10.2f}{closed_cpu / cpu:>11.2f}")


def measure_vendoring(scratch: Path, count: int = 300) -> None:
    """Prints how long crates take to be linked."""
    layout = Layout(scratch, scratch / "vendored")
    layout.create()
    crates = tuple(Crate(f"crate{number}", "1.0.0", "0" * 64, "crates", ()) for number in range(count))
    start = time.perf_counter()
    vendor(layout, Rust("", "", (), crates, None))
    print(f"{count} crates are linked in {time.perf_counter() - start:.3f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often it is built each way")
    arguments = parser.parse_args()
    if not shutil.which("cargo"):
        sys.exit("there is no cargo on PATH")
    with tempfile.TemporaryDirectory() as folder:
        measure(*prepare_rust(Path(folder)), arguments.rounds)
        measure_vendoring(Path(folder))
