"""Builds that are killed: nothing of them lives on, and the next build in the same place is not harmed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from actions import build_params, built, helper, write_action

from common.files import remove_tree

# Starts a process in a session of its own, as daemons do, says who is there, and stays.
LINGER = """
import subprocess, sys
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
with open({file!r}, "w") as pids: pids.write(f"{{os.getppid()}} {{os.getpid()}} {{other.pid}}\\n")
{then}
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until_gone(pids: list[int]) -> list[int]:
    end = time.monotonic() + 10
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < end:
        time.sleep(0.02)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return left


class Running:
    """A build that has got as far as its backend, and stays there."""

    def __init__(self, folder: Path, *, below: Path | None = None) -> None:
        self.folder = folder
        pids = folder / "pids"
        also = LINGER.format(file=str(pids), then="time.sleep(600)")
        write_action(folder, build_params(env={"ALSO": also}))
        line, options = helper(folder)
        self.log = (folder.parent / "log").open("w+")
        self.process = subprocess.Popen(
            [*([str(below)] if below else []), *line], stdout=self.log, stderr=self.log, **options
        )
        end = time.monotonic() + 60
        while not (pids.exists() and pids.read_text().endswith("\n")):
            assert self.process.poll() is None and time.monotonic() < end, self.output()
            time.sleep(0.02)
        self.worker, self.backend, self.daemon = map(int, pids.read_text().split())
        pids.unlink()

    def output(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def all(self) -> list[int]:
        return [self.process.pid, self.worker, self.backend, self.daemon]


def next_build_is_right(folder: Path) -> None:
    params = build_params()
    reference = folder.parent / "reference"
    for place in (folder, reference):
        done = built(place, params)
        assert done.returncode == 0, done.stderr
    names = [sorted(path.name for path in place.iterdir()) for place in (folder, reference)]
    assert names[0] == names[1]
    for name in (params.output, params.host_files_output):
        assert (folder / name).read_bytes() == (reference / name).read_bytes()


@pytest.mark.parametrize("victim", ["process", "worker", "backend"])
def test_no_process_survives_the_death_of_one(tmp_path: Path, victim: str) -> None:
    running = Running(tmp_path / "build")
    os.kill(running.process.pid if victim == "process" else getattr(running, victim), signal.SIGKILL)
    running.process.wait(10)
    assert wait_until_gone(running.all()) == []
    assert not (running.folder / build_params().output).exists()
    next_build_is_right(running.folder)


def test_the_death_of_the_build_is_told(tmp_path: Path) -> None:
    running = Running(tmp_path / "build")
    os.kill(running.worker, signal.SIGKILL)
    assert running.process.wait(10) == 1
    assert "ERROR: The build was killed by signal 9 (SIGKILL)." in running.output()
    assert wait_until_gone(running.all()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_build_that_is_asked_to_end_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    running = Running(tmp_path / "build")
    running.process.send_signal(number)
    assert running.process.wait(10) == 128 + number
    assert wait_until_gone(running.all()) == []
    assert sorted(path.name for path in running.folder.iterdir()) == ["demo-1.0.tar.gz", "params.json"]
    assert "Traceback" not in running.output()


@pytest.mark.parametrize("name", ["anything", "process-wrapper"])
def test_a_build_ends_when_nobody_waits_for_it(tmp_path: Path, name: str) -> None:
    """Bazel's process-wrapper outlives a server that was killed: then its parent is what counts."""
    wrapper = tmp_path / name
    inner = tmp_path / "inner" / name
    inner.parent.mkdir()
    if name == "process-wrapper":
        inner.write_text('#!/bin/sh\n"$@" & wait\n')
        wrapper.write_text(f'#!/bin/sh\n{inner} "$@" & wait\n')
    else:
        wrapper.write_text('#!/bin/sh\n"$@" & wait\n')
    for script in tmp_path.rglob(name):
        script.chmod(0o755)
    running = Running(tmp_path / "build", below=wrapper)
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait()
    assert wait_until_gone(running.all()) == []
    end = time.monotonic() + 5
    while (running.folder / "root").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert sorted(path.name for path in running.folder.iterdir()) == ["demo-1.0.tar.gz", "params.json"]


def test_what_a_backend_leaves_running_ends_with_it(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    also = LINGER.format(file=str(pids), then="")
    done = built(tmp_path / "build", build_params(env={"ALSO": also}))
    assert done.returncode == 0, done.stderr
    assert wait_until_gone([int(pid) for pid in pids.read_text().split()]) == []


@pytest.mark.skipif(os.getuid() != 0, reason="takes root to become somebody else")
def test_leftovers_without_any_permission_are_removed(tmp_path: Path) -> None:
    """As an ordinary user, for whom modes mean something."""
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o750)
    deep = tmp_path / "build" / "closed" / "deep"
    deep.mkdir(parents=True)
    (deep / "file").touch()
    (tmp_path / "build" / "link").symlink_to(outside)
    deep.chmod(0)
    deep.parent.chmod(0)
    for path in [tmp_path, *tmp_path.rglob("*")]:
        os.chown(path, 4711, 4711, follow_symlinks=False)
    child = os.fork()
    if child == 0:
        os.chdir(tmp_path)  # what is above may be closed to the other user
        os.setgid(4711)
        os.setuid(4711)
        with contextlib.suppress(OSError):
            remove_tree(Path("build"))
        os._exit(0)
    os.waitpid(child, 0)
    assert not (tmp_path / "build").exists()
    assert outside.stat().st_mode & 0o777 == 0o750
