"""What the kernel tells of the programs that a child runs."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from archives import TOOLS

from build_wheel.host_files import exec_monitor
from build_wheel.host_files.exec_monitor import Programs


def recorded(*line: str, own: str = "nothing", cwd: Path | None = None) -> tuple[int, Programs]:
    programs = Programs(own)
    watch = programs.watch()
    if watch is None:
        pytest.skip("this machine does not tell of programs")
    code = subprocess.run(line, preexec_fn=watch, cwd=cwd, capture_output=True, check=False).returncode
    if not programs.complete:
        pytest.skip("this machine does not tell of programs")
    return code, programs


def script(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text)
    file.chmod(0o755)
    return file


def test_programs_of_children_and_their_children(tmp_path: Path) -> None:
    inner = script(tmp_path, "inner", "#!/bin/sh\ncat /dev/null\n")
    _, programs = recorded("/bin/sh", "-c", f"{inner}; no_such_program; exec true")
    found = programs.found()
    assert {Path(path).name for path in found} == {"sh", "inner", "cat", "true"}
    assert str(inner) in found


def test_who_ran_it() -> None:
    line = "import subprocess; subprocess.run(['true'])"
    _, programs = recorded(sys.executable, "-I", "-S", "-c", line)
    (by,) = (by for path, by in programs.found().items() if path.endswith("/true"))
    assert by == {Path(sys.executable).resolve().name}


def test_relative_paths_and_execveat(tmp_path: Path) -> None:
    script(tmp_path, "here", "#!/bin/sh\n")
    text = "import os; fd = os.open('here', os.O_RDONLY); os.set_inheritable(fd, True); os.execve(fd, ['x'], {})"
    for line in (["./here"], [sys.executable, "-I", "-S", "-c", text]):
        _, programs = recorded(*line, cwd=tmp_path)
        found = {os.path.normpath(path) for path in programs.found()}
        assert "/bin/sh" in found, line
        assert line[0] != "./here" or str(tmp_path / "here") in found


OTHER_CALLS = {
    "i386": """
        static char path[] = "/usr/bin/env"; static unsigned words[2], none[1]; long code;
        words[0] = (unsigned)(unsigned long)path;
        __asm__ volatile("int $0x80" : "=a"(code) : "a"(11), "b"(path), "c"(words), "d"(none) : "memory");
    """,
    "x32": """
        static char path[] = "/usr/bin/env"; static unsigned words[2], none[1]; long code;
        words[0] = (unsigned)(unsigned long)path;
        __asm__ volatile("syscall" : "=a"(code) : "a"(0x40000000 + 520), "D"(path), "S"(words), "d"(none)
            : "rcx", "r11", "memory");
    """,
}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="system calls of x86-64")
@pytest.mark.parametrize("way", OTHER_CALLS)
def test_system_calls_of_other_architectures_are_no_way_around(tmp_path: Path, way: str) -> None:
    (tmp_path / "a.c").write_text(f"int main(void) {{ {OTHER_CALLS[way]} return code; }}\n")
    subprocess.run(["gcc", "-static", "-no-pie", "a.c", "-o", "program"], cwd=tmp_path, check=True)
    code, programs = recorded(str(tmp_path / "program"))
    if code:
        pytest.skip(f"this kernel has no calls of {way}")
    assert "/usr/bin/env" in programs.found()


def test_what_our_own_start_is_not_recorded(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    shutil.copy("/bin/sh", tmp_path / "own" / "cc")
    for own, cat in (("another", True), ("own", False)):
        line = f"{tmp_path}/own/cc -c 'cat /dev/null; :'; env"
        _, programs = recorded("/bin/sh", "-c", line, own=str(tmp_path / own))
        names = {Path(path).name for path in programs.found()}
        assert {"cc", "env"} <= names
        assert ("cat" in names) == cat


@pytest.mark.parametrize(
    ("line", "code"), [("exit 3", 3), ("kill -9 $$", -signal.SIGKILL), ("trap '' TERM; kill $$", 0)]
)
def test_exit_codes_and_signals_are_the_child_s_own(line: str, code: int) -> None:
    assert recorded("/bin/sh", "-c", line)[0] == code


def test_a_process_that_outlives_the_child(tmp_path: Path) -> None:
    done = tmp_path / "done"
    recorded("/bin/sh", "-c", f"(sleep 0.3; cp /dev/null {done}) & ")
    subprocess.run(["sh", "-c", f"until test -e {done}; do sleep 0.1; done"], timeout=20, check=True)


def test_many_at_once() -> None:
    code, programs = recorded("/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do (env; ls /) & done; wait")
    assert code == 0
    assert {Path(path).name for path in programs.found()} >= {"sh", "ls"}


def test_a_watched_child_in_a_watched_child_runs_all_the_same() -> None:
    """Linux allows one listener: the inner one says that it does not know."""
    text = (
        "import subprocess, sys; sys.path.insert(0, sys.argv[1])\n"
        "from build_wheel.host_files.exec_monitor import Programs\n"
        "programs = Programs('x')\n"
        "code = subprocess.run(['true'], preexec_fn=programs.watch()).returncode\n"
        "sys.exit(code or (7 if not programs.complete and not programs.found() else 8))\n"
    )
    assert recorded(sys.executable, "-I", "-c", text, str(TOOLS))[0] == 7


def test_an_old_kernel_says_that_it_does_not_know(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "osrelease").write_text("4.19.0-21-amd64\n")
    monkeypatch.setattr(exec_monitor, "_RELEASE", str(tmp_path / "osrelease"))
    programs = Programs("x")
    assert programs.watch() is None
    assert not programs.complete


def test_what_a_personality_says_of_the_kernel_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the process ids of a build would depend on it: watching takes a thread."""
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "x", "2.6.78", "1", "x86_64")))
    assert Programs("x").complete
