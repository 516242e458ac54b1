"""What the integration tests share: workspaces with a real Bazel in them, and sdists made to measure."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machine import cache_folder, index_url

from fingerprint.content import Contents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CLOSED = "--@rules_sdist//python/settings:isolation=closed"
REPO = Path(__file__).resolve().parents[2]
BAZELW = REPO / "bazelw"
# These servers live too short for what the second compiler of Java would gain.
STARTUP = ("--max_idle_secs=60", "--host_jvm_args=-XX:TieredStopAtLevel=1")
PROJECTS = Path(__file__).parent / "projects"
TEMPLATE = Path(__file__).parent / "workspace"


@dataclass(frozen=True)
class Result:
    """What one run of Bazel said: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


class Workspace:
    """A Bazel workspace with an output base of its own.

    Args:
        root: the workspace; made from the template when it does not exist.
        output_base: Bazel's output base.
        repository: the rules_sdist that it uses.
        flags: flags for every command that builds.
        launcher: a command that runs another one, for Bazel to be started with.
        env: client variables for every command.
    """

    def __init__(
        self,
        root: Path,
        output_base: Path,
        *,
        repository: Path = REPO,
        flags: Sequence[str] = (),
        launcher: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.root = root
        self.env = dict(env or {})
        self.output_base = output_base
        self.launcher = tuple(launcher)
        # The sandbox has a /tmp of its own, in which a clone below /tmp would be missing.
        # One project is built with make, which is the machine's.
        make = "--repo_env=RULES_SDIST_HOST_FILES=/usr/bin/make"
        # The interpreters that tests have as inputs are copies of the machine's, and need its libraries.
        python = "--repo_env=RULES_SDIST_HOST_TOOLS=/usr/bin/python3"
        self.flags = (f"--sandbox_add_mount_pair={repository}", make, python, *flags)
        if not root.exists():
            shutil.copytree(TEMPLATE, root)
            module = root / "MODULE.bazel"
            module.write_text(module.read_text().replace("RULES_SDIST", str(repository)))
            make_sdist(project_files("make_ext"), root / "wheels" / "make_ext-1.0.tar.gz")

    def run(
        self,
        command: str,
        *arguments: str,
        expect: int | None = 0,
        env: Mapping[str, str] | None = None,
        umask: int = 0o022,
    ) -> Result:
        """Runs one Bazel command.

        Args:
            command: "build", "test", "query", ...
            arguments: flags and targets.
            expect: the exit code it has to have, or None for any.
            env: client variables that differ from this process's.
            umask: the client's.
        """
        line = [*self.launcher, str(BAZELW), f"--output_base={self.output_base}", *STARTUP, command]
        if command != "shutdown":
            line.append(f"--repository_cache={cache_folder() / 'test_repositories'}")
        if command in ("build", "test", "run", "cquery", "aquery"):
            line += self.flags
        done = subprocess.run(
            [*line, *arguments],
            cwd=self.root,
            env={
                **os.environ,
                "RULES_SDIST_CACHE": str(cache_folder()),
                "PIP_INDEX_URL": index_url(),
                **self.env,
                **(env or {}),
            },
            capture_output=True,
            text=True,
            errors="replace",
            umask=umask,
            check=False,
        )
        result = Result(done.returncode, done.stdout, done.stderr)
        if expect is not None:
            assert result.code == expect, f"{' '.join(arguments)}: exit code {result.code}\n{result.out}\n{result.err}"
        return result

    def build(self, *arguments: str, **kwargs: Any) -> Result:
        """`run("build", ...)`."""
        return self.run("build", *arguments, **kwargs)

    def build_sharing(self, cache: Path, package: str, *flags: str, **kwargs: Any) -> tuple[str, bool]:
        """Builds the one wheel of a package with a disk cache that machines share.

        Returns:
            the wheel's hash, and whether it came from the cache.
        """
        log = self.root.with_suffix(".log.json")
        shared = (f"--disk_cache={cache}", f"--execution_log_json_file={log}")
        self.build(f"//{package}", *shared, *flags, **kwargs)
        (sha256,) = self.hashes(package).values()
        return sha256, all(spawn["cacheHit"] for spawn in spawns(log) if spawn["mnemonic"] == "PySdistWheel")

    def inputs(self, target: str, *flags: str) -> set[str]:
        """The paths of what a wheel's action has."""
        text = self.run("aquery", f'mnemonic("PySdistWheel", {target})', *flags).out
        return {name.strip() for name in text.split("Inputs: [")[1].split("]")[0].split(",")}

    def fingerprints(self, target: str, *flags: str) -> list[Contents]:
        """What a wheel's action may see of the machine."""
        base = self.output_base.resolve()
        names = sorted(name for name in self.inputs(target, *flags) if "rules_sdist_host_tools" in name)
        return [Contents.read(json.loads((base / name).read_text())) for name in names]

    def error(self, target: str, *flags: str) -> str:
        """The message with which the helper refuses to build a target."""
        output = self.build(target, *flags, expect=1).err
        assert "ERROR: " in output, output
        assert "helper.zip/" not in output, output  # no traceback of our own
        return output

    def bin(self) -> Path:
        """`bazel-bin`."""
        return self.root / "bazel-bin"

    def outputs(self, target: str, *flags: str) -> list[Path]:
        """The files of a target, which may be in another repository, after it was built."""
        self.build(target, *flags)
        told = self.run("cquery", "--output=files", target, *flags).out
        return [next((self.output_base / "execroot").glob(f"*/{line}")) for line in told.split()]

    def hashes(self, folder: str = "wheels") -> dict[str, str]:
        """The sha256 of each wheel in a package's output folder, by file name."""
        wheels = sorted((self.bin() / folder).glob("*.whl"))
        return {wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels}

    def package(self, name: str, build_file: str, files: Mapping[str, bytes | str | Path] | None = None) -> Path:
        """Writes a package: its BUILD file and other files."""
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        symbols = '"py_sdist_wheel", "py_wheel_library", "py_wheel_reproducibility_test"'
        loads = f'load("@rules_sdist//python:defs.bzl", {symbols})\n'
        (folder / "BUILD.bazel").write_text(loads + textwrap.dedent(build_file))
        for file, content in (files or {}).items():
            place = folder / file
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                shutil.copyfile(content, place)
            else:
                place.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    def command(self, name: str, *arguments: str) -> Result:
        """Runs a command of `tools` that starts Bazel itself, on this workspace."""
        bazel = self.root.with_name(f"{self.root.name}.bazel")
        line = [*self.launcher, str(BAZELW), f"--output_base={self.output_base}", *STARTUP]
        bazel.write_text(f'#!/bin/sh\nexec {shlex.join(line)} "$@"\n')
        bazel.chmod(0o755)
        flags = [f"--flag={flag}" for flag in self.flags]
        done = subprocess.run(
            [sys.executable, str(REPO / "tools" / name), "--bazel", str(bazel), *flags, *arguments],
            cwd=self.root,
            env={**os.environ, "RULES_SDIST_CACHE": str(cache_folder()), "PIP_INDEX_URL": index_url()},
            capture_output=True,
            text=True,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def shutdown(self) -> None:
        """Stops the server."""
        self.run("shutdown", expect=None)


def heed_interrupts() -> None:
    """For `preexec_fn`: what a shell starts in the background ignores SIGINT, and so does all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def spawns(log: Path) -> list[dict[str, Any]]:
    """The entries of a `--execution_log_json_file`."""
    decoder = json.JSONDecoder()
    text = log.read_text()
    position, entries = 0, []
    while position < len(text):
        entry, position = decoder.raw_decode(text, position)
        entries.append(entry)
        while position < len(text) and text[position].isspace():
            position += 1
    return entries


def project_files(name: str) -> dict[str, bytes | str]:
    """The files of one of the projects beside this module."""
    root = PROJECTS / name
    return {str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


def make_sdist(files: Mapping[str, bytes | str], place: Path) -> Path:
    """Packs files into an sdist called NAME-VERSION.tar.gz, always to the same bytes."""
    top = place.name.removesuffix(".tar.gz")
    with (
        place.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return place


_BACKEND = '''\
import os, sys, zipfile

def write_wheel(folder, files=None, name="demo", version="1.0", tag="py3-none-any", requires=(), named=None):
    """A wheel, as a careless backend makes it: any order, the current time."""
    info = f"{name}-{version}.dist-info"
    file = named or f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(os.path.join(folder, file), "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
                       + "".join(f"Requires-Dist: {line}\\n" for line in requires))
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: {tag}\\n")
        for member, content in (files or {"demo.py": ""}).items():
            wheel.writestr(member, content)
        wheel.writestr(f"{info}/RECORD", "")
    return file

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
'''


def backend_project(
    body: str, files: Mapping[str, bytes | str] | None = None, *, requires: Sequence[str] = ()
) -> dict[str, bytes | str]:
    """A project with a backend of its own.

    Args:
        body: the body of its `build_wheel(wheel_directory, config_settings)`, which has `write_wheel` at hand.
        files: more files.
        requires: its `[build-system] requires`.
    """
    table = (
        f'[build-system]\nrequires = {json.dumps(list(requires))}\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    code = _BACKEND + textwrap.indent(textwrap.dedent(body).strip() + "\n", "    ")
    return {"pyproject.toml": table, "backend.py": code, **(files or {})}
