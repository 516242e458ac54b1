"""The file that swaps repositories of `pip.parse` for those of a lock."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from sample_locks import sample, sdist

from lock.swap import Swap, module_text, overridden_names

if TYPE_CHECKING:
    from pathlib import Path


def test_names_of_the_repositories_that_are_swapped() -> None:
    entry = dataclasses.replace(sdist("ruamel-yaml"), filename="ruamel.yaml-1.0.tar.gz", sha256="0123456789")
    here, older = "cp314_linux_x86_64", "cp39_linux_aarch64"
    assert overridden_names(entry, [here, older], Swap("pypi", "ours", "digest"), several=False) == {
        "pypi_314_ruamel_yaml_sdist_01234567",
        "pypi_39_ruamel_yaml_sdist_01234567",
    }
    assert overridden_names(entry, [here], Swap("pypi", "ours", "digest"), several=True) == {
        "pypi_314_ruamel_yaml_sdist_01234567_linux_x86_64"
    }
    assert overridden_names(entry, [here, older], Swap("pip", "ours", "python"), several=False) == {
        "pip_314_ruamel_yaml",
        "pip_39_ruamel_yaml",
    }
    assert overridden_names(entry, [here, older], Swap("pip", "ours", "plain"), several=False) == {"pip_ruamel_yaml"}


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


def test_swap_file_says_how_it_is_renewed_and_what_it_leaves(tmp_path: Path) -> None:
    """Bazel's error for a stale name points at `override_repo`, so it stands above that."""
    text = module_text(sample(), Swap("pypi", "ours", "digest"), tmp_path / "lock.json", {"odd": "", "other": ""})
    assert '    left_to_pip = [\n        "odd",\n        "other",\n    ],\n    lock = ' in text
    head, _, _ = text.partition("override_repo(\n")
    assert head.splitlines()[-1] == "#   bazel run @rules_sdist//tools/lock -- requirements.txt -o lock.json"
    assert "does not generate repository" in head
    assert "left_to_pip" not in module_text(sample(), Swap("pypi", "ours", "digest"), tmp_path / "lock.json", ())
