"""Remote execution: other machines' wheels, byte for byte, from an engine that runs actions at / without a network."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from machines import EXAMPLE, WHEELS, WHOLE_EXAMPLE, Machine, Project, corpus, documented_bazelrc, dozen, machine
from servers import Server, execution
from support import backend_project, make_sdist

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# None with a library of Bazel's own: see the page.
EXTENSIONS = Project(
    "wheels", tuple(f"//wheels:{name}_wheel" for name in ("greenlet", "make_ext", "markupsafe")), "build"
)


# What the page says that closed builds need: an action's root may not make namespaces.
EXECUTION = ("--config=execution", "--config=buildbox")


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with execution(tmp_path_factory.mktemp("servers") / "executor") as server:
        yield server


@pytest.mark.parametrize(
    ("project", "mode"),
    [
        pytest.param(EXAMPLE, "opt", id="pyyaml"),
        pytest.param(WHOLE_EXAMPLE, "opt", id="whole-pyyaml", marks=pytest.mark.long),
        pytest.param(EXTENSIONS, "dbg", id="dbg", marks=pytest.mark.long),
        pytest.param(WHEELS, "opt", id="wheels", marks=pytest.mark.long),
        pytest.param(corpus(dozen()), "opt", id="corpus", marks=pytest.mark.long),
        pytest.param(corpus(["rpds-py"]), "opt", id="rust", marks=pytest.mark.long),
    ],
)
def test_same_wheels_as_locally(project: Project, mode: str, executor: Server, tmp_path: Path) -> None:
    bazelrc = documented_bazelrc({"executor.example.com:8980": f"127.0.0.1:{executor.port}"})
    with machine(tmp_path / "local", project, bazelrc) as local:
        local.build(project, "-c", mode)
        expected = local.wheels()
    with machine(tmp_path / "remote", project, bazelrc, different=True) as remote:
        # Two at a time, for they all run on this machine; none from the cache of a build before.
        built = remote.build(project, *EXECUTION, "--jobs=2", "--noremote_accept_cached", "-c", mode)
        assert built.ran("PySdistWheel")
        assert built.ran("PyWheelInstall")
        assert bool(built.ran("TestRunner")) == (project.command == "test")
        assert {spawn["runner"] for spawn in built.spawns} == {"remote"}
        made = remote.wheels()
        assert made.items() <= expected.items()
        assert len(made) >= (len(project.targets) if project.name == "corpus" else 1)


NEEDS = """
py_sdist_wheel(name = "plain", sdist = "plain-1.0.tar.gz")
py_sdist_wheel(name = "user", sdist = "user-1.0.tar.gz", exec_properties = {"unixUID": "1234", "unixGID": "1234"})
py_sdist_wheel(
    name = "thirsty",
    sdist = "thirsty-1.0.tar.gz",
    exec_properties = {"coffee": "black", "unixUID": "1234", "unixGID": "1234"},
)
"""
TELL = """
import os
files = {"user.txt": f"{os.getuid()}", "path.txt": os.getcwd()}
return write_wheel(wheel_directory, files, name=NAME)
"""


def test_properties_reach_the_worker(executor: Server, tmp_path: Path) -> None:
    bazelrc = documented_bazelrc({"executor.example.com:8980": f"127.0.0.1:{executor.port}"})
    needs = Project("wheels", ("//needs/...",), command="build")
    with machine(tmp_path / "m", needs, bazelrc) as made:
        folder = made.workspace.package("needs", NEEDS)
        for name in ("plain", "user", "thirsty"):
            make_sdist(backend_project(TELL.replace("NAME", repr(name))), folder / f"{name}-1.0.tar.gz")
        built = made.build(needs, *EXECUTION, "--jobs=2")
        assert {spawn["runner"] for spawn in built.spawns} == {"remote"}
        for name in ("plain", "user", "thirsty"):  # whoever a worker runs it as
            assert text(made, name, "user.txt") == "1000"
            assert text(made, name, "path.txt") == f"/build/s/{name}-1.0"
        sent = {
            spawn["targetLabel"]: {item["name"]: item["value"] for item in spawn["platform"]["properties"]}
            for spawn in built.ran("PySdistWheel")
        }
        assert sent["//needs:plain"] == {"unixGID": "1000", "unixUID": "1000"}
        assert sent["//needs:thirsty"] == {"coffee": "black", "unixGID": "1234", "unixUID": "1234"}


def test_a_worker_that_can_not_close_a_build_says_so(executor: Server, tmp_path: Path) -> None:
    """Without the page's lines for buildbox it runs actions as a root that may make no namespaces."""
    bazelrc = documented_bazelrc({"executor.example.com:8980": f"127.0.0.1:{executor.port}"})
    refused = Project("wheels", ("//wheels:six_wheel",), command="build")
    with machine(tmp_path / "m", refused, bazelrc) as made:
        said = made.workspace.build("//wheels:six_wheel", "--config=execution", expect=1).err
    assert "This machine does not let a build be closed: " in said
    assert "build --@rules_sdist//python/settings:isolation=mapped" in said


def text(made: Machine, name: str, member: str) -> str:
    """A member of a wheel."""
    with zipfile.ZipFile(made.workspace.bin() / "needs" / f"{name}-1.0-py3-none-any.whl") as wheel:
        return wheel.read(member).decode()
