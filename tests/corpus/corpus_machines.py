"""Two machines that differ in all that a wheel must not depend on: workspaces, output bases, clients and flags."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clients import NOISE, other_client
from machine import cache_folder, debian_root
from support import BAZELW, REPO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE = Path(__file__).resolve().parent
LOCK = HERE / "sdists.lock.json"
_LIBRARIES = ("libffi-dev", "libxml2-dev", "libxslt1-dev")
"""Debian's packages for the repository `debian`."""

CLOSED = "--@rules_sdist//python/settings:isolation=closed"

_COPIED = ("*.bazel", ".bazelrc", ".bazelversion", "*.txt", "*.toml", "*.json", "patches/*")


@dataclass(frozen=True)
class Build:
    """What came of building one package.

    Args:
        wheel: the wheel, or None.
        error: why there is none.
        seconds: how long the action took, when it last ran.
    """

    wheel: Path | None
    error: str
    seconds: float


@dataclass(frozen=True)
class Machine:
    """One of the machines.

    Args:
        name: for messages.
        root: its workspace.
        output_base: Bazel's output base.
        flags: for every build.
        umask: the client's.
        env: the client's variables, where they differ from this process's.
    """

    name: str
    root: Path
    output_base: Path
    flags: Sequence[str]
    umask: int = 0o022
    env: Mapping[str, str] = field(default_factory=dict)

    def described(self) -> dict[str, str]:
        """What the second machine has otherwise than the first, for people."""
        return {
            "length of the output base's path": str(len(str(self.output_base))),
            "length of the workspace's path": str(len(str(self.root))),
            "umask": f"{self.umask:03o}",
            "flags": " ".join(f"`{flag}`" for flag in self.flags),
            "variables of the client": ", ".join(f"`{name}`" for name in sorted(self.env)) or "as they are",
        }

    @property
    def log(self) -> Path:
        """What the last build ran: `--execution_log_json_file`."""
        return self.root / "execution.json"

    @property
    def profile(self) -> Path:
        """How long all in the last build took: `--profile`."""
        return self.root / "profile.json"

    def build(self, names: Sequence[str]) -> dict[str, Build]:
        """Builds the named packages' wheels.

        Returns:
            what came of each.
        """
        write_workspace(self.root)
        packages = {package_name(name): name for name in names}
        events = self.root / "events.json"
        print(f"{self.name}: building {len(names)} wheels in {self.root}", flush=True)
        began = time.monotonic()
        flags = ["--keep_going", f"--build_event_json_file={events}", "--build_event_publish_all_actions"]
        # linux-sandbox has a /tmp of its own, in which a checkout below the real one is not.
        flags += [f"--execution_log_json_file={self.log}", f"--sandbox_add_mount_pair={REPO}"]
        flags += [f"--profile={self.profile}", "--experimental_profile_include_target_label"]
        # By default Bazel would build the wheels' dependencies too, as their runfiles.
        flags += ["--output_groups=default"]
        flags += ["--disk_cache=", "--remote_cache=", "--show_result=0", *self.flags]
        self._bazel("build", *flags, *(f"@deps//{package}:whl" for package in packages))
        print(f"{self.name}: {time.monotonic() - began:.0f} s", flush=True)
        return self.results(list(read_events(events)), read_seconds(self.profile), packages)

    def fetch(self, names: Sequence[str]) -> None:
        """Downloads what building them takes."""
        write_workspace(self.root)
        self._bazel("build", "--nobuild", *(f"@deps//{package_name(name)}:whl" for name in names))

    def forget(self) -> None:
        """Removes the output base, so that the next build begins with nothing."""
        if self.output_base.exists():
            write_workspace(self.root)
            self._bazel("clean", "--expunge")
            shutil.rmtree(self.output_base, ignore_errors=True)
        for what in ("keys", "seconds"):
            self.record(what).unlink(missing_ok=True)

    def shut_down(self) -> None:
        """Stops the server."""
        self._bazel("shutdown")

    def _bazel(self, command: str, *arguments: str) -> None:
        line = [str(BAZELW), f"--output_base={self.output_base}", "--max_idle_secs=60", command]
        if command == "build":
            line.append(f"--repository_cache={cache_folder() / 'test_repositories'}")
        env = {**os.environ, "RULES_SDIST_CACHE": str(cache_folder()), **self.env}
        subprocess.run([*line, *arguments], cwd=self.root, env=env, umask=self.umask, check=False)

    def record(self, what: str) -> Path:
        """Where something is kept of actions that the next build need not run."""
        return self.output_base.with_name(f"{self.output_base.name}.{what}.json")

    def results(
        self, events: Sequence[Mapping[str, Any]], took: Mapping[str, float], packages: Mapping[str, str]
    ) -> dict[str, Build]:
        """What came of a build.

        Args:
            events: Bazel's, see `read_events`.
            took: see `read_seconds`.
            packages: names of distributions, by their package in the hub.
        """
        record = self.record("seconds")
        seconds: dict[str, float] = json.loads(record.read_text()) if record.exists() else {}
        seconds.update({packages[package]: value for package, value in took.items() if package in packages})
        wheels: dict[str, Path] = {}
        errors: dict[str, str] = {}
        for event in events:
            for file in event.get("namedSetOfFiles", {}).get("files", ()):
                package = file["name"].split("/")[-3] if file["name"].endswith(".whl") else ""
                if package in packages:
                    wheels[packages[package]] = path_of(file["uri"])
            action = event.get("action", {})
            name = packages.get(package_of(action.get("label", "")))
            if name and action.get("type") == "PySdistWheel" and not action.get("success"):
                errors[name] = first_error(path_of(action["stderr"]["uri"]) if "stderr" in action else None)
        record.write_text(json.dumps(seconds))
        return {name: Build(wheels.get(name), errors.get(name, ""), seconds.get(name, 0)) for name in packages.values()}


def write_workspace(root: Path) -> None:
    """Makes a workspace with the corpus in it.

    Args:
        root: where; what is there goes away.
    """
    if root.exists():
        shutil.rmtree(root)
    for pattern in _COPIED:
        for file in sorted(HERE.glob(pattern)):
            place = root / file.relative_to(HERE)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
    module = root / "MODULE.bazel"
    text = module.read_text(encoding="utf-8").replace('path = "../.."', f'path = "{REPO}"')
    module.write_text(text.replace('path = "debian/usr"', f'path = "{debian_root(*_LIBRARIES)}/usr"'))


def first_machine(folder: Path, jobs: int) -> Machine:
    """An ordinary machine."""
    return Machine(
        name="first machine",
        root=folder / "w",
        output_base=folder / "o",
        flags=(CLOSED, "--spawn_strategy=linux-sandbox", f"--jobs={jobs}"),
    )


def mapped_machine(folder: Path, jobs: int) -> Machine:
    """One on which builds are not closed."""
    return Machine(
        name="mapped",
        root=folder / "m",
        output_base=folder / "mo",
        flags=(CLOSED.replace("closed", "mapped"), "--spawn_strategy=linux-sandbox", f"--jobs={jobs}"),
    )


def second_machine(folder: Path, jobs: int) -> Machine:
    """One where everything is different."""
    client = folder / "client"
    client.mkdir(parents=True, exist_ok=True)
    return Machine(
        name="second machine",
        root=folder / "another_workspace" / ("long_" * 20) / "sub",
        output_base=folder / ("output_base_" * 8),
        # One job more, and no more of them at once: another order, on the same CPUs.
        flags=(
            CLOSED,
            "--spawn_strategy=processwrapper-sandbox",
            f"--jobs={jobs + 1}",
            f"--local_resources=cpu={jobs}",
            *NOISE,
        ),
        umask=0o077,
        env=other_client(client),
    )


def read_events(file: Path) -> Iterator[dict[str, Any]]:
    """The events of a `--build_event_json_file`."""
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def path_of(uri: str) -> Path:
    """The file of a `file:` URI."""
    return Path(urllib.request.url2pathname(urllib.parse.urlsplit(uri).path))


def read_seconds(file: Path) -> dict[str, float]:
    """How long each package's wheel took, by its package in the hub, from a `--profile` with target labels."""
    if not file.exists():
        return {}
    found = {}
    for event in json.loads(file.read_text(encoding="utf-8"))["traceEvents"]:
        arguments = event.get("args", {})
        if event.get("cat") == "action processing" and arguments.get("mnemonic") == "PySdistWheel":
            found[package_of(arguments.get("target", ""))] = event["dur"] / 1e6
    return found


def package_name(distribution: str) -> str:
    """A distribution's package in the hub."""
    return distribution.replace("-", "_").replace(".", "_")


def package_of(label: str) -> str:
    """The package in the hub of a target that a lock made."""
    return label.partition("//")[2].split("/")[0]


def first_error(output: Path | None) -> str:
    """What the helper says first of its error."""
    text = output.read_text(encoding="utf-8", errors="replace") if output and output.exists() else ""
    lines = [line.partition("ERROR: ")[2] for line in text.splitlines() if line.startswith("ERROR: ")]
    return lines[0] if lines else (text.strip().splitlines() or ["no message"])[-1]
