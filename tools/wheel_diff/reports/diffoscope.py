"""Asks diffoscope, where it is installed, what it sees in members that differ."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wheel_diff.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 60
_MOST_MEMBERS = 5
_MOST_BYTES = 200_000


def diffoscope_outputs(members: Mapping[str, tuple[bytes, bytes]], seconds: float = _SECONDS) -> dict[str, str]:
    """What diffoscope prints for each of the first few members.

    Args:
        members: the two contents, by name.
        seconds: how long it may take for one.

    Returns:
        its output, cut, or a line that says why there is none; nothing if it is not installed.
    """
    program = shutil.which("diffoscope")
    if program is None:
        return {}
    return {name: _output(program, a, b, seconds) for name, (a, b) in list(members.items())[:_MOST_MEMBERS]}


def _output(program: str, a: bytes, b: bytes, seconds: float) -> str:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("a", a), ("b", b)):
            Path(folder, name).write_bytes(content)
        output = Path(folder, "output")
        try:
            with output.open("wb") as file:
                process = subprocess.Popen(
                    [program, "--text", "-", "a", "b"],
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
                try:
                    process.wait(seconds)
                except subprocess.TimeoutExpired:
                    return f"diffoscope was stopped after {seconds:g} seconds."
                finally:
                    _stop(process)
        except OSError as error:
            return f"diffoscope can't be started: {error.strerror}."
        with output.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8", "replace")
    return "\n".join(printable(line, 400) for line in text.split("\n"))


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends it with the tools that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
