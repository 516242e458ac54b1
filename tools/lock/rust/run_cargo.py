"""Runs cargo where a Cargo.lock has to be made: no code of the project runs, and nothing of it configures cargo."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError
from lock.rust.cargo_lock import NAME, own_lock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from source.cargo import Workspace

_CONFIGURATION = ("config", "config.toml", "credentials", "credentials.toml")
_SHOWN = 12


class Cargo:
    """The user's cargo, with the user's own configuration of registries, in a home of its own.

    Args:
        scratch: a folder for that, and for copies of sources.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._home = scratch / "cargo_home"
        self._making_home = threading.Lock()

    def make_lock(self, space: Workspace, old: str | None, upgrade: Sequence[str], distribution: str) -> str:
        """Makes or renews a Cargo.lock, in a copy of the source tree.

        Args:
            space: the workspace that it is for.
            old: what it has been: only what has to change changes; None where there is none.
            upgrade: packages of it that may change, too, such as "itoa@1.0.19".
            distribution: whose it is.

        Returns:
            the content of the new one.

        Raises:
            UserError: there is no cargo, or it fails.
        """
        manifest = space.manifest.relative_to(space.top)
        program = shutil.which("cargo", path=_path())
        if not program:
            raise UserError(
                f"There is no `cargo` on PATH to make the Cargo.lock that {distribution} lacks.",
                where=f"{manifest} of {distribution}",
                fix=f"Install Rust; only `lock` needs it there. Or {own_lock(distribution)}",
            )
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            copy = Path(folder).resolve() / distribution
            shutil.copytree(space.top, copy, symlinks=True)
            place = copy / space.root.relative_to(space.top) / NAME
            place.unlink(missing_ok=True)
            command = ["generate-lockfile"]
            if old is not None:
                place.write_text(old, encoding="utf-8")
                command = ["update", *([f"--package={name}" for name in upgrade] or ["--workspace"])]
            line = [program, *command, "--color=never", f"--manifest-path={copy / manifest}"]
            # Cargo and rustup look for configuration in the current folder and above it: not in the sdist's.
            done = subprocess.run(
                line, cwd="/", env=self._environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False
            )
            if done.returncode or not place.is_file():
                lines = done.stderr.decode("utf-8", "replace").replace(f"{folder}/", "").strip().splitlines()
                raise UserError(
                    "\n".join([f"cargo can't make a Cargo.lock for {distribution}.", *lines[-_SHOWN:]]),
                    where=f"cargo {' '.join(command)}",
                    fix="Check the network and cargo's configuration; correct Cargo.toml with `patches`. Or "
                    + own_lock(distribution),
                )
            return place.read_text(encoding="utf-8")

    def _environment(self) -> dict[str, str]:
        home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
        with self._making_home:
            if not self._home.exists():
                self._home.mkdir(parents=True)
                for name in _CONFIGURATION:
                    if (home / name).is_file():
                        (self._home / name).symlink_to((home / name).resolve())
        return {**os.environ, "CARGO_HOME": str(self._home), "PATH": _path(), "RUST_BACKTRACE": "0"}


def _path() -> str:
    """PATH, with the Rust that builds take by default before it, where one is named."""
    own = os.environ.get("RULES_SDIST_RUST")
    path = os.environ.get("PATH", os.defpath)
    return f"{own}/bin:{path}" if own else path
