"""Two machines share a disk cache, and the second one's tools change: it gets nothing that they would not have made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from changed_host import Host, changeable
from recorded_compiler import PROJECT
from support import Workspace, make_sdist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not changeable(), reason="Bazel is not Debian's: its /usr is the machine's own")

HOST = ("--extra_toolchains=@rules_sdist//tests/toolchains:host", "--repo_env=RULES_SDIST_HOST_FILES=/usr/bin/git")
BUILD_FILE = """
py_sdist_wheel(
    name = "demo",
    sdist = "demo-1.0.tar.gz",
    build_requires = ["@setuptools_wheel//:file"],
    allow_host_files = ["/usr/bin/git"],
    wheel_tags = "{python}-{abi}-{platform}",
)
"""
GCC = "/usr/lib/gcc/x86_64-linux-gnu/16"
CHANGES: dict[str, Callable[[Host], None]] = {
    "linker": lambda host: host.append("/usr/bin/ld.bfd"),
    "linker_that_the_toolchain_asks_for": lambda host: host.append("/usr/bin/ld.lld", "# other\n"),
    "cxx_driver": lambda host: host.append("/usr/bin/g++"),
    "objdump": lambda host: host.append("/usr/bin/objdump"),
    "archiver_of_gcc": lambda host: host.append("/usr/bin/gcc-ar"),
    "library_of_the_compiler": lambda host: host.append(f"{GCC}/libgomp.a"),
    "runtime_library_of_the_compiler": lambda host: host.append("/usr/lib/x86_64-linux-gnu/libatomic.so.1"),
    "static_c_library": lambda host: host.append("/usr/lib/x86_64-linux-gnu/libm.a"),
    "start_file": lambda host: host.append(f"{GCC}/crtfastmath.o"),
    "module_sources": lambda host: host.append("/usr/include/c++/16/bits/std.cc"),
    "new_file_of_the_compiler": lambda host: host.write(f"{GCC}/include/new.h", "", 0o644),
    "standard_header": lambda host: host.append("/usr/include/stdio.h"),
    "header_of_the_kernel": lambda host: host.append("/usr/include/scsi/sg.h"),
    "standard_library": lambda host: host.append("/usr/lib/python3.14/textwrap.py", "# other\n"),
    "python_header": lambda host: host.append("/usr/include/python3.14/Python.h"),
    "base_utility": lambda host: host.append("/usr/bin/sed"),
    "c_library": lambda host: host.append("/usr/lib/x86_64-linux-gnu/libc.so.6"),
    "declared_file": lambda host: host.append("/usr/bin/git"),
    "link": lambda host: host.link("/usr/bin/gcc", "gcc-other"),
}


class Machine:
    """A machine with a workspace on it."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.host = Host(folder / "host")
        # gcc starts it, and so Bazel's toolchain asks for it.
        self.host.write("/usr/bin/ld.lld", '#!/bin/sh\nexec /usr/bin/ld.bfd "$@"\n')
        self.host.write("/usr/bin/gcc-other", '#!/bin/sh\nexec /usr/bin/gcc-16 -DCOMPILER=\'"another"\' "$@"\n')
        self.host.keep()
        self.cache = cache
        self.workspace = Workspace(folder / "w", folder / "o")
        self.workspace.package("demo", BUILD_FILE)
        make_sdist(PROJECT, self.workspace.root / "demo" / "demo-1.0.tar.gz")

    def build(self) -> tuple[str, bool]:
        """See `Workspace.build_sharing`."""
        return self.workspace.build_sharing(self.cache, "demo", *HOST, env=self.host.env)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, Machine]]:
    folder = tmp_path_factory.mktemp("changed")
    pair = Machine(folder / "1", folder / "cache"), Machine(folder / "2", folder / "cache")
    yield pair
    for machine in pair:
        machine.workspace.run("shutdown", expect=None, env=machine.host.env)


@pytest.fixture(scope="module")
def ordinary(machines: tuple[Machine, Machine]) -> str:
    """The wheel that both have while they agree."""
    sha256, cached = machines[0].build()
    assert not cached
    assert machines[1].build() == (sha256, True)
    return sha256


@pytest.mark.parametrize("change", CHANGES)
def test_a_machine_with_another_tool_gets_no_wheel_of_others(
    machines: tuple[Machine, Machine], ordinary: str, change: str
) -> None:
    """Bazel goes on running while one tool after the other changes."""
    machine = machines[1]
    CHANGES[change](machine.host)
    sha256, cached = machine.build()
    assert not cached
    assert (sha256 != ordinary) == (change == "link")


def test_a_machine_with_the_same_tools_again_shares_again(machines: tuple[Machine, Machine], ordinary: str) -> None:
    machines[1].host.restore()
    assert machines[1].build() == (ordinary, True)
