"""The contract: real sdists give the same wheels, whatever machine, user, strategy and clock builds them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHEELS = {
    "annotated_types",  # hatchling
    "docopt",  # setup.py only
    "flit_core",  # builds itself
    "greenlet",  # C++
    "make_ext",  # Make, __FILE__
    "markupsafe",  # C
    "packaging",  # flit
    "pyyaml",  # Cython, native_deps
    "six",
}
CLOCK_AHEAD = """\
CPUS = 2
DATA = ["//clock:libclock.so"]
ENV = {"LD_PRELOAD": "$(execpath //clock:libclock.so)"}
"""


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Workspace, Workspace]]:
    """Three machines: an ordinary one, one where everything is different, and the first one's second output base."""
    folder = tmp_path_factory.mktemp("m")
    first = Workspace(folder / "w", folder / "o1")
    other = Workspace(folder / "another_workspace" / ("long_" * 20) / "sub", folder / ("output_base_" * 8))
    (other.root / "wheels" / "variation.bzl").write_text(CLOCK_AHEAD)
    again = Workspace(first.root, folder / "o2")
    yield first, other, again
    for machine in (first, other, again):
        machine.shutdown()


def other_client(folder: Path) -> dict[str, str]:
    """The environment of a user who has nothing in common with this one."""
    home, temporary = folder / "home", folder / "temporary"
    home.mkdir(exist_ok=True)
    temporary.mkdir(exist_ok=True)
    return {
        "CFLAGS": "-O0 -DNOISE",
        "HOME": str(home),
        "LANG": "tr_TR.UTF-8",
        "LC_ALL": "tr_TR.UTF-8",
        "PATH": os.pathsep.join(reversed(os.environ["PATH"].split(os.pathsep))),
        "PYTHONHASHSEED": "4711",
        "SOURCE_DATE_EPOCH": "1700000000",
        "TMPDIR": str(temporary),
        "TZ": "Asia/Tokyo",
        "USER": "somebody-else",
    }


NOISE = [
    f"--action_env={name}"
    for name in (
        "CFLAGS=-O0",
        "HOME=/nonexistent",
        "LD_LIBRARY_PATH=/nonexistent",
        "PYTHONHASHSEED=4711",
        "PYTHONPATH=/nonexistent",
        "SOURCE_DATE_EPOCH=1700000000",
        "TZ=Asia/Tokyo",
    )
]


@pytest.mark.parametrize("mode", ["opt", "dbg", "fastbuild"])
def test_same_wheels_everywhere(
    machines: tuple[Workspace, Workspace, Workspace], mode: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, other, again = machines
    target = ["//wheels:all_wheels", "-c", mode]
    first.build(*target, "--spawn_strategy=linux-sandbox", "--jobs=1")
    expected = first.hashes()
    assert {name.split("-")[0] for name in expected} == WHEELS

    client = other_client(tmp_path_factory.mktemp("client"))
    other.build(*target, "--spawn_strategy=processwrapper-sandbox", "--jobs=2", *NOISE, env=client, umask=0o077)
    assert other.hashes() == expected

    again.build(*target, "--spawn_strategy=local")
    assert again.hashes() == expected

    extension = next((first.bin() / "wheels").glob("greenlet-*.whl")).read_bytes()
    assert (b".debug_info\0" in extension) == (mode == "dbg")
