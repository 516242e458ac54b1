"""The processes of builds, as /proc shows them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Seen:
    """One process: its id, its command line, its working directory."""

    pid: int
    command: str
    folder: str

    @property
    def role(self) -> str:
        """ "helper", "backend", "tool" (a compiler and the like) or "bazel"."""
        if "helper.zip build_wheel" in self.command or "tools build_wheel" in self.command:
            return "helper"
        if "_in_process.py" in self.command:
            return "backend"
        return "bazel" if "--output_base" in self.command or "bazel(" in self.command else "tool"


def below(folder: Path) -> list[Seen]:
    """All processes that work below a folder, but for Bazel's own."""
    place = str(folder.resolve())
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            seen = Seen(int(entry.name), command, str((entry / "cwd").readlink()))
        except OSError:
            continue
        if command and seen.folder.startswith(place) and seen.role != "bazel":
            found.append(seen)
    return found


def left(folder: Path, seconds: float = 10) -> list[str]:
    """Processes that are still there after some seconds."""
    end = time.monotonic() + seconds
    while (found := below(folder)) and time.monotonic() < end:
        time.sleep(0.1)
    return [f"process {seen.pid} is left: {seen.command[:100]}" for seen in found]
