"""The root of a closed build: what its key knows, at paths that are the same on every machine, and nothing else.

| place | what |
|---|---|
| /build | the build root, the only folder on a disk that can be written |
| /execroot | the action's inputs, read-only |
| as on the machine | the files that the fingerprints list, read-only |
| /proc, /dev | processes of this build, fixed answers, five devices, a private /dev/shm |
| /etc | users, hosts and name services, made up |
| /tmp | the build's TMPDIR |
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.errors import UserError
from common.linux import namespaces
from isolation.fixed_machine import proc_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fingerprint.content import Contents

BUILD_ROOT = "/build"
EXECROOT = "/execroot"
HOST_NAME = "localhost"
USER, GROUP = 1000, 1000

ALL_NAMESPACES = (
    namespaces.NEW_USER
    | namespaces.NEW_CONTROL_GROUPS
    | namespaces.NEW_MOUNTS
    | namespaces.NEW_PROCESSES
    | namespaces.NEW_IPC
    | namespaces.NEW_HOST_NAME
    | namespaces.NEW_NETWORK
)
"""What a closed build has of its own."""

_DEVICES = ("full", "null", "random", "urandom", "zero")
_LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
_PYTHON = "/usr/bin/python3"
MADE_UP = {
    "/etc/group": f"root:x:0:\nbuilder:x:{GROUP}:\nnogroup:x:65534:\n",
    "/etc/host.conf": "multi on\n",
    "/etc/hostname": f"{HOST_NAME}\n",
    "/etc/hosts": f"127.0.0.1 {HOST_NAME}\n::1 {HOST_NAME}\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n"
    f"builder:x:{USER}:{GROUP}:builder:{BUILD_ROOT}/h:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    # Scripts that begin with this name run in the build environment, too.
    _PYTHON: f'#!/bin/sh\nexec {BUILD_ROOT}/e/bin/python3 "$@"\n',
}
"""The files that every closed root has, with their texts."""

_OWN = tuple(f"{folder}/" for folder in (BUILD_ROOT, "/dev", EXECROOT, "/proc", "/tmp"))
"""What a closed root has of its own; nothing of the machine is seen there."""

_OF_PROCESSES = ("mounts", "net", "self", "thread-self")
"""Entries of /proc that lead to those of a process."""


@dataclass(frozen=True)
class Seen:
    """What a build sees in its closed root, besides what every root has.

    Args:
        contents: files of the machine, by their own paths.
        inputs: paths of the action's inputs, files and folders, by where they are below the execution root.
        links: links below the execution root, with their texts.
        etc: paths of more files for /etc, by their names there.
        cpus: the number of CPUs.
    """

    contents: Sequence[Contents]
    inputs: Mapping[str, str]
    links: Mapping[str, str]
    etc: Mapping[str, str]
    cpus: int


def refuse_hidden(contents: Iterable[Contents]) -> None:
    """Looks for files of the machine that a closed root would hide.

    Args:
        contents: files of the machine.

    Raises:
        UserError: one of them is where a closed root has something of its own.
    """
    for path in (path for one in contents for path in (*one.files, *one.folders)):
        if path.startswith(_OWN):
            raise UserError(
                f"A closed build can't see {path}: it has a /{path.split('/')[1]} of its own.",
                where="the tools of this machine (its Python, its C++ toolchain, RULES_SDIST_HOST_TOOLS), or "
                "`allow_host_files`",
                fix="Move it to another folder, for example below /opt, and name it there.",
            )


def build_root(place: str, seen: Seen, *, build: str, temporary: str) -> None:
    """Mounts everything below `place`, a folder in a mount namespace of this process's own.

    Args:
        place: an empty folder.
        seen: what is to be there.
        build: the real build root.
        temporary: the real folder for temporary files.

    Raises:
        OSError: something is not there, or the system does not allow it.
    """
    namespaces.mount_memory(place)
    root = _Root(place)
    for path, text in MADE_UP.items():
        if not any(path in one.files for one in seen.contents):
            root.file(path, text, mode=0o755 if path == _PYTHON else 0o644)
    for one in seen.contents:
        root.add_contents(one)
    for relative, source in seen.inputs.items():
        root.bind(f"{EXECROOT}/{relative}", source)
    for relative, text in seen.links.items():
        root.link(f"{EXECROOT}/{relative}", text)
    for folder in (BUILD_ROOT, EXECROOT, "/tmp", "/proc", "/dev/shm", "/etc"):
        root.folder(folder)
    for name, source in seen.etc.items():
        root.bind(f"/etc/{name}", source)
    for name in _DEVICES:
        root.bind(f"/dev/{name}", f"/dev/{name}")
    for name, text in _LINKS.items():
        root.link(f"/dev/{name}", text)
    _mount_proc(root, seen.cpus)
    namespaces.make_read_only(place)
    namespaces.make_writable(f"{place}/proc")  # as everywhere: processes may write to their own entries
    namespaces.bind(build, f"{place}{BUILD_ROOT}")
    namespaces.bind(temporary, f"{place}/tmp")
    namespaces.mount_memory(f"{place}/dev/shm", mode="1777")


class _Root:
    """Adds files to the new root; a later one never takes the place of an earlier one."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._folders = {"/"}
        self._links: set[str] = set()
        self._known: set[str] = set()
        self._whole: list[str] = []

    def add_contents(self, contents: Contents) -> None:
        # Links first: they may be folders on the way to files, as /lib is.
        for path, text in contents.links.items():
            self.link(path, text)
        for path, without in contents.folders.items():
            if not self.bind(path, path):
                continue
            for name in without:
                empty = f"{path}/{name}"
                self._cover(empty, os.path.isdir(empty))
        for path in contents.files:
            self.bind(path, path)

    def folder(self, path: str) -> None:
        if path not in self._folders:
            self.folder(os.path.dirname(path))
            self._folders.add(path)
            if path not in self._links:
                os.mkdir(self._place + path)

    def link(self, path: str, text: str) -> None:
        if self._is_new(path):
            self.folder(os.path.dirname(path))
            self._links.add(path)
            os.symlink(text, self._place + path)

    def file(self, path: str, text: str, mode: int = 0o644) -> None:
        if self._is_new(path):
            self.folder(os.path.dirname(path))
            with open(self._place + path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(self._place + path, mode)

    def bind(self, path: str, source: str) -> bool:
        """Mounts a file or folder; returns whether there was nothing in its place before."""
        if not self._is_new(path):
            return False
        if os.path.isdir(source):
            self.folder(path)
            self._whole.append(path + "/")
        else:
            self.folder(os.path.dirname(path))
            os.mknod(self._place + path)
        namespaces.bind(source, self._place + path)
        return True

    def cover(self, path: str, text: str | None) -> None:
        """Has a file in a mounted folder be another one; without a text, hides it."""
        if text is None:
            self._cover(path, os.path.isdir(self._place + path))
            return
        with open(f"{self._place}/.text", "w", encoding="utf-8") as file:
            file.write(text)
        namespaces.bind(f"{self._place}/.text", self._place + path)
        os.unlink(f"{self._place}/.text")

    def _cover(self, path: str, is_folder: bool) -> None:
        if not is_folder:
            namespaces.bind("/dev/null", self._place + path)
            return
        os.mkdir(f"{self._place}/.empty")
        namespaces.bind(f"{self._place}/.empty", self._place + path)
        os.rmdir(f"{self._place}/.empty")

    def _is_new(self, path: str) -> bool:
        if path in self._known or path.startswith(tuple(self._whole)):
            return False
        self._known.add(path)
        return True

    def place(self, path: str) -> str:
        """Where a path of the new root is as yet."""
        return self._place + path


def _mount_proc(root: _Root, cpus: int) -> None:
    """A /proc of this build's processes, in which all that tells of the machine is fixed or hidden."""
    place = root.place("/proc")
    try:
        namespaces.mount_processes(place)
    except PermissionError:  # part of it is hidden from this machine's containers: then no new one may be mounted
        namespaces.bind("/proc", place, recursive=True)
    fixed = proc_files(cpus)
    for entry in sorted(os.scandir(place), key=lambda entry: entry.name):
        if entry.name.isdigit() or entry.name in _OF_PROCESSES:
            continue
        if entry.name == "sys":
            _cover_sys(root, {name: text for name, text in fixed.items() if name.startswith("sys/")})
        else:
            root.cover(f"/proc/{entry.name}", fixed.get(entry.name))


def _cover_sys(root: _Root, files: Mapping[str, str]) -> None:
    namespaces.mount_memory(root.place("/proc/sys"))
    for name, text in files.items():
        path = root.place(f"/proc/{name}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
