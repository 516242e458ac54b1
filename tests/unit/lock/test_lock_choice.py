"""Which of an index's files is taken for a pinned distribution."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from simple_index import failure

from common.errors import UserError
from lock.pinned import Pinned
from lock.resolve.index import IndexFile
from lock.resolve.pip import _build_requirement
from lock.resolve.select_file import choose_file, sdist_of
from lock.target_platforms import target_platforms


def file(name: str, sha256: str) -> IndexFile:
    return IndexFile(name, f"https://index.example/{name}", sha256, yanked=False)


SDIST = file("demo-1.0.tar.gz", "a")
PURE = file("demo-1.0-py3-none-any.whl", "b")
FOREIGN = file("demo-1.0-cp27-cp27m-win32.whl", "c")
OTHER = file("demo-2.0.tar.gz", "d")
FILES = [FOREIGN, OTHER, PURE, SDIST]
HOST = target_platforms(())[0]


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
    assert choose_file(Pinned("demo", "1.0", hashes), FILES, HOST.tags(), from_source=from_source) == expected


def test_no_file_to_choose() -> None:
    with pytest.raises(UserError, match=r"demo 1\.0 has no sdist") as caught:
        choose_file(Pinned("demo", "1.0", ("c",)), FILES, HOST.tags(), from_source=False)
    assert "on the index: demo-1.0.tar.gz" in str(caught.value)
    assert "generate-hashes" in str(caught.value)


def test_yanked_file() -> None:
    with pytest.raises(UserError, match=r"demo-1\.0\.tar\.gz was taken back"):
        choose_file(Pinned("demo", "1.0", ("a",)), [dataclasses.replace(SDIST, yanked=True)], [], from_source=False)


@pytest.mark.parametrize(
    ("filename", "requirement"),
    [
        ("other-1.0.tar.gz", "demo==1.0"),
        ("demo-2.0.tar.gz", "demo==1.0"),
        ("demo-1.0.1.zip", "demo==1.0"),
        ("other-1.0-py3-none-any.whl", "demo==1.0"),
        ("demo-2.0-py3-none-any.whl", "demo==1.0"),
    ],
)
def test_names_belong_to_the_pinned_distribution_and_version(filename: str, requirement: str) -> None:
    name, _, version = requirement.partition("==")
    offered = IndexFile(filename, "http://127.0.0.1:9/x", "ab", yanked=False)
    tags = target_platforms(())[0].tags()
    said = failure(lambda: choose_file(Pinned(name, version, ("ab",)), [offered], tags, from_source=False))
    assert f"demo 1.0 is pinned to the hash of {filename}." in said
    assert "Renew the requirements" in said
    assert "has no sdist of demo 1.0" in failure(lambda: sdist_of(name, version, [offered]))


def test_other_spellings_belong_to_them_too() -> None:
    for filename in ("De.mo_Pkg-1.0.tar.gz", "de-mo-pkg-1.0.0.zip", "de_mo_pkg-1.0-py3-none-any.whl"):
        offered = IndexFile(filename, "http://127.0.0.1:9/x", "ab", yanked=False)
        pin = Pinned("de-mo-pkg", "1.0", ("ab",))
        assert choose_file(pin, [offered], target_platforms(())[0].tags(), from_source=False) == offered


@pytest.mark.parametrize(
    "path", ["x%2F..%2F..%2Fdemo-1.0-py3-none-any.whl", "demo-2.0-py3-none-any.whl", "..", "demo.whl"]
)
def test_names_of_build_requirements_that_pip_has_found(path: str) -> None:
    def item(url: str) -> dict[str, Any]:
        info = {"url": f"http://127.0.0.1:9/{url}", "archive_info": {"hashes": {"sha256": "ab"}}}
        return {"metadata": {"name": "demo", "version": "1.0"}, "download_info": info}

    assert "as the wheel of demo 1.0" in failure(lambda: _build_requirement(item(path)))
    assert _build_requirement(item("a/Demo-1.0-py3-none-any.whl#x")).filename == "Demo-1.0-py3-none-any.whl"
