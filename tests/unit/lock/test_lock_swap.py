"""The file that swaps repositories of `pip.parse` for those of a lock."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from sample_locks import sample, sdist

from lock.inputs.read import versions_apart
from lock.lockfile import TakenWheel, read_lock, write_whole
from lock.swap import Swap, module_text, overridden_names

if TYPE_CHECKING:
    from pathlib import Path


def test_names_of_the_repositories_that_are_swapped() -> None:
    entry = dataclasses.replace(sdist("ruamel-yaml"), filename="ruamel.yaml-1.0.tar.gz", sha256="0123456789")
    here, older = "cp314_linux_x86_64", "cp39_linux_aarch64"
    assert overridden_names(entry, [here, older], Swap("pypi", "ours", "digest"), sample(), several=False) == {
        "pypi_314_ruamel_yaml_sdist_01234567",
        "pypi_39_ruamel_yaml_sdist_01234567",
    }
    assert overridden_names(entry, [here], Swap("pypi", "ours", "digest"), sample(), several=True) == {
        "pypi_314_ruamel_yaml_sdist_01234567_linux_x86_64"
    }
    assert overridden_names(entry, [here, older], Swap("pip", "ours", "python"), sample(), several=False) == {
        "pip_314_ruamel_yaml",
        "pip_39_ruamel_yaml",
    }
    found = overridden_names(entry, [here, older], Swap("pip", "ours", "plain"), sample(), several=False)
    assert found == {"pip_ruamel_yaml"}


def test_swap_file(tmp_path: Path) -> None:
    place = tmp_path / "lock.json"
    text = module_text(sample(), Swap("pypi", "ours", "digest"), place, ())
    assert 'pypi_314_demo_sdist_00000000 = "ours__spoke_demo",' in text
    assert "six" not in text
    text = module_text(sample(), Swap("pip", "ours", "plain"), place, ())
    assert 'pip_demo = "ours__spoke_demo",' in text
    assert 'pip_six = "ours__spoke_six",' in text

    # rules_python tells versions apart where one Python has several, not where each Python has its own.
    other = dataclasses.replace(sdist("demo", "x.whl", version="2"), environments=("cp39_linux_x86_64",))
    first = dataclasses.replace(sample().sdists[0], environments=("cp314_linux_x86_64",))
    both = dataclasses.replace(
        sample(), sdists=(first, other), environments=("cp314_linux_x86_64", "cp39_linux_x86_64", "cp39_linux_aarch64")
    )
    assert "_linux_x86_64" not in module_text(both, Swap("pypi", "ours", "digest"), place, ())
    third = dataclasses.replace(first, environments=("cp39_linux_aarch64",))
    both = dataclasses.replace(both, sdists=(first, other, third))
    assert "pypi_39_demo_sdist_00000000_linux_aarch64 =" in module_text(both, Swap("pypi", "ours", "digest"), place, ())


def test_several_versions_in_a_uv_lock(tmp_path: Path) -> None:
    """rules_python counts them all, also those for another Python, and names repositories after platforms then."""
    packages = [("demo", "1"), ("demo", "2"), ("six", "1")]
    table = '[[package]]\nname = "{}"\nversion = "{}"\nsource = {{ registry = "" }}\n'
    (tmp_path / "uv.lock").write_text("version = 1\n" + "".join(table.format(*package) for package in packages))
    (tmp_path / "requirements.txt").write_text("demo==1\n")
    apart = versions_apart([tmp_path / "uv.lock", tmp_path / "requirements.txt"])
    assert apart == {"demo"}
    text = module_text(sample(), Swap("pypi", "ours", "digest"), tmp_path / "lock.json", (), apart)
    assert re.search(r"    pypi_314_demo_sdist_0{8}_linux_x86_64 = ", text)
    assert " pypi_314_demo_sdist_00000000 = " not in text


def test_swap_file_says_how_it_is_renewed_and_what_it_leaves(tmp_path: Path) -> None:
    """Bazel's error for a stale name points at `override_repo`, so it stands above that."""
    text = module_text(sample(), Swap("pypi", "ours", "digest"), tmp_path / "lock.json", {"odd": "", "other": ""})
    assert '    left_to_pip = [\n        "odd",\n        "other",\n    ],\n    lock = ' in text
    head, _, _ = text.partition("override_repo(\n")
    assert head.splitlines()[-1] == "#   bazel run @rules_sdist//tools/lock -- requirements.txt -o lock.json"
    assert "does not generate repository" in head
    assert "left_to_pip" not in module_text(sample(), Swap("pypi", "ours", "digest"), tmp_path / "lock.json", ())


def test_a_wheel_that_rules_python_takes_is_swapped_by_its_name(tmp_path: Path) -> None:
    """One repository for each file; one file may serve several platforms."""
    environments = ("cp314_linux_aarch64", "cp314_linux_x86_64", "cp314_osx_aarch64")
    pure, native = "demo-1-py3-none-any.whl", "demo-1-cp314-cp314-manylinux2014_x86_64.whl"
    taken = (
        TakenWheel("demo", "cp314_linux_x86_64", native, "1" * 64),
        TakenWheel("demo", "cp314_osx_aarch64", pure, "2" * 64),
    )
    lock = dataclasses.replace(sample(), environments=environments, taken_wheels=taken)
    names = overridden_names(lock.sdists[0], environments, Swap("pypi", "ours", "digest"), lock, several=False)
    assert names == {
        "pypi_314_demo_cp314_cp314_manylinux_2_17_x86_64_11111111",
        "pypi_314_demo_py3_none_any_22222222",
        "pypi_314_demo_sdist_00000000",
    }
    write_whole(tmp_path / "lock.json", lock.text())
    assert read_lock(tmp_path / "lock.json") == lock


def test_kinds_of_names_may_be_mixed(tmp_path: Path) -> None:
    """`simpleapi_skip`: pip makes that one, from whatever it finds; then wheels are swapped, too, under their names."""
    swap = Swap("pypi", "ours", "digest", (("demo", "python"),))
    text = module_text(sample(), swap, tmp_path / "lock.json", ())
    assert '    pypi_314_demo = "ours__spoke_demo",\n' in text
    assert '    pypi_314_six_py3_none_any_00000000 = "ours__spoke_six",\n' in text
    assert "swaps_wheels = True" in text
