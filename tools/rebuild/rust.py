"""Compares the Rust of this machine with the one that built the wheel, and puts it where the build expects it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from buildinfo.rust import rustc_says
from common.errors import UserError
from common.files import sha256
from rebuild.rust_checks import toolchain_folder
from wheel_diff.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from buildinfo.document import BuildInfo

_OWN = "RULES_SDIST_RUST"
_SHOWN = 5
# Libraries of the machine that rustc is linked with, such as zlib, lie beside its own in a toolchain that Bazel has.
_SYSTEM = tuple(
    Path(folder) for folder in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", f"/usr/lib/{os.uname().machine}-linux-gnu")
)


def place_rust(info: BuildInfo, root: Path) -> None:
    """Puts this machine's Rust into the execution root, file by file, if it is the recorded one.

    No program runs because the build information names it: the user's own rustc is asked, that of RULES_SDIST_RUST (a
    sysroot) or PATH. What links to a toolchain's repositories lead to stays, if all its files have the right hashes.

    Args:
        info: the build information, checked.
        root: the execution root.

    Raises:
        UserError: there is none, or another one.
    """
    if info.rust is None:
        return
    folder = toolchain_folder(info.recipe)
    place, files = root / folder, info.rust["files"]
    if place.resolve() != root.resolve() / folder:
        _check_files(info, {name: place / name for name in files})
        return
    sysroot = _sysroot(info)
    _check_says(info.rust, rustc_says(str(sysroot / "bin" / "rustc")), sysroot)
    found = {name: _found(sysroot, name) for name in files}
    _check_files(info, found)
    for name, file in found.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place / name)


def rust_files(info: BuildInfo) -> list[str]:
    """The toolchain's files in the execution root, as the parameters of a build have them."""
    return [f"{toolchain_folder(info.recipe)}/{name}" for name in sorted(info.rust["files"])] if info.rust else []


def _sysroot(info: BuildInfo) -> Path:
    own = os.environ.get(_OWN, "")
    rustc = shutil.which("rustc")
    reason = "there is no rustc on PATH"
    if own or rustc:
        line = [rustc or "", "--print", "sysroot"]
        sysroot = own or subprocess.run(line, capture_output=True, text=True, check=False).stdout.strip()
        if sysroot and (Path(sysroot) / "bin" / "rustc").is_file():
            return Path(sysroot)
        reason = f"{sysroot or rustc} has no bin/rustc"
    raise UserError(
        f"The wheel was built with {printable((info.rust or {}).get('version', 'Rust'))}; here {reason}.",
        where=info.wheel,
        fix=f"Install that Rust, put it onto PATH, or set {_OWN} to its sysroot; where it is no tool of the machine, "
        "name the folder of the toolchain with --toolchain.",
    )


def _check_says(recorded: Mapping[str, Any], here: Mapping[str, str], sysroot: Path) -> None:
    lines = [
        f"  {name}: recorded {printable(recorded[name])}, here {printable(value)}"
        for name, value in here.items()
        if recorded[name] != value
    ]
    if lines:
        raise UserError(
            f"The Rust in {sysroot} is not the one that built the wheel:\n" + "\n".join(lines),
            where="the Rust of this machine",
            fix=f"Install {printable(recorded['version'])}, with rustup or in the image that the build ran in, or set "
            f"{_OWN} to its sysroot.",
        )


def _found(sysroot: Path, name: str) -> Path:
    file = sysroot / name
    if file.exists():
        return file
    return next((folder / file.name for folder in _SYSTEM if (folder / file.name).is_file()), file)


def _check_files(info: BuildInfo, found: Mapping[str, Path]) -> None:
    recorded = info.rust["files"] if info.rust else {}
    others = [
        f"  {printable(name)}: {'has another sha256' if file.is_file() else 'is not there'} ({file})"
        for name, file in sorted(found.items())
        if not file.is_file() or sha256(file) != recorded[name]
    ]
    if others:
        more = [f"  and {len(others) - _SHOWN} more"] if len(others) > _SHOWN else []
        raise UserError(
            f"{len(others)} of {len(found)} files of the Rust that built the wheel are others here:\n"
            + "\n".join([*others[:_SHOWN], *more]),
            where="the Rust of this machine",
            fix="Install the recorded one: the same release from the same place, or the image that the build ran in.",
        )
