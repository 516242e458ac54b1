from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from archives import make_wheel
from sample_wheels import INFO, wheel_members, write_wheel

from common.errors import UserError
from formats.canonical_wheel import write_canonical_wheel
from install_wheel.install import InstallParams, install

if TYPE_CHECKING:
    from pathlib import Path


DEEP = "d/" * 1400 + "x.py"


def good_wheel(tmp_path: Path) -> Path:
    write_wheel(
        tmp_path / "raw.whl",
        {
            **wheel_members(),
            "demo_pkg-1.0.data/scripts/tool": b"#!python\nprint('tool')\n",
            "demo_pkg-1.0.data/data/share/x": b"data",
            "demo_pkg-1.0.data/headers/x.h": b"header",
            f"{INFO}/entry_points.txt": b"[console_scripts]\nsay = demo.b:main\n",
        },
    )
    place = tmp_path / "demo_pkg-1.0-py3-none-any.whl"
    write_canonical_wheel(tmp_path / "raw.whl", place)
    return place


def installed(tmp_path: Path, name: str = "tree", *, bytecode: bool = False) -> Path:
    tree = tmp_path / name
    dist_info, entry_points = str(tmp_path / "dist_info"), str(tmp_path / "entry_points.txt")
    install(InstallParams(str(good_wheel(tmp_path)), str(tree), bytecode, dist_info, entry_points))
    return tree


def test_everything_is_in_its_place(tmp_path: Path) -> None:
    tree = installed(tmp_path)
    assert (tree / "site-packages" / "demo" / "b.py").read_text() == "b = 1\n"
    assert (tree / "data" / "share" / "x").read_text() == "data"
    assert next((tree / "include").rglob("x.h")).read_text() == "header"
    for script in ("say", "tool"):
        assert (tree / "bin" / script).read_text().startswith("#!/usr/bin/env python3\n")
        assert (tree / "bin" / script).stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "entry_points.txt").read_text() == "[console_scripts]\nsay = demo.b:main\n"
    names = {path.name for path in (tmp_path / "dist_info").iterdir()}
    assert names == {"INSTALLER", "METADATA", "RECORD", "WHEEL", "entry_points.txt"}


def test_who_wants_entry_points_gets_an_empty_file_where_there_are_none(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, {})
    install(InstallParams(str(wheel), str(tmp_path / "tree"), False, entry_points=str(tmp_path / "entry_points.txt")))
    assert (tmp_path / "entry_points.txt").read_text() == ""


@pytest.mark.parametrize("has", [True, False])
def test_entry_points_that_were_not_foretold_are_an_error(tmp_path: Path, has: bool) -> None:
    wheel = good_wheel(tmp_path) if has else make_wheel(tmp_path, {})
    params = InstallParams(str(wheel), str(tmp_path / "tree"), False, has_entry_points=has)
    install(params)
    with pytest.raises(
        UserError,
        match=rf"(?s)entry_points\.txt.*`entry_points` of .*`entry_points = {str(has).lower()}`.*the lock's overrides",
    ):
        install(replace(params, has_entry_points=not has))


def test_importlib_metadata_finds_every_file(tmp_path: Path) -> None:
    tree = installed(tmp_path)
    program = (
        "import importlib.metadata as m, json; d = m.distribution('demo.pkg');"
        "print(json.dumps([d.version, [f.locate().exists() for f in d.files], d.read_text('INSTALLER')]))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONPATH": str(tree / "site-packages")},
        capture_output=True,
        text=True,
        check=True,
    )
    version, exist, installer = json.loads(done.stdout)
    assert (version, installer) == ("1.0", "rules_sdist\n")
    assert len(exist) > 6
    assert all(exist)


def test_bytecode_is_the_same_anywhere(tmp_path: Path) -> None:
    first = installed(tmp_path, "one", bytecode=True)
    second = installed(tmp_path, "another/longer", bytecode=True)
    compiled = {path.relative_to(first): path.read_bytes() for path in first.rglob("*.pyc")}
    assert len(compiled) == 2
    assert compiled == {path.relative_to(second): path.read_bytes() for path in second.rglob("*.pyc")}
    for content in compiled.values():
        assert content[4:8] == b"\x01\0\0\0"  # PEP 552: hash-based, unchecked
        assert str(tmp_path).encode() not in content


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.py",
        "{tmp}/evil.py",
        "demo-1.0.data/scripts/../../../evil",
        DEEP,
    ],
)
def test_nothing_is_written_outside_of_the_tree(tmp_path: Path, name: str) -> None:
    wheel = make_wheel(tmp_path, {name.replace("{tmp}", str(tmp_path)): b"evil"})
    with pytest.raises(
        UserError, match=r"(?s)can't be installed: .*(is absolute|has `\.\.` in it|plain path|folders deep)"
    ):
        install(InstallParams(str(wheel), str(tmp_path / "a" / "tree"), bytecode=False))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", wheel.name]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["tree"]


def test_a_script_with_a_path_for_a_name_is_refused(tmp_path: Path) -> None:
    text = b"[console_scripts]\n../../../evil = demo.b:main\n"
    wheel = make_wheel(tmp_path, {"demo-1.0.dist-info/entry_points.txt": text})
    with pytest.raises(UserError, match=r"can't be installed: '\.\./\.\./\.\./evil' has `\.\.` in it"):
        install(InstallParams(str(wheel), str(tmp_path / "a" / "tree"), bytecode=False))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", wheel.name]


def test_record_that_lies(tmp_path: Path) -> None:
    with zipfile.ZipFile(good_wheel(tmp_path)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["demo/b.py"] = b"changed"
    broken = write_wheel(tmp_path / "demo_pkg-1.0-py3-none-any.whl", members)
    with pytest.raises(UserError, match="can't be installed") as caught:
        install(InstallParams(str(broken), str(tmp_path / "tree"), bytecode=False))
    assert "demo/b.py" in str(caught.value)


def test_canonical_record_is_what_installer_expects(tmp_path: Path) -> None:
    with zipfile.ZipFile(good_wheel(tmp_path)) as archive:
        rows = list(csv.reader(io.StringIO(archive.read(f"{INFO}/RECORD").decode())))
        assert {row[0] for row in rows} == set(archive.namelist())
