"""What linkers open, as they tell it themselves. Part of `auditor`; stands alone as that."""

from __future__ import annotations

import os

from build_wheel.cc.audit_log import add_entry, knows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_CHOOSES_LINKER = ("-fuse-ld", "--ld-path", "-B", "--sysroot", "-m32", "-m64")


class Libraries:
    """The files of one link.

    Args:
        log: the log; what is needed for a moment is beside it.
        arguments: the command's, with response files read.
        driver: whether a compiler is asked to link; else the linker itself.
    """

    def __init__(self, log: str, arguments: Sequence[str], *, driver: bool) -> None:
        self._log = log
        self._driver = driver
        self._choice = [word for word in arguments if word.startswith(_CHOOSES_LINKER)] if driver else []
        self._own = _dependency_file(arguments)
        self._place = self._own or f"{log}.{os.getpid()}.ld"

    def flags(self, program: str) -> list[str]:
        """What to add to the command, so that the linker tells what it opens.

        Args:
            program: the compiler, or the linker.
        """
        if self._own or not self._can_tell(program):
            return []
        # One argument each: a comma in the path is no end of it.
        words = ["--dependency-file", self._place]
        return [part for word in words for part in ("-Xlinker", word)] if self._driver else words

    def record(self, output: str) -> None:
        """Writes down what the link, which went well, has opened."""
        try:
            with open(self._place, encoding="utf-8", errors="surrogateescape") as opened:
                text = opened.read()
        except OSError:
            add_entry(self._log, "library", [output], None)
            return
        if not self._own:
            os.unlink(self._place)
        # The rule of the output comes first. Not every linker escapes names, but each has a line of its own.
        lines = text.split("\n\n")[0].split("\\\n")[1:]
        names = [line.strip().replace("\\ ", " ") for line in lines]
        found = [name for name in names if name]
        add_entry(self._log, "library", [output], found or None)  # nothing is linked from nothing

    def forget(self) -> None:
        """Removes what a link that failed has left."""
        if not self._own and os.path.exists(self._place):
            os.unlink(self._place)

    def _can_tell(self, program: str) -> bool:
        """Whether the linker has the flag."""
        line = [program, *self._choice, "-Wl,--help"] if self._driver else [program, "--help"]
        return knows(self._log, " ".join([program, *self._choice]), line, "--dependency-file")


def _dependency_file(arguments: Sequence[str]) -> str:
    """The file that the command itself wants the linker to write, or ""."""
    words: list[str] = []
    for word in arguments:
        words += word[len("-Wl,") :].split(",") if word.startswith("-Wl,") else [word]
    words = [word for word in words if word != "-Xlinker"]
    place = ""
    for position, word in enumerate(words):
        if word.startswith(("--dependency-file=", "-dependency-file=")):
            place = word.partition("=")[2]
        if word in ("--dependency-file", "-dependency-file"):
            place = "".join(words[position + 1 : position + 2])
    return "" if place == os.devnull else place  # of two, linkers write the last one
