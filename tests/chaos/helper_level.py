"""The helper alone, as an action runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from actions import build_params, built, helper, toolchain, write_action
from processes_seen import below, left

from rebuild.wrapper import compile_wrapper

if TYPE_CHECKING:
    import random
    from pathlib import Path

# A tool that runs for a while, then a few files, so that there is something to kill.
_WORK = """
import subprocess
for number in range(5):
    open(f"{number}.c", "w").write("int x;" * 1000)
    subprocess.run(["cc", "-c", f"{number}.c"], check=True)
"""


class HelperLevel:
    """Trials without Bazel.

    Args:
        folder: for the execution roots.
        chance: decides whom to kill, and when.
    """

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._folder, self._chance = folder, chance
        folder.mkdir(parents=True)
        wrapper = str(folder / compile_wrapper(folder))  # /tmp is looked at in the end
        self._params = build_params(env={"ALSO": _WORK}, cc=toolchain(wrapper=wrapper))
        began = time.monotonic()
        expected = self._built("reference")
        self._seconds = time.monotonic() - began
        assert isinstance(expected, dict), expected
        self._expected = expected

    def at_once(self, count: int) -> list[str]:
        """Builds of one sdist at the same time, each in an execution root of its own."""
        with ThreadPoolExecutor(count) as pool:
            results = list(pool.map(self._built, [f"at_once/{number}" for number in range(count)]))
        return [f"{number}: {result}" for number, result in enumerate(results) if result != self._expected]

    def kill(self, number: int) -> tuple[str, list[str]]:
        """Kills a process of a build, then builds again in the same place; returns what was done, and problems."""
        place = self._folder / "killed" / str(number % 3)
        write_action(place, self._params)
        for name in self._expected:
            (place / name).unlink(missing_ok=True)
        line, options = helper(place)
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        role = self._chance.choice(("helper", "backend", "tool"))
        wait = self._chance.uniform(0, self._seconds if role == "helper" else self._seconds / 5)
        while process.poll() is None and not any(one.role == role for one in below(place)):
            time.sleep(0.005)
        time.sleep(wait)
        seen = below(place)
        victims = [one for one in seen if one.role == role] or seen
        if victims:
            victim = self._chance.choice(sorted(victims, key=lambda one: one.pid))
            role = victim.role
            try:
                os.kill(victim.pid, signal.SIGKILL)
            except ProcessLookupError:
                role = "nobody"
        code = process.wait(60)
        problems = left(place)
        if code == 0 and self._outputs(place) != self._expected:
            problems.append("the killed build succeeded with wrong bytes")
        for name, data in self._expected.items():
            if (place / name).exists() and (place / name).read_bytes() != data:
                problems.append(f"{name} is half-written")
        result = self._built(f"killed/{number % 3}")
        if result != self._expected:
            problems.append(f"the next build: {result}")
        return f"helper: kill -9 {role}, {wait:.2f} s after one was seen", problems

    def _built(self, name: str) -> dict[str, bytes] | str:
        place = self._folder / name
        done = built(place, self._params)
        return self._outputs(place) if done.returncode == 0 else done.stderr

    def _outputs(self, place: Path) -> dict[str, bytes]:
        inputs = ("params.json", "demo-1.0.tar.gz")
        return {
            path.name: path.read_bytes() if path.is_file() else b"a folder"
            for path in sorted(place.iterdir())
            if path.name not in inputs
        }
