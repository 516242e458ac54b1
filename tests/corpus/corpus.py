"""The command `tests/corpus/run`."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_keys import read_keys, told_by
from corpus_machines import LOCK, Build, Machine, first_machine, mapped_machine, second_machine
from corpus_page import Row, mapped_report, page, table
from corpus_sources import read_reasons, what_it_is_made_of
from machine import cache_folder
from support import REPO

from lock.lockfile import LockedSdist, read_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE = Path(__file__).resolve().parent
PAGE = REPO / "docs" / "reference" / "corpus.md"


def main(arguments: Sequence[str]) -> int:
    """Builds, compares, reports.

    Returns:
        0 if every wheel was built and is the same on both machines, with the same actions' keys, else 1.
    """
    options = _parser().parse_args(arguments)
    locked = {sdist.distribution: sdist for sdist in read_lock(LOCK).sdists}
    names = options.names or (read_names(HERE / "fast.txt") if options.fast else sorted(locked))
    unknown = sorted(set(names) - set(locked))
    if unknown:
        print(f"Not in the corpus: {', '.join(unknown)}. It has {', '.join(sorted(locked))}.", file=sys.stderr)
        return 2
    names = without_rust(names, locked)
    folder = options.folder.resolve()
    machines = [first_machine(folder, options.jobs), second_machine(folder, options.jobs)]
    builds, keys = [], []
    for machine in machines:
        if not options.keep:
            machine.forget()
        builds.append(machine.build(names))
        machine.shut_down()
        keys.append(read_keys(machine))
    rows = [row(locked[name], builds[0][name], builds[1][name]) for name in names]
    mapped: list[str] = []
    if options.mapped:
        other = mapped_machine(folder, options.jobs)
        if not options.keep:
            other.forget()
        mapped = mapped_report(dict(compared_with_mapped(builds[0], other.build(names))))
        other.shut_down()
    told = told_by(keys, machines)
    both = len(keys[0].keys() & keys[1].keys())
    said = told or [
        f"By the execution logs, {both} actions had the same keys on both machines, with no path, name or time of "
        "either in them."
    ]
    print(*said, *mapped, sep="\n")
    if not options.names and not options.fast:
        text = page(rows, read_reasons(HERE / "not_built.txt"), differences(machines), [*said, *mapped])
        PAGE.write_text(text, encoding="utf-8")
        print(f"-> {PAGE.relative_to(REPO)}")
    return report(rows) or int(bool(told))


def without_rust(names: Sequence[str], locked: Mapping[str, LockedSdist]) -> list[str]:
    """The names, on a machine without Rust without those that need it; says so."""
    if os.environ.get("RULES_SDIST_RUST") or shutil.which("rustc"):
        return list(names)
    left = [name for name in names if locked[name].crates is not None]
    print(*(f"{name}: left out, for there is no rustc on PATH, and no RULES_SDIST_RUST." for name in left), sep="\n")
    return [name for name in names if name not in left]


def report(rows: Sequence[Row]) -> int:
    """Prints the packages, those that are not identical once more at the end, and how many are.

    Returns:
        the exit code: 0 if all are identical, else 1.
    """
    print(table(rows))
    bad = [item for item in rows if item.identical != "yes"]
    for item in bad:
        print(f"{item.package} {item.version}: {item.identical if item.identical != 'no' else 'differs'}: {item.cause}")
    print(f"{len(rows) - len(bad)} of {len(rows)} wheels are identical.")
    return 1 if bad else 0


def row(sdist: LockedSdist, first: Build, second: Build) -> Row:
    """What one package's two builds gave."""
    identical, cause = compare(first, second)
    archive = cache_folder() / "test_repositories" / "content_addressable" / "sha256" / sdist.sha256 / "file"
    return Row(
        package=sdist.distribution,
        version=sdist.version,
        backend=sdist.backend,
        allow_host_files=tuple(sdist.attributes.get("allow_host_files", ())),
        made_of=what_it_is_made_of(archive, sdist.build_requires, pure=sdist.wheel_tags.endswith("-any"))
        if archive.exists()  # else it could not be downloaded
        else "",
        identical=identical,
        cause=cause,
        seconds=first.seconds,
    )


def compared_with_mapped(closed: Mapping[str, Build], mapped: Mapping[str, Build]) -> Iterator[tuple[str, str]]:
    """For each package whether a mapped build gives the bytes of the closed one: "same", or why not."""
    for name, build in closed.items():
        other = mapped[name]
        if not other.wheel:
            yield name, other.error or "not built"
        elif build.wheel:
            yield name, "same" if sha256(build.wheel) == sha256(other.wheel) else compare(build, other)[1]


def compare(first: Build, second: Build) -> tuple[str, str]:
    """Whether two builds gave the same wheel, "yes", "no" or "not built", and why not."""
    if not first.wheel or not second.wheel:
        error = first.error or second.error
        return "not built", error or "something that it needs can't be had or built; see Bazel's output"
    if first.wheel.name == second.wheel.name and sha256(first.wheel) == sha256(second.wheel):
        return "yes", ""
    command = [sys.executable, str(REPO / "tools" / "wheel_diff"), str(first.wheel), str(second.wheel)]
    print(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    told = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, check=False).stdout)
    causes = [_cause(cause["cause"], cause["places"]) for cause in told["causes"]]
    if first.wheel.name != second.wheel.name:
        causes.append(f"named {first.wheel.name} and {second.wheel.name}")
    return "no", "; ".join(causes) or "not recognised"


def _cause(title: str, places: Sequence[Mapping[str, str]]) -> str:
    members = dict.fromkeys(place["member"] or "the archive" for place in places)
    return f"{title} in {', '.join(members)}"


def sha256(file: Path) -> str:
    """A file's hash."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def differences(machines: Sequence[Machine]) -> list[tuple[str, str, str]]:
    """In what the two machines differ: what, on the first, on the second."""
    one, two = (machine.described() for machine in machines)
    return [(what, one[what], two[what]) for what in one]


def read_names(file: Path) -> list[str]:
    """The names in a file, one per line; "#" begins a comment."""
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests/corpus/run", description="Builds the corpus twice and compares.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these packages")
    parser.add_argument("--fast", action="store_true", help="only those of fast.txt")
    parser.add_argument("--mapped", action="store_true", help="build once more, not closed, and compare with the first")
    parser.add_argument("--keep", action="store_true", help="build only what has changed since the last run")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="builds at once; %(default)s")
    parser.add_argument(
        "--folder",
        type=Path,
        default=cache_folder() / "corpus",
        help="where the machines live, not below /tmp; %(default)s",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
