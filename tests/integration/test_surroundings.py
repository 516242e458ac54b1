"""What lies around a build makes no difference: foreign distributions, repositories, what other builds did."""

from __future__ import annotations

import hashlib
import os
import zipfile
from typing import TYPE_CHECKING

import pytest
from clients import other_client
from support import CLOSED, Workspace, backend_project, make_sdist

if TYPE_CHECKING:
    from pathlib import Path

MAPPED = CLOSED.replace("closed", "mapped")
FIND = """
import importlib.metadata
try:
    found = importlib.metadata.version("setuptools")
    import setuptools
    found += " " + setuptools.__version__
except ImportError:
    found = "none"
return write_wheel(wheel_directory, {"found.txt": found}, name=NAME)
"""
TWO = """
py_sdist_wheel(name = "without", sdist = "without-1.0.tar.gz")
py_sdist_wheel(name = "declared", sdist = "declared-1.0.tar.gz", build_requires = ["@setuptools_wheel//:file"])
"""


def text_in(workspace: Workspace, package: str, distribution: str, member: str) -> str:
    with zipfile.ZipFile(workspace.bin() / package / f"{distribution}-1.0-py3-none-any.whl") as wheel:
        return wheel.read(member).decode()


@pytest.mark.parametrize("isolation", [CLOSED, MAPPED])
def test_a_setuptools_of_the_machine_can_not_get_in(workspace: Workspace, tmp_path: Path, isolation: str) -> None:
    """One on PYTHONPATH, in the user's site-packages and in a virtual environment; the declared one is the lock's."""
    client = other_client(tmp_path)
    versions = [f"home/.local/lib/python3.{minor}/site-packages" for minor in range(9, 20)]
    for place in ("on_path", "environment/lib/python3/site-packages", *versions):
        folder = tmp_path / place
        (folder / "setuptools").mkdir(parents=True)
        (folder / "setuptools" / "__init__.py").write_text("__version__ = '9999'\n")
        (folder / "setuptools-9999.dist-info").mkdir()
        (folder / "setuptools-9999.dist-info" / "METADATA").write_text("Name: setuptools\nVersion: 9999\n")
    client.update(PYTHONPATH=str(tmp_path / "on_path"), VIRTUAL_ENV=str(tmp_path / "environment"))
    package = f"foreign/{isolation.rpartition('=')[2]}"
    folder = workspace.package(package, TWO)
    for name in ("without", "declared"):
        make_sdist(backend_project(FIND.replace("NAME", repr(name))), folder / f"{name}-1.0.tar.gz")
    handed_on = [f"--action_env={name}" for name in ("HOME", "PYTHONPATH", "VIRTUAL_ENV")]
    workspace.build(f"//{package}:all", isolation, *handed_on, env=client)
    assert text_in(workspace, package, "without", "found.txt") == "none"
    assert text_in(workspace, package, "declared", "found.txt") == "84.2.1 84.2.1"


WALK = """
place, seen = os.getcwd(), []
while True:
    seen += [name for name in os.listdir(place) if name == ".git"]
    if place == os.path.dirname(place):
        break
    place = os.path.dirname(place)
return write_wheel(wheel_directory, {"seen.txt": repr(seen)}, name=NAME)
"""


def test_a_repository_above_the_build_is_not_found_by_walking_up(workspace: Workspace) -> None:
    """As tools do that take the version from it: absent or there, the wheel is the same."""
    repository = workspace.output_base / ".git"
    build_file = "".join(
        f'py_sdist_wheel(name = "{name}", sdist = "{name}-1.0.tar.gz")\n' for name in ("absent", "there")
    )
    folder = workspace.package("walking", build_file)
    for name in ("absent", "there"):
        make_sdist(backend_project(WALK.replace("NAME", repr(name))), folder / f"{name}-1.0.tar.gz")
    workspace.build("//walking:absent", CLOSED)
    repository.mkdir()
    try:
        (repository / "HEAD").write_text("ref: refs/heads/main\n")
        workspace.build("//walking:there", CLOSED)
    finally:
        (repository / "HEAD").unlink()
        repository.rmdir()
    seen = [text_in(workspace, "walking", name, "seen.txt") for name in ("absent", "there")]
    assert seen == ["[]", "[]"]


SPOIL = """
names = sorted(os.listdir("."))
for name in ("data.txt", "backend.py"):
    with open(name, "a") as file:
        file.write("# spoilt")
os.unlink("gone.txt")
os.unlink("pyproject.toml")
open("new.txt", "w").close()
return write_wheel(wheel_directory, {"names.txt": " ".join(names)}, name=os.environ["NAME"])
"""
SPOILT = """
[
    py_sdist_wheel(
        name = name,
        srcs = glob(["**"], exclude = ["BUILD.bazel"]),
        distribution = name,
        env = {"NAME": name},
        version = "1.0",
    )
    for name in ["one", "two"]
]
"""


@pytest.mark.parametrize("isolation", [CLOSED, MAPPED])
def test_a_backend_that_writes_and_deletes_in_its_tree_changes_no_input(workspace: Workspace, isolation: str) -> None:
    """Without a sandbox, twice from the same files."""
    package = f"spoilt/{isolation.rpartition('=')[2]}"
    files = backend_project(SPOIL, {"data.txt": "data\n", "gone.txt": "gone\n"})
    folder = workspace.package(package, SPOILT, files)

    def hashes() -> dict[str, str]:
        return {
            os.path.relpath(file, folder): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in folder.rglob("*")
            if file.is_file()
        }

    before = hashes()
    workspace.build(f"//{package}:all", isolation, "--spawn_strategy=local", "--jobs=1")
    assert hashes() == before
    names = [text_in(workspace, package, name, "names.txt").split() for name in ("one", "two")]
    assert names[0] == names[1]
    assert {"data.txt", "gone.txt"} <= set(names[0])
