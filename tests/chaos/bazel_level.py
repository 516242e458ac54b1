"""Builds under Bazel."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from machine import cache_folder
from processes_seen import below, left
from support import BAZELW, Workspace, backend_project, make_sdist

if TYPE_CHECKING:
    import random
    from pathlib import Path

_PURE = """
import time
time.sleep(0.3)
return write_wheel(wheel_directory, {{"demo{number}.py": "x = 1" * 1000}}, name="demo{number}")
"""
_C = """
import platform, subprocess
tag = f"cp{{sys.version_info[0]}}{{sys.version_info[1]}}"
for part in range(5):
    subprocess.run(["cc", "-g", "-fPIC", "-c", f"part.c", "-o", f"{{part}}.o", f"-DPART={{part}}"], check=True)
subprocess.run(["cc", "-shared", "-o", "demo.so", *(f"{{part}}.o" for part in range(5))], check=True)
content = open("demo.so", "rb").read()
return write_wheel(wheel_directory, {{"demo{number}.so": content}}, name="demo{number}",
                   tag=f"{{tag}}-{{tag}}-linux_{{platform.machine()}}")
"""
_PART = "#define NAME2(x) part##x\n#define NAME(x) NAME2(x)\nconst char *NAME(PART)(void) { return __FILE__; }\n"
_BUILD = """
py_sdist_wheel(
    name = "wheel",
    sdist = "//chaos:demo{number}-1.0.tar.gz",
    wheel_tags = "{tags}",
)
"""


class BazelLevel:
    """Trials in one workspace.

    Args:
        folder: for the workspace, the output bases and the disk cache.
        chance: decides whom to kill, and when.
        count: how many wheels; two in five are of one sdist, one in five has C.
    """

    def __init__(self, folder: Path, chance: random.Random, count: int) -> None:
        self._folder, self._chance, self._count = folder, chance, count
        folder.mkdir(parents=True)
        self._cache = ""
        self._machine = self._workspace("first")
        self._machine.build("//chaos/...")
        self._expected = self._outputs(self._machine)
        assert len([name for name in self._expected if name.endswith(".whl")]) == count
        self._other: Workspace | None = None

    def at_once(self, strategy: str) -> list[str]:
        """All wheels at the same time."""
        self._machine.run("clean")
        self._machine.build("//chaos/...", *self._flags(strategy))
        return self._problems()

    def kill(self, strategy: str, number: int) -> tuple[str, list[str]]:
        """Kills a process of a build, then builds without more ado; returns what was done, and problems."""
        self._machine.run("clean")
        build = self._start("build", "//chaos/...", *self._flags(strategy), "--keep_going", *self._cached(number))
        role = self._chance.choice(("bazel", "helper", "backend", "tool"))
        wait = self._chance.uniform(0, 1.5)
        while build.poll() is None and not self._seen("helper" if role == "bazel" else role):
            time.sleep(0.02)
        time.sleep(wait)
        role = self._kill(role)
        build.wait(300)
        problems = left(self._machine.output_base)
        self._machine.build("//chaos/...", *self._flags(strategy), *self._cached(number))
        problems += self._problems()
        self._machine.run("clean")
        said = self._machine.build("//chaos/...", *self._cached(number)).err
        problems += [f"from the disk cache: {problem}" for problem in self._problems()]
        problems += [f"the disk cache lacks something: {line}" for line in said.splitlines() if "-sandbox" in line]
        return f"Bazel: kill -9 {role}, {wait:.2f} s after a first one was seen, {strategy}", problems

    def from_cache(self) -> list[str]:
        """What killed builds have stored, as another machine gets it."""
        self._other = self._workspace("another_one")
        self._other.build("//chaos/...", *self._cached(None))
        return self._differences(self._outputs(self._other))

    def shutdown(self) -> None:
        """Stops the servers."""
        for machine in (self._machine, self._other):
            if machine:
                machine.shutdown()

    def processes_left(self) -> list[str]:
        """After all."""
        return left(self._folder)

    def _workspace(self, name: str) -> Workspace:
        machine = Workspace(self._folder / name, self._folder / f"output_{name}", flags=["-c", "opt"])
        kinds = max(5, self._count // 5)
        sdists: dict[str, bytes | str | Path] = {}
        for number in range(kinds):
            body = (_C if number % 5 == 1 else _PURE).format(number=number)
            sdist = self._folder / f"demo{number}-1.0.tar.gz"
            sdists[sdist.name] = make_sdist(backend_project(body, {"part.c": _PART}), sdist)
        machine.package("chaos", 'exports_files(glob(["*.tar.gz"]))\n', sdists)
        for number in range(self._count):
            of = 0 if number % 5 < 2 else number % kinds
            tags = "{python}-{abi}-{platform}" if of % 5 == 1 else "py3-none-any"
            machine.package(f"chaos/p{number}", _BUILD.format(number=of, tags=tags))
        return machine

    def _flags(self, strategy: str) -> list[str]:
        return [f"--jobs={self._count}", f"--local_resources=cpu={self._count}", f"--spawn_strategy={strategy}"]

    def _cached(self, number: int | None) -> list[str]:
        # A cache that has all would leave nothing to kill: each kill finds an empty one. Without a number, the last.
        if number is not None:
            self._cache = f"--disk_cache={self._folder / f'cache{number}'}"
        return [self._cache, "--remote_download_all"]

    def _start(self, command: str, *arguments: str) -> subprocess.Popen[bytes]:
        line = [str(BAZELW), f"--output_base={self._machine.output_base}", "--max_idle_secs=60", command]
        line += [f"--repository_cache={cache_folder() / 'test_repositories'}", *self._machine.flags, *arguments]
        environment = {**os.environ, "RULES_SDIST_CACHE": str(cache_folder())}
        return subprocess.Popen(
            line, cwd=self._machine.root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _seen(self, role: str) -> bool:
        return any(one.role == role for one in below(self._machine.output_base))

    def _kill(self, role: str) -> str:
        if role == "bazel":
            victim = int((self._machine.output_base / "server" / "server.pid.txt").read_text())
        else:
            seen = sorted(below(self._machine.output_base), key=lambda one: one.pid)
            victims = [one for one in seen if one.role == role] or seen
            if not victims:
                return "nobody"
            chosen = self._chance.choice(victims)
            victim, role = chosen.pid, chosen.role
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            return "nobody"
        return role

    def _outputs(self, machine: Workspace) -> dict[str, str]:
        found = {}
        root = machine.bin() / "chaos"
        for path in sorted(root.rglob("*")):
            if path.suffix == ".params":  # Bazel's own, which a cache does not bring
                continue
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "a folder"
            found[str(path.relative_to(root))] = content
        return found

    def _problems(self) -> list[str]:
        sandboxes = self._machine.output_base.glob("sandbox/*-sandbox/*")
        return [
            *self._differences(self._outputs(self._machine)),
            *left(self._machine.output_base, 3),
            *(f"{path} is left" for path in sandboxes if any(path.rglob("*.whl"))),
        ]

    def _differences(self, found: dict[str, str]) -> list[str]:
        names = sorted(found.keys() | self._expected.keys())
        return [f"{name} is wrong" for name in names if found.get(name) != self._expected.get(name)]
