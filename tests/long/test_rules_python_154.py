"""The packages of bazelbuild/rules_python#154, with the tools of their time, on the Python of Debian 12."""

from __future__ import annotations

import os
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import older_python
import patch_ng
import pytest
from support import CLOSED, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

MAPPED = CLOSED.replace("closed", "mapped")
PATCH = Path(__file__).parents[1] / "integration" / "patches" / "airflow_on_python_3.patch"
FILES = {
    "airflow_sdist": (
        "apache-airflow",
        "apache-airflow-1.9.0.tar.gz",
        "7565b05fa4d3039a6702fe062d79ff63a1c7f3733053a9cb1535163f76b66fa8",
    ),
    "old_setuptools": (
        "setuptools",
        "setuptools-57.0.0-py3-none-any.whl",
        "c8b9f1a457949002e358fea7d3f2a1e1b94ddc0354b2e40afc066bf95d21bf7b",
    ),
    "old_wheel": (
        "wheel",
        "wheel-0.30.0-py2.py3-none-any.whl",
        "e721e53864f084f956f40f96124a74da0631ac13fbbd1ba99e8e2b5e9cafdf64",
    ),
    "suds_sdist": (
        "suds-jurko",
        "suds-jurko-0.6.tar.bz2",
        "29edb72fd21e3044093d86f33c66cf847c5aaab26d64cb90e69e528ef014e57f",
    ),
}
BUILD_FILE = """
[
    py_sdist_wheel(
        name = name,
        build_requires = ["@old_setuptools//:file", "@old_wheel//:file"],
        env = {"SETUPTOOLS_USE_DISTUTILS": "local"},
        patches = patches,
        sdist = "@%s_sdist//:file" % name,
    )
    for name, patches in [("airflow", ["airflow.patch"]), ("suds", [])]
]
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("old")
    made = Workspace(folder / "w", folder / "o", flags=[older_python.IN_BUILD])
    older_python.add_older_python(made.root)
    with (made.root / "MODULE.bazel").open("a") as module:
        for name, (distribution, filename, sha256) in FILES.items():
            values = {"name": name, "distribution": distribution, "filename": filename, "sha256": sha256}
            arguments = ", ".join(f'{key} = "{value}"' for key, value in values.items())
            module.write(f'sdists.file({arguments})\nuse_repo(sdists, "{name}")\n')
    made.package("old", BUILD_FILE, {"airflow.patch": PATCH})
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def built(machine: Workspace) -> dict[str, Path]:
    """Both wheels, built twice: equal."""
    machine.build("//old:all", CLOSED)
    hashes = machine.hashes("old")
    machine.build("//old:all", MAPPED, "--spawn_strategy=local", "--action_env=PYTHONHASHSEED=4711")
    assert machine.hashes("old") == hashes
    return {file.name.partition("-")[0]: file for file in (machine.bin() / "old").glob("*.whl")}


def as_setup_py_does(machine: Workspace, name: str, folder: Path, hash_seed: str) -> Path:
    """The control: `setup.py bdist_wheel` with the same build requirements, and nothing fixed."""
    external = machine.output_base / "external"
    folder.mkdir()
    (archive,) = external.glob(f"*{name}_sdist/*.tar.*")
    with tarfile.open(archive) as sdist:
        sdist.extractall(folder)
    (source,) = folder.iterdir()
    if name == "airflow":
        assert patch_ng.fromfile(str(PATCH)).apply(strip=1, root=str(source))
    places = []
    for wheel in (*external.glob("*old_setuptools/*.whl"), *external.glob("*old_wheel/*.whl")):
        places.append(folder / wheel.name)
        with zipfile.ZipFile(wheel) as archive_of_it:
            archive_of_it.extractall(places[-1])
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env |= {
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join(map(str, places)),
        "SETUPTOOLS_USE_DISTUTILS": "local",
    }
    line = [*older_python.command(), "setup.py", "-q", "bdist_wheel", "-d", "dist"]
    subprocess.run(line, cwd=source, env=env, capture_output=True, check=True)
    (made,) = (source / "dist").glob("*.whl")
    return made


def members(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_airflow_s_requirements_have_one_order(machine: Workspace, built: dict[str, Path], tmp_path: Path) -> None:
    """A wheel of that time writes extras of a requirement as a set has them."""
    metadata = "apache_airflow-1.9.0.dist-info/METADATA"
    controls = {members(as_setup_py_does(machine, "airflow", tmp_path / seed, seed))[metadata] for seed in "123"}
    assert len(controls) > 1
    files = members(built["apache_airflow"])
    lines = files[metadata].decode().splitlines()
    others = {tuple(line for line in text.decode().splitlines() if "hdfs[" not in line) for text in controls}
    assert others == {tuple(line for line in lines if "hdfs[" not in line)}  # that is all that differs
    # Its sdist ships bytecode beside two of its modules, of another Python than this one.
    assert "airflow/config_templates/airflow_local_settings.py" in files
    assert not [name for name in files if name.endswith(".pyc")]


def test_suds_has_no_bytecode_with_the_time_in_it(machine: Workspace, built: dict[str, Path], tmp_path: Path) -> None:
    """Its setup.cfg has it compiled, and what 2to3 has written has the time of the build."""
    first, second = (members(as_setup_py_does(machine, "suds", tmp_path / name, "0")) for name in ("one", "two"))
    differing = {name for name in first if name.endswith(".pyc") and first[name] != second[name]}
    assert differing
    files = members(built["suds_jurko"])
    assert not [name for name in files if name.endswith(".pyc")]
    sources = {name for name in first if name.endswith(".py")}
    assert sources
    assert {name: files[name] for name in sources} == {name: first[name] for name in sources}
