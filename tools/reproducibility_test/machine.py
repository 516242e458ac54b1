"""What this machine lets an ordinary user vary."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reproducibility_test import system
from reproducibility_test.conditions import cover_etc

if TYPE_CHECKING:
    from typing import NoReturn

PRELOAD = "rules_sdist_rebuild"
"""The folder in /etc with the preloaded library and its settings; preload.c has the name too."""


class Machine:
    """This machine. Each attribute that ends a sentence says what forbids something, or is "" where nothing does.

    Args:
        work: a folder for all that a test writes.
        preload: the library that changes clocks, if it could be compiled.

    Attributes:
        namespaces: against user, mount and host name namespaces.
        processes: against process namespaces with a /proc of their own.
        etc: against other files in /etc.
        clock: against the preloaded library.
        memory: against a file system in memory.
        place: the folder in which builds find themselves.
        in_memory: a folder on a file system in memory, which takes that place where directory order is varied.
    """

    def __init__(self, work: Path, preload: Path | None) -> None:
        self.work = work
        self.preload = preload.read_bytes() if preload else b""
        self._folders = 0
        self.place = work / "builds"
        self.place.mkdir()
        self.namespaces = system.problem(self._try_namespaces)
        if self.namespaces:
            self.namespaces = f"this machine forbids user namespaces: {self.namespaces}"
        self.processes = self.namespaces or system.problem(self._try_processes)
        self.etc = self.namespaces or system.problem(self._try_etc)
        self.clock = self.etc or ("" if preload else "there is no C++ toolchain to compile the library that shifts it")
        self.in_memory = self.new_folder("in_memory")
        self.memory = self.namespaces or system.problem(self._mount_memory)
        if not self.memory:
            self._mount_memory()

    def new_folder(self, name: str) -> Path:
        """Makes an empty folder."""
        self._folders += 1
        folder = self.work / f"{self._folders}_{name}"
        folder.mkdir()
        return folder

    def _mount_memory(self) -> None:
        # For this process itself: what is built in there has to be seen from here.
        system.enter_namespaces(system.NEW_MOUNTS, os.getuid(), os.getgid())
        system.mount_memory(self.in_memory)

    def _try_namespaces(self) -> None:
        system.enter_namespaces(system.NEW_MOUNTS | system.NEW_HOST_NAME, os.getuid(), os.getgid())

    def _try_processes(self) -> None:
        wanted = system.NEW_MOUNTS | system.NEW_HOST_NAME | system.NEW_PROCESSES
        system.enter_namespaces(wanted, os.getuid(), os.getgid())

        def first() -> NoReturn:
            try:
                system.mount_processes()
            except OSError as error:
                os._exit(error.errno or 255)
            os._exit(0)

        code = os.waitstatus_to_exitcode(os.waitpid(system.in_child(first), 0)[1])
        if code:
            raise OSError(code, os.strerror(code))

    def _try_etc(self) -> None:
        self._try_namespaces()
        cover_etc(self.place)
        if not Path("/etc/passwd").exists():
            raise OSError(0, "/etc is empty when other files are laid over it")
