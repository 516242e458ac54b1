"""Source trees with Rust, Cargo.lock files, and a cargo that is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.cargo_locks import CargoLocks
from lock.options import parse_options
from lock.overrides import Override
from lock.pinned import Pinned
from lock.rust.crates import CrateFinder
from lock.rust.run_cargo import Cargo

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lock.cargo_locks import Rust

REGISTRY = "registry+https://mirror.example/rust-lang/crates.io-index"
SUM = "5" * 64
PYPROJECT = '[build-system]\nrequires = ["maturin>=1"]\nbuild-backend = "maturin"\n[project]\nname = "demo"\n'
MANIFEST = '[package]\nname = "demo"\nversion = "0.1.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n'


def tree(folder: Path, files: dict[str, str]) -> Path:
    """A source tree."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def manifest(*dependencies: str, more: str = "") -> str:
    """A Cargo.toml, with lines of `[dependencies]`."""
    return MANIFEST + more + "\n[dependencies]\n" + "\n".join(dependencies) + "\n"


def entry(name: str, version: str, *needs: str, source: str = REGISTRY, checksum: str = SUM) -> str:
    """An entry of a Cargo.lock as cargo writes it since its version 2."""
    lines = [f'source = "{source}"'] if source else []
    lines += [f'checksum = "{checksum}"'] if source and checksum else []
    lines += [f"dependencies = [{', '.join(f'{need!r}' for need in needs)}]"] if needs else []
    return "\n".join(["[[package]]", f'name = "{name}"', f'version = "{version}"', *lines, "", ""])


def cargo_lock(*entries: str, version: int = 4) -> str:
    """A Cargo.lock."""
    return f"version = {version}\n\n" + "".join(entries)


def own(*needs: str) -> str:
    """The entry of the source tree's own package."""
    return entry("demo", "0.1.0", *needs, source="")


def fake_cargo(folder: Path, text: str, *, fails: str = "") -> Path:
    """A folder for PATH, whose `cargo` writes a Cargo.lock, and what it was called with into the file `called`."""
    (folder / "made.lock").write_text(text)
    program = folder / "bin" / "cargo"
    program.parent.mkdir()
    ends = f"echo 'error: {fails}' >&2; exit 101" if fails else f'cp "{folder}/made.lock" "$lock"'
    program.write_text(
        f"""#!/bin/sh
for argument; do case "$argument" in --manifest-path=*) file="${{argument#--manifest-path=}}";; esac; done
lock="$(dirname "$file")/Cargo.lock"
{{ echo "$@"; pwd; echo "$CARGO_HOME"; cat "$CARGO_HOME/config.toml" "$lock" 2>/dev/null; }} > "{folder}/called"
{ends}
"""
    )
    program.chmod(0o755)
    return program.parent


def find(
    folder: Path,
    source: Path,
    override: Override | None = None,
    *,
    requires: Iterable[str] = ("maturin",),
    backend: str = "maturin",
    upgrade: Iterable[str] = (),
) -> tuple[Rust | None, dict[Path, str]]:
    """What the source of demo 1.0 needs of Rust, for a lock in a folder, and the Cargo.lock files that were made."""
    options = parse_options(["r.txt", "-o", "lock.json", *(f"--upgrade={name}" for name in upgrade)], folder)
    (folder / "scratch").mkdir(exist_ok=True)
    locks = CargoLocks(options, folder / "made")
    finder = CrateFinder(Cargo(folder / "scratch"), locks, options.upgrade)
    found = finder.find(Pinned("demo", "1.0", ()), override or Override(), source, backend, list(requires))
    return found, locks.texts()
