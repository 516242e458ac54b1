"""The log of an audited build, and questions to compilers beside it. Part of `auditor`; stands alone as that."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def add_entry(log: str, kind: str, by: Sequence[str], files: Sequence[str] | None) -> None:
    """Adds one line to the log that `audit` reads.

    Args:
        log: the file.
        kind: "header", "library" or "program".
        by: the sources that were compiled, or what was linked.
        files: what was opened, or None where nobody can say.
    """
    here = os.getcwd()
    absolute = None if files is None else list(dict.fromkeys(os.path.join(here, name) for name in files))
    entry = {"kind": kind, "by": [os.path.join(here, name) for name in by], "files": absolute}
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, (json.dumps(entry) + "\n").encode())  # one write: lines of parallel jobs don't mix
    os.close(descriptor)


def knows(log: str, tool: str, line: Sequence[str], flag: str) -> bool:
    """Whether a tool has a flag; it is asked once in a build.

    Args:
        log: the log; the answers are beside it.
        tool: a name for the tool.
        line: the command that prints its help.
        flag: what to look for there.
    """
    known = f"{log}.answers"
    try:
        with open(known, encoding="utf-8") as opened:
            answers = dict(line.rstrip("\n").rsplit("\t", 1) for line in opened)
    except OSError:
        answers = {}
    if tool not in answers:
        answers[tool] = "yes" if flag in answer(log, line, 1) else "no"
        descriptor = os.open(known, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.write(descriptor, f"{tool}\t{answers[tool]}\n".encode())
        os.close(descriptor)
    return answers[tool] == "yes"


def answer(log: str, line: Sequence[str], stream: int) -> str:
    """What a command prints; without subprocess, which takes long to import.

    Args:
        log: the log; the answer is beside it for a moment.
        line: the command.
        stream: 1 for its standard output, 2 for its standard error.
    """
    place = f"{log}.{os.getpid()}.answer"
    silent = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 3 - stream)]
    actions = [*silent, (os.POSIX_SPAWN_OPEN, stream, place, os.O_WRONLY | os.O_CREAT, 0o644)]
    os.waitpid(os.posix_spawn(line[0], [*line], {**os.environ, "LC_ALL": "C.UTF-8"}, file_actions=actions), 0)
    return taken(place) or ""


def taken(file: str) -> str | None:
    """A file's text, or None where there is none; it is gone afterwards."""
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            text = opened.read()
        os.unlink(file)
    except OSError:
        return None
    return text
