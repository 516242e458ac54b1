"""What a Rust toolchain is: the hashes of its files, and what rustc says of itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.files import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable

_VARIABLES = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}


def rust_facts(rustc: str, files: Iterable[str]) -> dict[str, Any]:
    """A toolchain's facts, in the form of a compiler's fingerprint.

    Args:
        rustc: the program, in the folder `bin` of the toolchain.
        files: the toolchain's files.

    Returns:
        `version`, `host` and `llvm`, as `rustc -vV` says, and the sha256 of each of the `files`, by their paths in the
        toolchain.

    Raises:
        OSError: a file can't be read, or rustc not started.
    """
    root = os.path.dirname(os.path.dirname(rustc))  # noqa: PTH120 - of a path that is compared as text
    found = {os.path.relpath(file, root or "."): Path(file) for file in sorted({rustc, *files})}
    return {**rustc_says(rustc), "files": {name: sha256(file) for name, file in found.items()}}


def rustc_says(rustc: str) -> dict[str, str]:
    """What `rustc -vV` says: the version with its commit, the host, and LLVM's version.

    Raises:
        OSError: it can't be started, or fails.
    """
    done = subprocess.run(
        [os.path.abspath(rustc), "-vV"],  # noqa: PTH100 - perhaps a link, beside which its libraries are
        env=_VARIABLES,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise OSError(f"{rustc} -vV fails: {done.stderr.strip()}")
    first, *lines = done.stdout.splitlines() or [""]
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    return {"version": first, "host": fields.get("host", ""), "llvm": fields.get("LLVM version", "")}
