"""What an sdist is when it is looked into: its name, its metadata's version, its wheel's tags."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from common.errors import UserError
from lock.overrides import Override
from lock.resolve.ask import Metadata, question_about
from lock.resolve.inspect_sdist import (
    Inspection,
    guess_tags,
    temporary_folder,
)
from lock.resolve.own_metadata import _metadata_version, check_name, is_static, static_metadata, told_by_sdist
from lock.target_platforms import target_platforms

if TYPE_CHECKING:
    from pathlib import Path

HOST = target_platforms(())[0]
OWN = f"cp{sys.version_info.major}{sys.version_info.minor}"


def test_sdist_of_another_name(tmp_path: Path) -> None:
    check_name(tmp_path, "demo-1.0.tar.gz")
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: DEMO\n")
    check_name(tmp_path, "demo-1.0.tar.gz")
    with pytest.raises(UserError, match=r"other-1\.0\.tar\.gz says that it is the distribution 'demo'"):
        check_name(tmp_path, "other-1.0.tar.gz")


@pytest.mark.parametrize(
    ("version", "expected"), [("2.4", "2.4"), ("1.0", "1.0"), ("x.y", "1.0"), ("", "1.0"), ("9" * 9999, "1.0")]
)
def test_a_metadata_version_need_be_none(version: str, expected: str) -> None:
    assert str(_metadata_version({"Metadata-Version": [version]})) == expected


def test_what_a_backend_makes_goes_away_however_deep() -> None:
    with temporary_folder() as folder:
        here = os.open(folder, os.O_RDONLY)
        for _ in range(1400):
            os.mkdir("d", dir_fd=here)
            here, above = os.open("d", os.O_RDONLY, dir_fd=here), here
            os.close(above)
        os.close(here)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("names", "native", "expected"),
    [
        (["demo-1.0-py3-none-any.whl"], True, "py3-none-any"),
        (["demo-1.0-py2.py3-none-any.whl"], False, "py2.py3-none-any"),
        (["demo-1.0-cp38-abi3-manylinux_2_17_x86_64.whl"], False, "cp38-abi3-{platform}"),
        (["demo-1.0-cp314-cp314-manylinux_2_17_x86_64.whl"], False, "{python}-{abi}-{platform}"),
        (["demo-1.0-py3-none-manylinux_2_17_x86_64.whl"], False, "py3-none-{platform}"),
        (["demo-0.9-py3-none-any.whl", "demo-1.0.tar.gz", "odd.whl"], True, "{python}-{abi}-{platform}"),
        # psutil: free-threaded Pythons, which have no limited API, get wheels of their own.
        (["demo-1.0-cp313-cp313t-win_amd64.whl", "demo-1.0-cp36-abi3-win_amd64.whl"], True, "cp36-abi3-{platform}"),
        # argon2-cffi-bindings: one platform is treated apart.
        (
            [f"demo-1.0-{OWN}-{OWN}-pyemscripten_2026_0_wasm32.whl", "demo-1.0-cp36-abi3-manylinux_2_5_x86_64.whl"],
            True,
            "cp36-abi3-{platform}",
        ),
        ([f"demo-1.0-{OWN}-{OWN}-linux_x86_64.whl", "demo-1.0-py3-none-any.whl"], True, "{python}-{abi}-{platform}"),
        ([f"demo-1.0-{OWN}-{OWN}-win_amd64.whl", "demo-1.0-py3-none-any.whl"], True, "py3-none-any"),
        ([], False, "py3-none-any"),
    ],
)
def test_guess_tags(names: list[str], native: bool, expected: str) -> None:
    inspection = Inspection("", (), (), Metadata("", (), None), native, is_universal=False)
    assert guess_tags("1.0", names, inspection, HOST.tags()) == expected


def test_guess_tags_of_a_project_for_python_2() -> None:
    inspection = Inspection("", (), (), Metadata("", (), None), False, is_universal=True)
    assert guess_tags("1.0", [], inspection, HOST.tags()) == "py2.py3-none-any"


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        ("", ("DeMo", None)),
        ("[project]\nname = 'x'\n", ("DeMo", False)),
        ("[project]\nname = 'x'\n[project.scripts]\n", ("DeMo", None)),
        ("[project]\nname = 'x'\n[project.scripts]\nrun = 'demo:run'\n", ("DeMo", True)),
        ("[project]\nname = 'x'\n[project.entry-points.pytest11]\nrun = 'demo:run'\n", ("DeMo", True)),
        ("[project]\nname = 'x'\ndynamic = ['scripts']\n", ("DeMo", None)),
        ("[project]\nname = 'x'\ndynamic = ['version']\n", ("DeMo", False)),
    ],
)
def test_what_is_known_of_the_metadata_without_the_backend(
    tmp_path: Path, project: str, expected: tuple[str, bool | None]
) -> None:
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.2\nName: DeMo\nRequires-Dist: six\n")
    (tmp_path / "pyproject.toml").write_text(project)
    found = static_metadata(tmp_path)
    assert (found.name, found.entry_points) == expected
    assert found.requires_dist == ("six",)


def test_a_name_that_is_another_distributions_is_not_taken() -> None:
    assert Metadata("Ruamel.YAML", (), None).spelling("ruamel-yaml") == "Ruamel.YAML"
    assert Metadata("Evil", (), None).spelling("demo") == "demo"
    assert Metadata("", (), None).spelling("demo") == "demo"


def test_maturin_is_asked_without_cargo(tmp_path: Path) -> None:
    """Where it finds none, it wants a package that downloads it."""
    asked = question_about(tmp_path, Override(env={"A": "1"}), None, [], requires=True, metadata=False)
    assert asked.env == {"A": "1", "MATURIN_NO_INSTALL_RUST": "1"}
    own = Override(env={"MATURIN_NO_INSTALL_RUST": ""})
    assert question_about(tmp_path, own, None, [], requires=True, metadata=False).env == own.env


@pytest.mark.parametrize(
    ("metadata", "requires", "expected"),
    [
        ("2.1", ["maturin>=1"], True),
        ("2.1", ["setuptools"], False),
        ("2.2", ["setuptools"], True),
        ("2.2\nDynamic: Requires-Dist", ["setuptools"], False),
        ("", ["maturin>=1"], False),
    ],
)
def test_whose_metadata_hold(tmp_path: Path, metadata: str, requires: list[str], expected: bool) -> None:
    if metadata:
        (tmp_path / "PKG-INFO").write_text(f"Metadata-Version: {metadata}\nName: demo\n")
    assert is_static(tmp_path, requires) is expected


def test_older_setuptools_wrote_dependencies_beside_the_metadata(tmp_path: Path) -> None:
    assert told_by_sdist(tmp_path) is None
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: demo\n")
    assert told_by_sdist(tmp_path) == Metadata("demo", (), None)
    folder = tmp_path / "src" / "demo.egg-info"
    folder.mkdir(parents=True)
    (folder / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: demo\n")
    (folder / "requires.txt").write_text('six\n\n[:python_version < "3"]\nenum34\n\n[extra]\nidna>=2\n')
    told = told_by_sdist(tmp_path)
    assert told is not None
    assert told.requires_dist == ("six", 'enum34; python_version < "3"', 'idna>=2; extra == "extra"')
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: demo\nRequires-Dist: attrs\n")
    told = told_by_sdist(tmp_path)
    assert told is not None
    assert told.requires_dist == ("attrs",)
