"""Gets crates from the registry that cargo is configured for, and unpacks them as Bazel's rule does."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from buildinfo.document import crate_parts
from common.errors import UserError
from source.unpack import Limits, unpack
from wheel_diff.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildinfo.document import Input

_TIMEOUT = 60  # seconds without an answer
_CHUNK = 1 << 20
_LARGEST = 256 << 20
_LIMITS = Limits(max_bytes=4 << 30, max_members=200_000)
_RENAMED = "CRATE_FILE."  # before the names of files that make packages of folders, for Bazel
_OWN_ADDRESS = "RULES_SDIST_CRATES_URL"
_SETTINGS = ("config.toml", "config", "credentials.toml", "credentials")
_PROJECT = """\
[package]
name = "asks_for_the_registry"
version = "0.0.0"
edition = "2021"

[lib]
path = "lib.rs"

[dependencies]
cfg-if = "1"
"""


@dataclass
class Registry:
    """The registry of crates.

    Args:
        scratch: an empty folder.
    """

    scratch: Path
    _template: str = field(default="")

    def download(self, entry: Input, place: Path) -> Path:
        """Downloads a crate's archive.

        Args:
            entry: the crate.
            place: where the archive goes.

        Raises:
            UserError: it can't be had, or is another one.
        """
        name, version = crate_parts(entry.crate)
        url = crate_url(self._template or self._asked(entry.crate), name, version, entry.sha256)
        digest, size = hashlib.sha256(), 0
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer, place.open("wb") as copy:
                while piece := answer.read(_CHUNK):
                    size += len(piece)
                    if size > _LARGEST:
                        raise ValueError(f"it is larger than {_LARGEST >> 20} MiB")
                    digest.update(piece)
                    copy.write(piece)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise UserError(
                f"{entry.crate} can't be had from {printable(url)}: {printable(str(error))}.",
                where=entry.path,
                fix=f"Check the network and cargo's configuration; or name a folder that has {entry.crate}: "
                "--inputs FOLDER.",
            ) from error
        if digest.hexdigest() != entry.sha256:
            raise UserError(
                f"{entry.crate} of the registry is another one.\n  recorded sha256: {entry.sha256}\n"
                f"  found:           {digest.hexdigest()}",
                where=printable(url),
                fix="Find out who changed it: a registry keeps what a version is. Or name a folder that has the "
                "recorded one: --inputs FOLDER.",
            )
        return place

    def _asked(self, crate: str) -> str:
        """The address of downloads: that of the variable, or what cargo keeps of the registry that it asks."""
        self._template = os.environ.get(_OWN_ADDRESS, "")
        if self._template:
            return self._template
        cargo = shutil.which("cargo")
        reason = _ask(cargo, self.scratch) if cargo else "there is no cargo on PATH"
        for config in sorted((self.scratch / "home" / "registry" / "index").glob("*/config.json")):
            self._template = str(json.loads(config.read_text(encoding="utf-8")).get("dl", ""))
        if not self._template:
            raise UserError(
                f"No registry of crates is known: {printable(reason or 'what cargo asks has no config.json')}.",
                where=crate,
                fix="Put cargo onto PATH, which tells where its registry is; or set "
                f"{_OWN_ADDRESS} to the `dl` of the registry's config.json; or name a folder that has the crates: "
                "--inputs FOLDER.",
            )
        return self._template


def _ask(cargo: str, scratch: Path) -> str:
    """Has cargo ask its registry, in a home of its own with the user's settings; returns what went wrong."""
    own = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    home, project = scratch / "home", scratch / "project"
    for folder in (home, project):
        folder.mkdir(parents=True, exist_ok=True)
    for name in _SETTINGS:
        if (own / name).exists() and not (home / name).exists():
            (home / name).symlink_to((own / name).absolute())
    (project / "Cargo.toml").write_text(_PROJECT, encoding="utf-8")
    (project / "lib.rs").write_text("", encoding="utf-8")
    done = subprocess.run(
        [cargo, "generate-lockfile"],
        cwd=project,
        env={**os.environ, "CARGO_HOME": str(home)},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return f"cargo could not ask it: {' '.join(done.stderr.split())}" if done.returncode else ""


def crate_url(template: str, name: str, version: str, sha256: str) -> str:
    """Where a registry has a crate; see "index configuration" in cargo's reference.

    Args:
        template: the `dl` of its config.json.
        name: the crate's.
        version: its version.
        sha256: that of its archive.
    """
    values = {
        "{crate}": name,
        "{version}": version,
        "{prefix}": _prefix(name),
        "{lowerprefix}": _prefix(name.lower()),
        "{sha256-checksum}": sha256,
    }
    if not any(marker in template for marker in values):
        return f"{template.rstrip('/')}/{name}/{version}/download"
    for marker, value in values.items():
        template = template.replace(marker, value)
    return template


def _prefix(name: str) -> str:
    if len(name) < 3:
        return str(len(name))
    return f"3/{name[0]}" if len(name) == 3 else f"{name[:2]}/{name[2:4]}"


def place_crate(archive: Path, entry: Input, renamed: Sequence[str], place: Path, scratch: Path) -> None:
    """Unpacks a crate where the build expects it.

    Args:
        archive: the .crate file.
        entry: the crate.
        renamed: files in it that Bazel's rule has given other names.
        place: the folder to make.
        scratch: an empty folder.

    Raises:
        UserError: it is no readable archive, or has not one of these files.
    """
    scratch.mkdir()
    root = unpack(archive, scratch, _LIMITS)
    for name in renamed:
        file = root / name
        if not file.is_file():
            raise UserError(
                f"{entry.crate} has no {printable(name)}, which its build information names.",
                where=f"recipe.rust.crates.renamed of the build information: {entry.path}",
                fix="Get the build information anew from whoever built the wheel.",
            )
        file.rename(file.with_name(_RENAMED + file.name))
    # What cargo wants of a directory source; all files were compared by the archive's hash.
    checksum = json.dumps({"files": {}, "package": entry.sha256}, separators=(",", ":"))
    (root / ".cargo-checksum.json").write_text(checksum, encoding="utf-8")
    place.parent.mkdir(parents=True, exist_ok=True)
    root.rename(place)
