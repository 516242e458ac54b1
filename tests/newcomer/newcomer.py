"""Does what README's "Use it" and two tutorials say, in a new home, as an ordinary user."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import cache_folder
from readme import steps_of
from support import REPO

USER = 4711
SDISTS = 5
FIRST = "first_wheel"
FOLDERS = {"README.md": "project", "docs/tutorial/first_wheel.md": FIRST, "docs/tutorial/swap.md": "swap"}
"""The pages, each with the folder in which it is done."""
GIVEN = {"docs/tutorial/swap.md": Path(__file__).parent / "pip_parse"}
"""What is in the folder before."""
# Who types this is nobody whom the machine knows already.
_FORGOTTEN = ("BAZEL", "HOME", "LOGNAME", "PYTHON", "RULES_SDIST", "USER", "VIRTUAL_ENV", "XDG")


def make_home(home: Path) -> None:
    """A home with a copy of this checkout; root shares the Debian in which bazelw runs Bazel with it."""
    listed = ["git", "-C", str(REPO), "ls-files", "-z", "-co", "--exclude-standard"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        place = home / "rules_sdist" / name
        if (REPO / name).exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPO / name, place)
    for name in FOLDERS.values():
        (home / name).mkdir()
    if os.getuid():
        return
    subprocess.run(["chown", "-R", f"{USER}:{USER}", str(home)], check=True)
    cache = home / ".cache" / "rules_sdist"
    cache.mkdir(parents=True)
    roots = [made for made in cache_folder().glob("debian-*") if made.is_dir() and ".tmp" not in made.name]
    for made in (*roots, *cache_folder().glob("trust-*.p12")):
        if made.is_dir():  # hard links, where one file system has both: that user can't write to them
            linked = subprocess.run(["cp", "-al", str(made), str(cache)], capture_output=True, check=False)
            if linked.returncode:
                subprocess.run(["cp", "-a", str(made), str(cache)], check=True)
        else:
            os.chown(shutil.copy2(made, cache), USER, USER)
    for folder in (cache.parent, cache):
        os.chown(folder, USER, USER)


def run(home: Path, folder: str, command: str) -> int:
    """Types something in a folder of the home; returns the exit code."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(_FORGOTTEN)}
    env.update(HOME=str(home), USER="newcomer", LOGNAME="newcomer")
    line = ["bash", "-euo", "pipefail", "-c", command]
    if os.getuid():
        env["RULES_SDIST_CACHE"] = str(cache_folder())
    else:
        line = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all", *line]
    return subprocess.run(line, cwd=home / folder, env=env, check=False).returncode


def owned(file: Path, text: str) -> None:
    """Writes a file, or more at the end of one, as that user would."""
    missing = [folder for folder in file.parents if not folder.exists()]
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as there:
        there.write(text)
    for made in (*missing, file):
        if not os.getuid():
            os.chown(made, USER, USER)


def take_steps(home: Path, page: str) -> list[float]:
    """Does all steps of a page; returns how many seconds each took.

    Raises:
        SystemExit: one failed.
    """
    taken = []
    folder = FOLDERS[page]
    for given in GIVEN[page].iterdir() if page in GIVEN else ():
        owned(home / folder / given.name, given.read_text(encoding="utf-8"))
    for number, step in enumerate(steps_of((REPO / page).read_text(encoding="utf-8")), 1):
        start = time.monotonic()
        for name, text in step.files.items():
            owned(home / folder / name, text)
        for command in step.commands:
            print(f"--- {page}, step {number}:\n{command}", flush=True)
            if run(home, folder, command):
                sys.exit(f"newcomer: step {number} of {page} fails; see above. It is typed in {home}/{folder}.")
        taken.append(time.monotonic() - start)
    return taken


def check_wheel(home: Path) -> None:
    """Compares the first wheel, which an ordinary user has made, with root's.

    Raises:
        SystemExit: it has other bytes.
    """
    [wheel] = (home / FIRST / "bazel-bin" / "third_party").glob("*.whl")
    mine = wheel.read_bytes()
    folder = shutil.copytree(home / FIRST, home / "root", ignore=shutil.ignore_patterns("bazel-*"))
    line = [str(REPO / "bazelw"), f"--output_base={home / 'root_output'}"]
    subprocess.run([*line, "build", "//third_party:markupsafe_wheel"], cwd=folder, check=True)
    [wheel] = (folder / "bazel-bin" / "third_party").glob("*.whl")
    roots = wheel.read_bytes()
    subprocess.run([*line, "shutdown"], cwd=folder, check=True)
    if mine != roots:
        sys.exit("newcomer: an ordinary user's wheel is not the one that root makes")


def main() -> None:
    parser = argparse.ArgumentParser(prog="newcomer", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the new home where it is")
    parsed = parser.parse_args()
    # Not in /tmp, for the sandbox has one of its own.
    home = Path(tempfile.mkdtemp(prefix="newcomer-", dir="/var/tmp"))
    home.chmod(0o755)
    try:
        make_home(home)
        taken = take_steps(home, "README.md")
        lock = json.loads((home / "project" / "sdists.lock.json").read_text(encoding="utf-8"))
        built = [item["distribution"] for item in lock["sdists"]]
        if len(built) != SDISTS or len(taken) != 5:
            sys.exit(f"newcomer: {len(taken)} steps instead of 5, {', '.join(built)} built instead of {SDISTS} sdists")
        first = sum(take_steps(home, "docs/tutorial/first_wheel.md"))
        swap = sum(take_steps(home, "docs/tutorial/swap.md"))
        if not os.getuid():
            check_wheel(home)
    finally:
        for folder in FOLDERS.values():
            run(home, folder, "../rules_sdist/bazelw shutdown >/dev/null 2>&1 || true")
        if not parsed.keep:
            subprocess.run(["chmod", "-R", "u+w", str(home)] if os.getuid() else ["true"], check=False)
            shutil.rmtree(home, ignore_errors=True)
    for number, seconds in enumerate(taken, 1):
        print(f"step {number}: {seconds:4.0f} s")
    print(f"newcomer: from nothing to a passing test with {SDISTS} sdists in {sum(taken):.0f} s")
    print(f"newcomer: the first wheel by hand in {first:.0f} s, the swap in {swap:.0f} s")
    if not os.getuid():
        print("newcomer: root makes the same wheel")


if __name__ == "__main__":
    main()
