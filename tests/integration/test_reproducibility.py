"""The contract: real sdists give the same wheels, whatever machine, user, strategy and clock builds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from clients import NOISE, other_client
from support import Workspace

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
COMPILED = {"greenlet", "make_ext"}  # C++ and C, for in nothing else can the mode make a difference
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
    names = WHEELS if mode == "opt" else COMPILED
    target = [*(f"//wheels:{name}_wheel" for name in sorted(names)), "-c", mode]
    first.build(*target, "--spawn_strategy=linux-sandbox", "--jobs=1")
    expected = first.hashes()
    assert {name.split("-")[0] for name in expected} == names

    client = other_client(tmp_path_factory.mktemp("client"))
    other.build(*target, "--spawn_strategy=processwrapper-sandbox", "--jobs=2", *NOISE, env=client, umask=0o077)
    assert other.hashes() == expected

    if mode == "opt":
        again.build(*target, "--spawn_strategy=local")
        assert again.hashes() == expected

    extension = next((first.bin() / "wheels").glob("greenlet-*.whl")).read_bytes()
    assert (b".debug_info\0" in extension) == (mode == "dbg")


@pytest.mark.parametrize("strategy", ["linux-sandbox", "local"])
def test_an_output_base_with_a_blank_and_other_letters(
    workspace: Workspace, elsewhere: Workspace, strategy: str
) -> None:
    """Compilers and what asks them split lists at blanks."""
    wheels = [f"//wheels:{name}_wheel" for name in ("greenlet", "markupsafe", "pyyaml")]
    workspace.build(*wheels)
    strict = "--@rules_sdist//python/settings:undeclared_host_files=error"
    elsewhere.build(*wheels, f"--spawn_strategy={strategy}", strict)
    for name in ("greenlet", "markupsafe", "pyyaml"):
        (before,) = (workspace.bin() / "wheels").glob(f"{name}-*.whl")
        (after,) = (elsewhere.bin() / "wheels").glob(f"{name}-*.whl")
        assert after.read_bytes() == before.read_bytes()
