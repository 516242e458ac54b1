"""The contract: real sdists give the same wheels, whatever machine, user, strategy and clock builds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import NOISE, Workspace, other_client

if TYPE_CHECKING:
    from collections.abc import Iterator

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
