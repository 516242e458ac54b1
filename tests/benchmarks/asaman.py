"""asaman and rules_sdist side by side: whose wheels are the same when one thing about the machine differs?

    tests/benchmarks/run asaman

Builds the packages of asaman's own CI (h2, hpack, hyperframe), a C extension (MarkupSafe), and one that writes a set
into a module, with both tools: once, and once more for each variation. Prints a table: "same" where all wheels of the
variation have the bytes of the first build. Both use the same interpreter, compiler and setuptools; asaman, which comes
from the package index, has a fixed hash seed, or nothing else of the last package would be seen.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / folder) for folder in ("tests/benchmarks", "tests/integration", "tools")]

from many_sdists import where_bazel_runs  # noqa: E402
from support import Workspace, make_sdist  # noqa: E402

ASAMAN = "asaman==0.2.1"
SETUPTOOLS = "setuptools==84.2.1"  # the workspace's
OWN = {
    "h2": ("h2-4.1.0.tar.gz", "a83aca08fbe7aacb79fec788c9c0bac936343560ed9ec18b82a13a12c28d2abb"),
    "hpack": ("hpack-4.0.0.tar.gz", "fc41de0c63e687ebffde81187a948221294896f6bdc0ae2312708df339430095"),
    "hyperframe": ("hyperframe-6.0.1.tar.gz", "ae510046231dc8e9ecb1a6586f63d2347bf4c8905914aa84ba585ae85f28a914"),
}
SEEDED = {
    "setup.py": "from setuptools import setup\n"
    "with open('seeded.py', 'w') as module:\n    module.write(repr(list({'one', 'two', 'three', 'four', 'five'})))\n"
    "setup(name='seeded', version='1.0', py_modules=['seeded'])\n"
}
TARGETS = ("h2", "hpack", "hyperframe", "seeded", "markupsafe")


@dataclass(frozen=True)
class Variation:
    """What is otherwise in a second build.

    Args:
        name: for people.
        env: variables of the user.
        umask: the user's.
        moved: whether all lies in another folder.
    """

    name: str
    env: dict[str, str] = field(default_factory=dict)
    umask: int = 0o022
    moved: bool = False


VARIATIONS = (
    Variation("nothing, two seconds later"),
    Variation("SOURCE_DATE_EPOCH", {"SOURCE_DATE_EPOCH": "1700000000"}),
    Variation("umask 077", umask=0o077),
    Variation("time zone, locale", {"TZ": "Asia/Tokyo", "LC_ALL": "C"}),
    Variation("hash seed", {"PYTHONHASHSEED": "4711"}),
    Variation("flags (CFLAGS=-O0 -g)", {"CFLAGS": "-O0 -g"}),
    Variation("path of the environment or workspace", moved=True),
)


class Asaman:
    """asaman in an environment with what builds the packages.

    Args:
        folder: where all of it lies.
        sdists: the packages, by target.
    """

    def __init__(self, folder: Path, sdists: dict[str, Path]) -> None:
        self._folder, self._sdists, self._inside = folder, sdists, where_bazel_runs()
        self._run([*self._inside, "/usr/bin/python3", "-m", "venv", str(folder / "venv")], {}, 0o022)
        pip = [*self._inside, str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "-q"]
        self._run([*pip, ASAMAN, SETUPTOOLS, "wheel"], {}, 0o022)

    def build(self, variation: Variation) -> dict[str, str]:
        """The wheels' hashes by target, or what went wrong."""
        if variation.moved:
            return Asaman(self._folder / "elsewhere", self._sdists).build(Variation(variation.name))
        made = {}
        bin_folder = self._folder / "venv" / "bin"
        for target, sdist in self._sdists.items():
            output = Path(tempfile.mkdtemp(dir=self._folder))
            # enter.sh has a PATH of its own.
            program = f'PATH={bin_folder}:$PATH exec asaman -s "$0" -o "$1"'
            self._run([*self._inside, "sh", "-c", program, str(sdist), str(output)], variation.env, variation.umask)
            (wheel,) = output.glob("*.whl")
            made[target] = hashlib.sha256(wheel.read_bytes()).hexdigest()
        return made

    @staticmethod
    def _run(line: list[str], env: dict[str, str], umask: int) -> None:
        done = subprocess.run(
            line,
            env={**os.environ, "PYTHONHASHSEED": "0", **env},
            umask=umask,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{' '.join(line)}:\n{(done.stdout + done.stderr)[-3000:]}")


class Ours:
    """rules_sdist in a workspace.

    Args:
        folder: where it lies.
        seeded: the package that is in no index.
    """

    def __init__(self, folder: Path, seeded: Path) -> None:
        self._folder, self._seeded = folder, seeded
        self._workspace = Workspace(folder / "workspace", folder / "output", flags=["-c", "opt"])
        with (self._workspace.root / "MODULE.bazel").open("a") as module:
            for name, (filename, sha256) in OWN.items():
                arguments = f'name = "{name}", distribution = "{name}", filename = "{filename}", sha256 = "{sha256}"'
                module.write(f'sdists.file({arguments})\nuse_repo(sdists, "{name}")\n')
        sdists = {name: f"@{name}//:file" for name in OWN} | {"seeded": seeded.name}
        build_file = "".join(
            f'py_sdist_wheel(name = "{name}", sdist = "{sdist}", build_requires = ["@setuptools_wheel//:file"])\n'
            for name, sdist in sdists.items()
        )
        build_file += 'alias(name = "markupsafe", actual = "//wheels:markupsafe_wheel")\n'
        self._workspace.package("cases", build_file, {seeded.name: seeded})

    def build(self, variation: Variation) -> dict[str, str]:
        """See `Asaman.build`."""
        if variation.moved:
            return Ours(self._folder / "elsewhere", self._seeded).build(Variation(variation.name))
        handed_on = [f"--action_env={name}" for name in variation.env]
        anew = f"--modify_execution_info=PySdistWheel=+rebuilt-{time.time_ns()}"
        self._workspace.build("//cases:all", anew, *handed_on, env=variation.env, umask=variation.umask)
        found = {name.partition("-")[0].lower(): sha256 for name, sha256 in self._hashes().items()}
        return {target: found[target] for target in TARGETS}

    def sdist(self, name: str) -> Path:
        """A package's sdist, as Bazel has fetched it."""
        (found,) = (self._workspace.output_base / "external").glob(f"*{name}*/{name}-*.tar.gz")
        return found

    def close(self) -> None:
        """Stops Bazel."""
        self._workspace.shutdown()

    def _hashes(self) -> dict[str, str]:
        return self._workspace.hashes("cases") | self._workspace.hashes("wheels")


def side_by_side(folder: Path) -> None:
    """Prints the table."""
    seeded = make_sdist(SEEDED, folder / "seeded-1.0.tar.gz")
    ours = Ours(folder / "ours", seeded)
    first = {"rules_sdist": ours.build(VARIATIONS[0])}
    sdists = {name: ours.sdist(name) for name in OWN} | {"seeded": seeded, "markupsafe": ours.sdist("markupsafe")}
    asaman = Asaman(folder / "asaman", {target: sdists[target] for target in TARGETS})
    first["asaman"] = asaman.build(VARIATIONS[0])
    print("| what differs | asaman | rules_sdist |\n|---|---|---|")
    for variation in VARIATIONS:
        time.sleep(2)
        cells = []
        for name, tool in (("asaman", asaman), ("rules_sdist", ours)):
            made = tool.build(variation)
            differing = [target for target in TARGETS if made[target] != first[name][target]]
            cells.append(f"**differs**: {', '.join(differing)}" if differing else "same")
        print(f"| {variation.name} | {' | '.join(cells)} |", flush=True)
    ours.close()


if __name__ == "__main__":
    scratch = Path(tempfile.mkdtemp(prefix="asaman-"))
    try:
        side_by_side(scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
