"""Real sdists, cold: Bazel on all CPUs against pip, build and uv, one sdist after the other.

    tests/benchmarks/run many_sdists [--sdists N] [--without TOOL]

Takes the first N sdists of SDISTS, all from the corpus, whose lock pins them and their build requirements. Bazel builds
them in a new output base; `pip wheel`, `python -m build` and `uv build` build each in an environment of its own that
they make from the package index, as people use them, with Bazel's Python and compiler. Bazel has fetched what it needs
before, and starts anew; pip and uv have their caches, as they are. Prints seconds of this run and ratios, and how many
seconds Bazel's actions took of each kind. The figures are for reading: no test depends on them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / folder) for folder in ("tests/corpus", "tests/integration", "tools")]

from corpus_machines import first_machine  # noqa: E402
from machine import cache_folder, debian_root  # noqa: E402

from lock.lockfile import LockedSdist, read_lock  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Those that need neither settings, patches nor libraries.
SDISTS = """
six markupsafe attrs cbor ciso8601 coverage crc32c crcmod msgpack greenlet bitarray packaging propcache psutil
setproctitle simplejson tornado typer ujson websockets wheel wrapt xxhash yarl zope-interface rich regex
tree-sitter thrift cymem narwhals
"""

TOOLS_WITH_TREES = ("build", "uv")


def prepared(scratch: Path, sdists: Sequence[LockedSdist]) -> list[Path]:
    """The sdists, and their source trees beside them for `build` and `uv`, who would find what the other compiled."""
    found = []
    for sdist in sdists:
        cached = cache_folder() / "test_repositories" / "content_addressable" / "sha256" / sdist.sha256 / "file"
        place = scratch / sdist.filename
        shutil.copyfile(cached, place)
        for tool in TOOLS_WITH_TREES:
            with tarfile.open(place) as archive:
                top = archive.getnames()[0].partition("/")[0]
                archive.extractall(scratch / "trees" / tool)
            (scratch / "trees" / tool / top).rename(scratch / "trees" / tool / sdist.distribution)
        found.append(place)
    return found


def seconds(build: Callable[[], None]) -> float:
    start = time.perf_counter()
    build()
    return time.perf_counter() - start


def run(*command: object) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{' '.join(map(str, command))}:\n{(done.stdout + done.stderr)[-2000:]}", file=sys.stderr)


def where_bazel_runs() -> list[str]:
    """The beginning of a command that runs in the Debian of `bazelw`, where that takes one: with the same Python."""
    if os.environ.get("BAZEL") or shutil.which("bazelisk") or shutil.which("bazel"):
        return []
    return [str(REPO / "tools" / "debian" / "enter.sh"), str(debian_root())]


def action_seconds(profile: Path) -> dict[str, tuple[int, float]]:
    """Of a `--profile`: by mnemonic how many actions ran, and how many seconds they took, all added up."""
    found: dict[str, tuple[int, float]] = {}
    for event in json.loads(profile.read_text(encoding="utf-8"))["traceEvents"]:
        if event.get("cat") == "action processing" and "mnemonic" in event.get("args", {}):
            count, busy = found.get(event["args"]["mnemonic"], (0, 0.0))
            found[event["args"]["mnemonic"]] = count + 1, busy + event["dur"] / 1e6
    return found


def measure(scratch: Path, names: Sequence[str], without: Sequence[str]) -> None:
    """Prints the table."""
    locked = {sdist.distribution: sdist for sdist in read_lock(REPO / "tests" / "corpus" / "sdists.lock.json").sdists}
    machine = first_machine(scratch / "bazel", os.cpu_count() or 1)
    machine.fetch(names)
    machine.shut_down()
    files = prepared(scratch, [locked[name] for name in names])
    inside = where_bazel_runs()
    run(*inside, "/usr/bin/python3", "-m", "venv", scratch / "venv")
    python = scratch / "venv" / "bin" / "python"
    run(*inside, python, "-m", "pip", "install", "build", "uv")
    trees = {tool: [scratch / "trees" / tool / name for name in names] for tool in TOOLS_WITH_TREES}

    def each(*command: object, given: Sequence[Path]) -> Callable[[], None]:
        def build() -> None:
            for path in given:
                run(*inside, *command, path)

        return build

    uv = python.with_name("uv")
    tools = {
        "pip wheel": each(python, "-m", "pip", "wheel", "--no-deps", "-w", scratch / "pip", given=files),
        "build": each(python, "-m", "build", "--wheel", "-o", scratch / "build", given=trees["build"]),
        "uv build": each(uv, "build", "--wheel", "--python", python, "-o", scratch / "uv", given=trees["uv"]),
    }
    start = time.perf_counter()
    machine.build(names)
    bazel = time.perf_counter() - start
    print(f"{len(names)} sdists on {os.cpu_count()} CPUs")
    print(f"  Bazel       {bazel:7.1f} s")
    for mnemonic, (count, busy) in sorted(action_seconds(machine.profile).items(), key=lambda item: -item[1][1])[:4]:
        print(f"    {mnemonic:<20}{count:4} actions, {busy:6.1f} s")
    for tool, build in ((tool, build) for tool, build in tools.items() if tool not in without):
        taken = seconds(build)
        print(f"  {tool:<12}{taken:7.1f} s, {taken / bazel:.2f} times Bazel's")
    machine.shut_down()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sdists", type=int, default=30, help="how many")
    parser.add_argument("--without", action="append", default=[], metavar="TOOL", help="leave a tool out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="many-") as folder:
        measure(Path(folder), SDISTS.split()[: options.sdists], options.without)
