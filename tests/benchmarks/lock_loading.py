"""What a lock of 1,000 distributions costs when Bazel loads one target of it.

    tests/benchmarks/run lock_loading [--distributions N] [--rounds N]

Makes two workspaces that differ in the lock only, and times `bazel build --nobuild` of one target in each, in turn:
with a new output base, with a new server, and with a warm one. Prints medians in seconds, their differences, and the
repositories that were fetched. The figures are for reading: no test depends on them.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from folder_index import FolderIndex
from support import Workspace

from lock.lockfile import Lock, LockedSdist, LockedWheel

MODULE = 'sdists.lock(name = "deps", lock = "//:lock.json")\nuse_repo(sdists, "deps")\n'
EMPTY = 'filegroup(name = "one", srcs = [])\n'
ONE = 'filegroup(name = "one", srcs = ["@deps//{}:pkg"])\n'


def big_lock(index: FolderIndex, count: int, python: str) -> tuple[Lock, str]:
    """A lock in which each distribution needs the next four, every tenth is an sdist, and the last five exist.

    Returns:
        it, and the name of a distribution that needs only those that exist.
    """
    names = [f"d{number}" for number in range(count)]
    real = set(names[-5:])
    wheels, sdists = [], []
    for place, name in enumerate(names):
        requires = tuple(sorted(names[place + 1 : place + 5]))
        if place % 10 == 0 and name not in real:
            sdists.append(
                LockedSdist(name, "1.0", f"{name}-1.0.tar.gz", f"{place:064x}", "b", "py3-none-any", (), requires, ())
            )
            continue
        digest = index.wheel(name, "1.0", name, "") if name in real else f"{place:064x}"
        wheels.append(LockedWheel(name, "1.0", f"{name}-1.0-py3-none-any.whl", digest, requires))
    environment = f"cp{python.replace('.', '')}_linux_x86_64"
    lock = Lock((environment,), {}, (), tuple(sdists), tuple(wheels), (), (), ())
    return lock, names[-5]


def seconds(workspace: Workspace, index: FolderIndex) -> float:
    start = time.perf_counter()
    workspace.build("--nobuild", "//one", f"--repo_env=PIP_INDEX_URL={index.url}")
    return time.perf_counter() - start


@dataclasses.dataclass
class Times:
    """Seconds, by what was new."""

    output_base: list[float] = dataclasses.field(default_factory=list)
    server: list[float] = dataclasses.field(default_factory=list)
    nothing: list[float] = dataclasses.field(default_factory=list)


def measure(root: Path, output_base: Path, index: FolderIndex, times: Times) -> None:
    workspace = Workspace(root, output_base)
    times.output_base.append(seconds(workspace, index))
    workspace.shutdown()
    times.server.append(seconds(workspace, index))
    times.nothing.append(seconds(workspace, index))
    workspace.shutdown()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--distributions", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", default="3.14", help="the version of Bazel's Python; %(default)s")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index = FolderIndex(folder / "index")
        lock, target = big_lock(index, options.distributions, options.python)
        empty = Workspace(folder / "empty", folder / "warm_up")
        empty.package("one", EMPTY)
        empty.build("@rules_sdist//tools:helper")  # fills the repository cache from the real index
        empty.shutdown()
        big = Workspace(folder / "big", folder / "unused")
        big.package("one", ONE.format(target))
        (big.root / "lock.json").write_text(lock.text())
        with (big.root / "MODULE.bazel").open("a") as module:
            module.write(MODULE)
        without, with_lock = Times(), Times()
        for round_number in range(options.rounds):
            measure(empty.root, folder / f"o_empty_{round_number}", index, without)
            measure(big.root, folder / f"o_big_{round_number}", index, with_lock)
        print(f"{'new':<14}{'empty':>8}{'lock':>8}{'more':>8}   (s, medians of {options.rounds})")
        for field in dataclasses.fields(Times):
            one, other = (statistics.median(getattr(times, field.name)) for times in (without, with_lock))
            print(f"{field.name.replace('_', ' '):<14}{one:8.2f}{other:8.2f}{other - one:8.2f}")
        fetched = sorted(path.name for path in (folder / "o_big_0" / "external").glob("*~deps*") if path.is_dir())
        print(f"{len(fetched)} repositories of the lock's {options.distributions} + 1: {', '.join(fetched)}")


if __name__ == "__main__":
    main()
