"""Many builds at once, and builds that are killed: see `run` beside this file."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / folder) for folder in ("tools", "tests/unit/makers", "tests/integration")]

from bazel_level import BazelLevel  # noqa: E402
from helper_level import HelperLevel  # noqa: E402
from machine import cache_folder  # noqa: E402

from fingerprint.remembered import own_folder  # noqa: E402

STRATEGIES = ("linux-sandbox", "processwrapper-sandbox", "local")
OF_BAZEL_ITSELF = ("bazel-jni.", "hsperfdata_")
"""What Java leaves in /tmp when it is killed."""


def left_in_tmp() -> list[str]:
    """What should not be there: neither Java's files nor what is remembered of this machine's tools."""
    memory = own_folder()
    names = [place.name for place in Path("/tmp").iterdir() if place != memory]
    unfinished = [place.name for place in memory.glob("*.*")] if memory else []
    return [name for name in (*names, *unfinished) if not name.startswith(OF_BAZEL_ITSELF)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--builds", type=int, default=50, help="how many at once")
    parser.add_argument("--kills", type=int, default=100, help="of the helper alone, and as many under Bazel")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    rows: list[tuple[str, str]] = []

    def tell(what: str, problems: list[str]) -> None:
        rows.append((what, "; ".join(problems) or "right"))
        print(f"{what:<64} {rows[-1][1]}", flush=True)

    work = Path(tempfile.mkdtemp(prefix="chaos-", dir=cache_folder()))
    try:
        chance = random.Random(arguments.seed)
        helper = HelperLevel(work / "helper", chance)
        tell(f"helper: {arguments.builds} builds at once", helper.at_once(arguments.builds))
        for number in range(arguments.kills):
            tell(*helper.kill(number))
        bazel = BazelLevel(work / "bazel", chance, arguments.builds)
        try:
            for strategy in STRATEGIES:
                what = f"Bazel: {arguments.builds} builds at once, {strategy}"
                tell(what, bazel.at_once(strategy))
            for number in range(arguments.kills):
                tell(*bazel.kill(STRATEGIES[number % len(STRATEGIES)], number))
            tell("Bazel: another output base, from the disk cache", bazel.from_cache())
        finally:
            bazel.shutdown()
        tell("no process is left", bazel.processes_left())
        if os.environ.get("RULES_SDIST_OWN_TMP"):
            tell("nothing is left in /tmp", left_in_tmp())
    finally:
        shutil.rmtree(work, ignore_errors=True)
    wrong = [row for row in rows if row[1] != "right"]
    print(f"{len(rows)} trials, {len(wrong)} with problems; seed {arguments.seed}")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
