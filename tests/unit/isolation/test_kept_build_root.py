"""The build root of a closed build, kept, and entered again by a shell."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
from typing import TYPE_CHECKING

from closed_builds import built_closed, closed_params, needs_namespaces

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_namespaces


def test_a_kept_build_root_has_a_shell_that_enters_it_again(tmp_path: Path) -> None:
    """Also a second time, after a build that failed, and with what the backend was told of the machine."""
    for folder, own in ((tmp_path / "good", {}), (tmp_path / "with a blank", {"ALSO": "assert 0"})):
        done = built_closed(folder, closed_params(keep_build_root=True, env={"OWN": "it's mine", **own}))
        assert done.returncode == bool(own), done.stderr
        shell = folder / "root" / "shell"
        assert done.stderr.rstrip().endswith(f"for a shell in it run: {shell}")
        said = 'echo "$OWN"; echo "$PWD"; command -v cc; uname -r; ls /execroot; exit 7'
        for _ in range(2):
            inside = subprocess.run([str(shell)], input=said, capture_output=True, text=True, check=False)
            assert inside.returncode == 7, inside.stderr
            inputs = sorted((folder / "inputs").read_text().splitlines())
            again = 'import backend as backend; backend.build_wheel("/build/o", {})\''
            assert inside.stdout.splitlines()[1].endswith(again)
            assert inside.stdout.splitlines()[2:] == [
                *("it's mine", "/build/s/demo-1.0", "/build/w/cc", "5.10.0"),
                *inputs,
            ]


def next_output(terminal: int) -> bytes:
    """What a terminal says next; a test that waits for ever tells nothing."""
    assert select.select([terminal], [], [], 120)[0], "nothing was said for two minutes"
    return os.read(terminal, 1000)


def test_that_shell_has_the_terminal(tmp_path: Path) -> None:
    """An interrupt ends what runs in it, and not the shell; afterwards the terminal is the caller's again."""
    assert built_closed(tmp_path / "x", closed_params(keep_build_root=True)).returncode == 0
    child, terminal = pty.fork()
    if child == 0:
        code = subprocess.run([tmp_path / "x" / "root" / "shell"], check=False).returncode
        os._exit(code + (os.tcgetpgrp(0) == os.getpgrp()))
    # The program that is to be interrupted says itself that it has begun. A shell forgets an interrupt that comes
    # while it starts a program, so this one starts none.
    typed = ["sh -c \"echo be''gun; while :; do :; done\"\n", "\x03", "echo go''ne; exit 6\n"]
    said = b""
    for word, keys in zip(("$ ", "begun", "\n$ "), typed):
        position = len(said)
        while word.encode() not in said[position:].replace(b"\r", b""):
            said += next_output(terminal)
        os.write(terminal, keys.encode())
    with contextlib.suppress(OSError):  # it has ended
        while True:
            said += next_output(terminal)
    assert b"gone" in said
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7, said


def test_a_shell_in_a_build_root_that_is_gone(tmp_path: Path) -> None:
    params = closed_params(keep_build_root=True)
    assert built_closed(tmp_path / "x", params).returncode == 0
    for gone, expected in (
        ("python.json", "An input of the build is no longer there"),
        ("root/shell_inside", "There is no build root for a shell"),
    ):
        (tmp_path / "x" / gone).unlink()
        done = subprocess.run([tmp_path / "x" / "root" / "shell"], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert expected in done.stderr
        assert "Traceback" not in done.stderr
