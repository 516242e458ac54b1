"""What `init` finds out by looking at a workspace."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from common.errors import UserError
from init.module_file import read_module
from init.requirements import PipHub, find_pip_hub, find_requirements

if TYPE_CHECKING:
    from pathlib import Path

HASHED = "six==1.17.0 --hash=sha256:" + "0" * 64 + "\n"
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
PIP = 'pip = use_extension("@rules_python//python/extensions:pip.bzl", "pip")\n'


def test_what_is_pinned_best_comes_first(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six\n")
    (tmp_path / "a.txt").write_text(HASHED)
    (tmp_path / "requirements_lock.txt").write_text(HASHED)
    assert find_requirements(tmp_path) == (tmp_path / "requirements_lock.txt", (tmp_path / "a.txt",))
    (tmp_path / "uv.lock").touch()
    assert find_requirements(tmp_path)[0] == tmp_path / "uv.lock"


@pytest.mark.parametrize(
    ("files", "typed"),
    [
        (["pyproject.toml", "requirements.in"], "`uv lock`"),
        (["requirements.in"], "`pip-compile --generate-hashes -o requirements.txt requirements.in`"),
        (["requirements.txt"], "`pip-compile --generate-hashes -o requirements_lock.txt requirements.txt`"),
        ([], "`pip-compile --generate-hashes requirements.in`"),
    ],
)
def test_what_to_type_where_nothing_is_pinned(tmp_path: Path, files: list[str], typed: str) -> None:
    for name in files:
        (tmp_path / name).write_text("six\n")
    with pytest.raises(UserError) as caught:
        find_requirements(tmp_path)
    assert typed in caught.value.fix


def hub(root: Path, text: str, version: str = "1.0.0", wanted: str = "") -> PipHub | None:
    (root / "MODULE.bazel").write_text(f'bazel_dep(name = "rules_python", version = "{version}")\n{PIP}{text}')
    return find_pip_hub(root, read_module(root), wanted)


@pytest.mark.parametrize(
    ("version", "more", "names"),
    [
        ("0.31.0", "", ("--pip-names=python",)),
        ("1.7.0", "", ("--pip-names=python",)),
        ("1.7.0", 'experimental_index_url = "https://files.example/simple",', ()),
        ("2.3.2", "", ()),
        ("2.3.2", 'simpleapi_skip = ["b", "a"],', ("--pip-names=a=python", "--pip-names=b=python")),
    ],
)
def test_how_rules_python_names_its_repositories(
    tmp_path: Path, version: str, more: str, names: tuple[str, ...]
) -> None:
    text = f'pip.parse(hub_name = "pip", {more} requirements_lock = "//:lock.txt")\n'
    assert hub(tmp_path, text, version) == PipHub("pip", (), tmp_path / "lock.txt", names)


def test_a_hub_as_rules_python_had_it_first(tmp_path: Path) -> None:
    """Debian's Bazel takes rules_python 0.22, whatever MODULE.bazel asks for."""
    found = hub(tmp_path, 'pip.parse(name = "pip", requirements_lock = "//:lock.txt")\n')
    assert found == PipHub("pip", (), tmp_path / "lock.txt", ("--pip-names=plain",))


def test_pythons_of_a_hub(tmp_path: Path) -> None:
    parse = 'pip.parse(hub_name = "pip", python_version = "{}", requirements_lock = "lock.txt")\n'
    one = hub(tmp_path, parse.format(f"{RUNNING}.2"))
    assert one is not None
    assert one.pythons == ()
    two = hub(tmp_path, parse.format("3.8") + parse.format(RUNNING))
    assert two is not None
    assert set(two.pythons) == {"3.8", RUNNING}


def test_several_hubs_are_named(tmp_path: Path) -> None:
    text = "".join(f'pip.parse(hub_name = "{name}", requirements_lock = "{name}.txt")\n' for name in "ba")
    with pytest.raises(UserError, match="makes several hubs; there are: a, b") as caught:
        hub(tmp_path, text)
    assert "--pip-hub a" in caught.value.fix
    found = hub(tmp_path, text, wanted="b")
    assert found is not None
    assert found.requirements == tmp_path / "b.txt"
    with pytest.raises(UserError, match="makes no hub 'c'"):
        hub(tmp_path, text, wanted="c")
    assert hub(tmp_path, "") is None


def test_requirements_that_can_not_be_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be told") as caught:
        hub(tmp_path, 'pip.parse(hub_name = "pip", requirements_lock = LOCK)\n')
    assert caught.value.fix == "Name it: --requirements FILE"
    told = find_pip_hub(tmp_path, read_module(tmp_path), "", tmp_path / "mine.txt")
    assert told is not None
    assert told.requirements == tmp_path / "mine.txt"
    text = 'pip.parse(hub_name = "pip", requirements_by_platform = {"//:w.txt": "windows_*", "//:l.txt": "linux_*"})\n'
    found = hub(tmp_path, text)
    assert found is not None
    assert found.requirements == tmp_path / "l.txt"
