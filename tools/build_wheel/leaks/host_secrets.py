"""What a wheel must not tell of this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from build_wheel.leaks.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.layout import Layout

# What every build is told, or has in place of a path: see `environment.bootstrap`, `environment.variables`
# and `cc.install_wrappers`.
_EVERYWHERE = {
    "build path": {"/build", "/execroot", "/python"},
    "host name": {"builder", "localhost", "localhost.localdomain"},
    "user name": {"builder"},
    "home directory": {"/build"},
    "kernel release": {"5.10.0"},
}
_HOMES = "/build/"
_SHORTEST = 4  # of what is only a part of a name
_MOST_READ = 16384  # the first CPU; a large machine has hundreds
_MODEL = re.compile(r"^model name\s*:\s*(.{8,})$", re.MULTILINE)
_FLAGS = re.compile(r"^(?:flags|Features)\s*:\s*(.{8,})$", re.MULTILINE)


def host_secrets(layout: Layout, root: Path = Path("/")) -> list[Secret]:
    """What a wheel must not tell: where and by whom it was built.

    Args:
        layout: where things really are.
        root: the machine's file system.

    Returns:
        all of it but what every build is told, which is the same on all machines.
    """
    return [
        secret
        for secret in (*_places(layout), *_names(), *_of_the_machine(root))
        if secret.value not in _EVERYWHERE.get(secret.kind, ())
        and not (secret.kind == "home directory" and secret.value.startswith(_HOMES))
    ]


def _places(layout: Layout) -> Iterator[Secret]:
    yield Secret("build path", str(layout.root), "the directory in which it was built")
    for path in (str(layout.execroot), os.path.realpath(layout.execroot), *layout.linked):
        yield Secret("build path", path, "Bazel's execution root")
    for base in sorted(output_bases(layout)):
        yield Secret("build path", base, "Bazel's output base")
    inside = _below_its_mount(layout.root)
    if inside != str(layout.root):
        yield Secret("build path", inside, "the directory in which it was built, below its mount")


def _below_its_mount(path: Path) -> str:
    """The path as /proc/self/mountinfo has it of a folder that is mounted elsewhere."""
    for parent in path.parents:
        if os.path.ismount(parent):
            return "/" + str(path.relative_to(parent))
    return str(path)


def _names() -> Iterator[Secret]:
    import pwd

    host = os.uname().nodename
    short = host.partition(".")[0]
    yield Secret("host name", host, "the machine that built it")
    if short != host and len(short) >= _SHORTEST:
        yield Secret("host name", short, "the machine that built it")
    try:
        user = pwd.getpwuid(os.getuid())
    except KeyError:  # a container's user need not be in /etc/passwd
        return
    yield Secret("home directory", user.pw_dir, "the home directory of the user who built it")
    yield Secret("user name", user.pw_name, "the user who built it")


def _of_the_machine(root: Path) -> Iterator[Secret]:
    yield Secret("kernel release", os.uname().release, "the kernel of the machine that built it", only_text=True)
    for kind, file in (("boot id", "proc/sys/kernel/random/boot_id"), ("machine id", "etc/machine-id")):
        value = _beginning(root / file).strip()
        if value:
            yield Secret(kind, value, "the machine that built it", only_text=True)
    cpus = _beginning(root / "proc/cpuinfo")
    for kind, pattern in (("CPU model", _MODEL), ("CPU flags", _FLAGS)):
        match = pattern.search(cpus)
        if match:
            yield Secret(kind, match[1].strip(), "the CPU of the machine that built it", only_text=True)


def _beginning(file: Path) -> str:
    """The first bytes of a file as text; "" if there is none for us."""
    try:
        with file.open("rb", buffering=0) as opened:
            return opened.read(_MOST_READ).decode("utf-8", "replace")
    except OSError:
        return ""


def output_bases(layout: Layout) -> set[str]:
    """Where the toolchains and sources are that the execution root has links to."""
    paths = (str(layout.execroot), os.path.realpath(layout.execroot))
    matches = (re.match(r"(/.+?)/(?:sandbox/[^/]+/\d+/)?execroot/[^/]+$", path) for path in paths)
    return {match[1] for match in matches if match}
