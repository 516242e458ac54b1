from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from errors import UserError
from lock.index import IndexFile
from lock.inputs import Pinned
from lock.lockfile import Lock, LockedFile, LockedSdist, LockedWheel, read_lock, write_whole
from lock.make import choose_file, parse_options, runtime_edges
from lock.sdist import check_name, guess_tags
from lock.swap import Swap, label_of, overridden_name

if TYPE_CHECKING:
    from pathlib import Path


def file(name: str, sha256: str) -> IndexFile:
    return IndexFile(name, f"https://index.example/{name}", sha256, yanked=False)


SDIST = file("demo-1.0.tar.gz", "a")
PURE = file("demo-1.0-py3-none-any.whl", "b")
FOREIGN = file("demo-1.0-cp27-cp27m-win32.whl", "c")
OTHER = file("demo-2.0.tar.gz", "d")
FILES = [FOREIGN, OTHER, PURE, SDIST]


@pytest.mark.parametrize(
    ("hashes", "from_source", "expected"),
    [
        (("a", "b", "c"), False, PURE),
        (("a", "b"), True, SDIST),
        (("a", "c"), False, SDIST),
        (("a",), False, SDIST),  # the index has a wheel, but nobody pinned it
    ],
)
def test_choose_file(hashes: tuple[str, ...], from_source: bool, expected: IndexFile) -> None:
    assert choose_file(Pinned("demo", "1.0", hashes), FILES, from_source=from_source) == expected


def test_no_file_to_choose() -> None:
    with pytest.raises(UserError, match=r"demo 1\.0 has no sdist") as caught:
        choose_file(Pinned("demo", "1.0", ("c",)), FILES, from_source=False)
    assert "on the index: demo-1.0.tar.gz" in str(caught.value)
    assert "generate-hashes" in str(caught.value)


def test_yanked_file() -> None:
    with pytest.raises(UserError, match=r"demo-1\.0\.tar\.gz was taken back"):
        choose_file(Pinned("demo", "1.0", ("a",)), [dataclasses.replace(SDIST, yanked=True)], from_source=False)


def test_sdist_of_another_name(tmp_path: Path) -> None:
    check_name(tmp_path, "demo-1.0.tar.gz")
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: DEMO\n")
    check_name(tmp_path, "demo-1.0.tar.gz")
    with pytest.raises(UserError, match=r"other-1\.0\.tar\.gz says that it is the distribution 'demo'"):
        check_name(tmp_path, "other-1.0.tar.gz")


@pytest.mark.parametrize(
    ("names", "native", "expected"),
    [
        (["demo-1.0-py3-none-any.whl"], True, "py3-none-any"),
        (["demo-1.0-py2.py3-none-any.whl"], False, "py2.py3-none-any"),
        (["demo-1.0-cp38-abi3-manylinux_2_17_x86_64.whl"], False, "cp38-abi3-{platform}"),
        (["demo-1.0-cp314-cp314-manylinux_2_17_x86_64.whl"], False, "{python}-{abi}-{platform}"),
        (["demo-1.0-py3-none-manylinux_2_17_x86_64.whl"], False, "py3-none-{platform}"),
        (["demo-0.9-py3-none-any.whl", "demo-1.0.tar.gz", "odd.whl"], True, "{python}-{abi}-{platform}"),
        ([], False, "py3-none-any"),
    ],
)
def test_guess_tags(names: list[str], native: bool, expected: str) -> None:
    assert guess_tags("1.0", names, has_native_sources=native) == expected


def test_runtime_edges() -> None:
    pin = Pinned("demo", "1.0", ("a",), extras=("x",))
    requires = [
        "Six>=1",
        'old; python_version < "3"',
        'asked; extra == "x"',
        'unasked; extra == "y"',
        "not_locked",
        "demo[x]",
    ]
    names = frozenset({"six", "old", "asked", "unasked", "demo"})
    assert runtime_edges(pin, requires, names) == ("asked", "six")


def sample() -> Lock:
    return Lock(
        python="3.14",
        inputs={"requirements.txt": "0" * 64},
        options={},
        sdists=(
            LockedSdist("demo", "1.0", "demo-1.0.tar.gz", "a", "back:end", "py3-none-any", ("x.whl",), ("six",), None),
        ),
        wheels=(LockedWheel("six", "1.17", "six-1.17-py3-none-any.whl", "b", ()),),
        build_files=(LockedFile("x", "1", "x.whl", "c"),),
        build_sdists=(LockedSdist("y", "1", "y-1.tar.gz", "d", "y", "py3-none-any", (), (), ()),),
    )


def test_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_whole(tmp_path / "lock.json", sample().text())
    assert read_lock(tmp_path / "lock.json") == sample()
    assert (tmp_path / "lock.json").read_text() == sample().text()
    assert [path.name for path in tmp_path.iterdir()] == ["lock.json"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-40], "is damaged"),
        (lambda text: text.replace('"wheel_tags"', '"wheel_tag"'), "is damaged"),
        (lambda text: text.replace('"rules_sdist_lock": 1', '"rules_sdist_lock": 2'), "is a lock of version 2"),
        (lambda _: "[]", "is damaged"),
    ],
)
def test_lock_that_cannot_be_read(tmp_path: Path, change: object, message: str) -> None:
    assert callable(change)
    (tmp_path / "lock.json").write_text(change(sample().text()))
    with pytest.raises(UserError, match=message):
        read_lock(tmp_path / "lock.json")


def test_pins_are_those_of_the_distribution() -> None:
    def sdist(name: str, *requires: str) -> LockedSdist:
        return LockedSdist(name, "1", f"{name}-1.tar.gz", "a", "b", "py3-none-any", requires, (), None)

    files = (LockedFile("flit-core", "3", "flit3.whl", "a"), LockedFile("wheel", "1", "wheel.whl", "a"))
    lock = Lock(
        python="3.14",
        inputs={},
        options={},
        sdists=(sdist("old", "flit3.whl"), sdist("new", "flit_core-4.tar.gz", "wheel.whl")),
        wheels=(),
        build_files=files,
        build_sdists=(LockedSdist("flit-core", "4", "flit_core-4.tar.gz", "a", "b", "py3-none-any", (), (), None),),
    )
    assert lock.pins("old") == {"flit-core": "3"}
    assert lock.pins("new") == {"flit-core": "4", "wheel": "1"}
    assert lock.pins("unknown") == {"wheel": "1"}


def test_lock_names_no_hosts_and_no_paths() -> None:
    text = sample().text()
    assert "://" not in text
    assert list(json.loads(text)) == sorted(json.loads(text))


def test_names_of_the_repositories_that_are_swapped() -> None:
    sdist = LockedSdist("ruamel-yaml", "1.0", "ruamel.yaml-1.0.tar.gz", "0123456789", "b", "py3-none-any", (), (), None)
    assert overridden_name(sdist, Swap("pypi", "ours", True), "3.14") == "pypi_314_ruamel_yaml_sdist_01234567"
    assert overridden_name(sdist, Swap("pip", "ours", False), "3.14") == "pip_ruamel_yaml"


def test_labels(tmp_path: Path) -> None:
    for name in ("MODULE.bazel", "a/BUILD.bazel", "a/b/file.txt", "file.txt", "c/file.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert label_of(tmp_path / "file.txt") == "//:file.txt"
    assert label_of(tmp_path / "a" / "b" / "file.txt") == "//a:b/file.txt"
    assert label_of(tmp_path / "c" / "file.txt") == "//:c/file.txt"


def test_options(tmp_path: Path) -> None:
    line = ["a.txt", "b.txt", "-o", "lock.json", "--build", "Foo_Bar", "--upgrade", "Setup.Tools", "--check"]
    options = parse_options(line, tmp_path)
    assert options.inputs == (tmp_path / "a.txt", tmp_path / "b.txt")
    assert options.output == tmp_path / "lock.json"
    assert options.check
    assert [set(names) for names in (options.build, options.upgrade)] == [{"foo-bar"}, {"setup-tools"}]
