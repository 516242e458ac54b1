"""A project in Rust with one crate from a registry, which is a folder, and workspaces that build it."""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from clients import sysroot
from support import Workspace, backend_project, make_sdist

if TYPE_CHECKING:
    from collections.abc import Mapping


RUST = sysroot()
NEEDS_RUST = pytest.mark.skipif(not RUST, reason="there is no cargo")

MANIFEST = """\
[package]
name = "crab"
version = "1.0.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[dependencies]
claw = "1"
"""
LIBRARY = """\
#[no_mangle]
pub extern "C" fn crab(value: u32) -> u32 {
    claw::twice(value).checked_add(1).expect("too many claws")
}
"""
CLAW = {
    "Cargo.toml": '[package]\nname = "claw"\nversion = "1.2.3"\nedition = "2021"\nbuild = "build.rs"\n',
    "build.rs": 'fn main() { println!("cargo:rerun-if-changed=build.rs"); }\n',
    "src/lib.rs": """\
pub fn twice(value: u32) -> u32 {
    assert!(value < 1 << 31, "{} is too many", value);
    2 * value
}
""",
    "nested/BUILD.bazel": "this makes a package of its folder\n",
}
BODY = """
import subprocess
subprocess.run(["cargo", "build", "--release", "--message-format=short"], check=True)
with open("target/release/libcrab.so", "rb") as file:
    return write_wheel(wheel_directory, {"crab.so": file.read()}, name="crab", tag="py3-none-linux_x86_64")
"""
BUILD_FILE = """
py_sdist_wheel(
    name = "{name}",
    sdist = "{sdist}",
    crates = [{crates}],
    rust = True,
    wheel_tags = "py3-none-linux_x86_64",
    {more}
)
"""
CRATE = "@crate_claw//:crate"
_NONE = "0" * 64
_SOURCE = """\
[source.crates-io]
replace-with = "folder"

[source.folder]
directory = "FOLDER/crates"
"""


def pack_crate(files: Mapping[str, str], place: Path) -> str:
    """Packs a crate as registries have it; returns its sha256."""
    top = place.name.removesuffix(".crate")
    buffer = io.BytesIO()
    with gzip.GzipFile("", "wb", fileobj=buffer, mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()


@functools.cache
def _cargo_lock() -> str:
    """The project's Cargo.lock as cargo writes it, which knows what its registry is called."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in {"Cargo.toml": MANIFEST, "src/lib.rs": LIBRARY, "home/config.toml": _SOURCE}.items():
            _write(folder / file, text.replace("FOLDER", name))
        for file, text in {**CLAW, ".cargo-checksum.json": json.dumps({"files": {}, "package": _NONE})}.items():
            _write(folder / "crates" / "claw-1.2.3" / file, text)
        environment = {**os.environ, "CARGO_HOME": f"{name}/home", "RUSTC": f"{RUST}/bin/rustc"}
        line = [f"{RUST}/bin/cargo", "generate-lockfile", "--offline"]
        subprocess.run(line, cwd=folder, env=environment, check=True, capture_output=True)
        return (folder / "Cargo.lock").read_text()


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def cargo_lock(sha256: str) -> str:
    """The project's Cargo.lock.

    Args:
        sha256: the crate's.
    """
    return _cargo_lock().replace(_NONE, sha256)


def project(sha256: str, files: Mapping[str, str] | None = None, body: str = BODY) -> dict[str, bytes | str]:
    """The project's files."""
    own = {"Cargo.toml": MANIFEST, "Cargo.lock": cargo_lock(sha256), "src/lib.rs": LIBRARY, **(files or {})}
    return backend_project(body, own)


class RustWorkspace(Workspace):
    """A workspace whose registry of crates is a folder.

    Args:
        root: the workspace.
        output_base: Bazel's.
    """

    def __init__(self, root: Path, output_base: Path) -> None:
        super().__init__(root, output_base)
        self.registry = root.parent / f"{root.name}.registry"
        self.sha256 = ""
        self._module = (root / "MODULE.bazel").read_text()
        self.set()

    def set(self, *, rust: str = RUST, claw: Mapping[str, str] = CLAW, pinned: str = "", registry: bool = True) -> None:
        """Sets what it knows of Rust anew, which costs far less than another workspace.

        Args:
            rust: the sysroot.
            claw: files of the one crate in its registry.
            pinned: its sha256 as MODULE.bazel has it; "" for the right one.
            registry: whether Bazel is told of the registry.
        """
        self.sha256 = pack_crate(claw, self.registry / "claw-1.2.3.crate")
        self.env["RULES_SDIST_RUST"] = rust
        url = f"--repo_env=RULES_SDIST_CRATES_URL=file://{self.registry}/{{crate}}-{{version}}.crate"
        self.flags = (*(flag for flag in self.flags if flag != url), *([url] if registry else []))
        tag = f'name = "crate_claw", crate = "claw", version = "1.2.3", sha256 = "{pinned or self.sha256}"'
        crate = f'sdists.crate({tag})\nuse_repo(sdists, "crate_claw")\n'
        (self.root / "MODULE.bazel").write_text(self._module + crate)

    def crab(
        self,
        case: str,
        files: Mapping[str, str] | None = None,
        *,
        body: str = BODY,
        crates: str = f'"{CRATE}"',
        more: str = "",
    ) -> str:
        """Writes the package CASE with the project, whose backend has that body; returns its target."""
        text = BUILD_FILE.format(name=case, sdist="crab-1.0.tar.gz", crates=crates, more=more)
        folder = self.package(case, text)
        make_sdist(project(self.sha256, files, body), folder / "crab-1.0.tar.gz")
        return f"//{case}"
