"""A container makes the wheels that the machine makes: with its own namespaces only, and with leave to make more."""

from __future__ import annotations

import resource
import shutil
from typing import TYPE_CHECKING

import pytest
from machine import cache_folder, debian_root
from support import CLOSED, REPO, Workspace

if TYPE_CHECKING:
    from pathlib import Path

WHEELS = ("//wheels:greenlet_wheel", "//wheels:markupsafe_wheel", "//wheels:six_wheel")
# What bazelw says to this Bazel, which it does not know in there.
FLAGS = (f"--registry=file://{REPO}/tools/debian/registry", "--noenable_workspace", "--lockfile_mode=off")


def container(folder: Path, *options: str) -> list[str]:
    """The start of a command line that runs the rest in a container, without a network.

    Args:
        folder: what it sees, besides the project and bazelw's cache.
        options: more of podman's.
    """
    mounts = [f"--volume={place}:{place}" for place in (folder, REPO, cache_folder())]
    variables = [f"--env={name}" for name in ("BAZEL", "PIP_INDEX_URL", "RULES_SDIST_CACHE")]
    # A container in a container can't raise its limits, and crun wants a machine's own control groups.
    limits = [
        f"--ulimit={name}={most}:{most}" for name, most in (("nofile", _most(resource.RLIMIT_NOFILE)), ("nproc", 9000))
    ]
    runtime = ["--runtime=runc"] if shutil.which("runc") else []
    place = [f"--workdir={folder / 'w'}", "--rootfs", f"{debian_root()}:O"]
    return ["podman", *runtime, "run", "--rm", "--network=none", *limits, *mounts, *variables, *options, *place]


def _most(limit: int) -> int:
    return resource.getrlimit(limit)[1]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What this machine makes; Bazel's repository cache has all that it takes from then on."""
    folder = tmp_path_factory.mktemp("machine")
    workspace = Workspace(folder / "w", folder / "o", flags=["-c", "opt"])
    workspace.build(*WHEELS)
    workspace.shutdown()
    return workspace.hashes()


@pytest.mark.skipif(not shutil.which("podman"), reason="there is no container engine (apt-get install podman)")
@pytest.mark.parametrize("options", [(), ("--privileged",)], ids=["plain", "privileged"])
def test_the_same_wheels(tmp_path: Path, expected: dict[str, str], options: tuple[str, ...]) -> None:
    """A plain container lets Bazel make no sandbox, and a build close nothing in: it is mapped there."""
    flags = ["-c", "opt", *FLAGS, *([CLOSED] if options else [])]
    env = {"BAZEL": "/usr/bin/bazel"}
    workspace = Workspace(tmp_path / "w", tmp_path / "o", launcher=container(tmp_path, *options), flags=flags, env=env)
    workspace.build(*WHEELS)
    assert workspace.hashes() == expected
