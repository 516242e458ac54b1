"""Users and machines that have nothing in common, and what an action's key must not tell of them."""

from __future__ import annotations

import getpass
import os
import re
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def sysroot() -> str:
    """Where this machine's Rust is, or ""."""
    own = os.environ.get("RULES_SDIST_RUST", "")
    try:
        line = ["rustc", "--print", "sysroot"]
        return own or subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def other_client(folder: Path) -> dict[str, str]:
    """The environment of a user who has nothing in common with this one but the machine's Rust."""
    home, temporary = folder / "home", folder / "temporary"
    home.mkdir(exist_ok=True)
    temporary.mkdir(exist_ok=True)
    return {
        "CFLAGS": "-O0 -DNOISE",
        "HOME": str(home),
        "LANG": "tr_TR.UTF-8",
        "LC_ALL": "tr_TR.UTF-8",
        "PATH": os.pathsep.join(reversed(os.environ["PATH"].split(os.pathsep))),
        "PYTHONHASHSEED": "4711",
        "RULES_SDIST_RUST": sysroot(),  # rustup would look for it in the other home
        "SOURCE_DATE_EPOCH": "1700000000",
        "TMPDIR": str(temporary),
        "TZ": "Asia/Tokyo",
        "USER": "somebody-else",
    }


NOISE = [
    f"--action_env={name}"
    for name in (
        "CFLAGS=-O0",
        "HOME=/nonexistent",
        "LD_LIBRARY_PATH=/nonexistent",
        "PYTHONHASHSEED=4711",
        "PYTHONPATH=/nonexistent",
        "SOURCE_DATE_EPOCH=1700000000",
        "TZ=Asia/Tokyo",
    )
]


def secrets(root: Path, output_base: Path, env: Mapping[str, str]) -> set[str]:
    """Regular expressions for what an action's key must not tell of its machine: users, names, places, the time.

    Args:
        root: the workspace.
        output_base: Bazel's.
        env: the client's variables, where they are other than this process's.
    """
    words = {getpass.getuser(), env.get("USER", ""), os.uname().nodename} - {""}
    places = {root, output_base, env.get("HOME", os.environ.get("HOME", ""))}
    now = time.time()
    # Of this day; the digits of a hash are no time.
    times = {time.strftime("%Y-%m-%d", time.gmtime(now)), rf"(?<![0-9a-f]){str(int(now))[:5]}\d{{5}}(?![0-9a-f])"}
    whole_words = {rf"(?<![\w/-]){re.escape(word)}(?![\w-])" for word in words}
    return whole_words | {rf"{re.escape(str(place))}(?![\w-])" for place in places} | times
