"""Backends that ask a repository for the version, or take a folder to build in."""

from __future__ import annotations

import json
import subprocess
import time
import zipfile
from typing import TYPE_CHECKING

import pytest
from support import CLOSED, REPO, Workspace, make_sdist

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAPPED = CLOSED.replace("closed", "mapped")
LOCK = REPO / "tests" / "corpus" / "sdists.lock.json"
NAMES = {
    "attrs": "@attrs_sdist//:file",
    "pluggy": "@pluggy_sdist//:file",
    "meson_demo": "meson_demo-1.0.tar.gz",
    "cmake_demo": "cmake_demo-1.0.tar.gz",
}
REQUIRED = {
    # hatch-vcs
    "attrs": [
        *("hatch_fancy_pypi_readme", "hatch_vcs", "hatchling", "packaging", "pathspec", "pluggy", "setuptools"),
        *("setuptools_scm", "tomlkit", "trove_classifiers", "vcs_versioning"),
    ],
    # setuptools-scm
    "pluggy": ["packaging", "setuptools", "setuptools_scm", "vcs_versioning"],
    "meson_demo": ["meson", "meson_python", "ninja", "packaging", "pyproject_metadata"],
    "cmake_demo": ["cmake", "ninja", "packaging", "pathspec", "scikit_build_core"],
}
WHERE = 'SOURCE = "@SOURCE@"\nBUILD = "@BUILD@"\n'
MESON = {
    "pyproject.toml": '[build-system]\nrequires = ["meson-python"]\nbuild-backend = "mesonpy"\n'
    '[project]\nname = "meson_demo"\nversion = "1.0"\n',
    "meson.build": """
project('meson_demo', version: '1.0')
where = configure_file(
  input: 'where.py.in',
  output: 'where.py',
  configuration: {'SOURCE': meson.project_source_root(), 'BUILD': meson.project_build_root()},
)
import('python').find_installation(pure: true).install_sources(where)
""",
    "where.py.in": WHERE,
}
CMAKE = {
    "pyproject.toml": '[build-system]\nrequires = ["scikit-build-core"]\nbuild-backend = "scikit_build_core.build"\n'
    '[project]\nname = "cmake_demo"\nversion = "1.0"\n[tool.scikit-build.wheel]\npy-api = "py3"\nplatlib = false\n',
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.15)
project(cmake_demo LANGUAGES NONE)
set(SOURCE "${CMAKE_SOURCE_DIR}")
set(BUILD "${CMAKE_BINARY_DIR}")
configure_file(where.py.in where.py @ONLY)
install(FILES "${CMAKE_BINARY_DIR}/where.py" DESTINATION .)
""",
    "where.py.in": WHERE,
}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("backends")
    made = Workspace(folder / "w", folder / "o")
    locked = json.loads(LOCK.read_text())
    files = {entry["filename"].partition("-")[0]: entry for entry in locked["build_files"]}
    wanted = {f"locked_{name}": files[name] for names in REQUIRED.values() for name in names}
    wanted["attrs_sdist"] = next(entry for entry in locked["sdists"] if entry["filename"] == "attrs-26.1.0.tar.gz")
    wanted["pluggy_sdist"] = {
        "distribution": "pluggy",
        "filename": "pluggy-1.7.0.tar.gz",
        "sha256": "d1eaa46ebb595891b860ab086b4d09c8588af65ebd4361b8e8f4bb8920b90ba8",
    }
    with (made.root / "MODULE.bazel").open("a") as module:
        for name, entry in wanted.items():
            values = {"name": name} | {key: entry[key] for key in ("distribution", "filename", "sha256")}
            arguments = ", ".join(f'{key} = "{value}"' for key, value in values.items())
            module.write(f'sdists.file({arguments})\nuse_repo(sdists, "{name}")\n')
    build_file = "".join(
        f'py_sdist_wheel(name = "{name}", sdist = "{sdist}", '
        f"build_requires = {json.dumps([f'@locked_{required}//:file' for required in REQUIRED[name]])})\n"
        for name, sdist in NAMES.items()
    )
    package = made.package("backends", build_file)
    make_sdist(MESON, package / "meson_demo-1.0.tar.gz")
    make_sdist(CMAKE, package / "cmake_demo-1.0.tar.gz")
    yield made
    made.shutdown()


def git(machine: Workspace, *arguments: str) -> None:
    line = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.com", *arguments]
    subprocess.run(line, cwd=machine.output_base, check=True, capture_output=True)


@pytest.mark.parametrize("isolation", [CLOSED, MAPPED])
def test_a_repository_above_changes_no_version_and_no_member(machine: Workspace, isolation: str) -> None:
    """Absent, clean and dirty, with a tag of its own; without a sandbox, which would hide it."""

    def hashes() -> dict[str, str]:
        anew = f"--modify_execution_info=PySdistWheel=+rebuilt-{time.time_ns()}"
        machine.build("//backends:attrs", "//backends:pluggy", isolation, anew, "--spawn_strategy=local")
        return machine.hashes("backends")

    absent = hashes()
    assert {name.rsplit("-", 3)[0] for name in absent} >= {"attrs-26.1.0", "pluggy-1.7.0"}
    repository = machine.output_base / ".git"
    try:
        git(machine, "init")
        git(machine, "commit", "--allow-empty", "-m", "one")
        git(machine, "tag", "v99.0")
        assert hashes() == absent
        (machine.output_base / "tracked.txt").write_text("one\n")
        git(machine, "add", "tracked.txt")
        assert hashes() == absent
    finally:
        subprocess.run(["rm", "-rf", str(repository), str(machine.output_base / "tracked.txt")], check=True)


def where(machine: Workspace, name: str) -> Mapping[str, str]:
    (file,) = (machine.bin() / "backends").glob(f"{name}-*.whl")
    with zipfile.ZipFile(file) as wheel:
        (member,) = (member for member in wheel.namelist() if member.endswith("where.py"))
        found: dict[str, str] = {}
        exec(wheel.read(member).decode(), found)
    return found


@pytest.mark.parametrize(("name", "backend"), [("meson_demo", "meson-python"), ("cmake_demo", "scikit-build-core")])
def test_a_folder_to_build_in_is_fixed_and_outside_of_the_source_tree(
    machine: Workspace, name: str, backend: str
) -> None:
    """A project that writes both into its wheel tells of the same two, with and without a sandbox."""
    found = []
    for strategy in ("linux-sandbox", "local"):
        machine.build(f"//backends:{name}", CLOSED, f"--spawn_strategy={strategy}")
        found.append(where(machine, name))
    assert found[0]["BUILD"] == found[1]["BUILD"], backend
    assert found[0]["SOURCE"] == f"/build/s/{name}-1.0"
    assert found[0]["BUILD"].startswith("/build/")
    assert not found[0]["BUILD"].startswith("/build/s/")
