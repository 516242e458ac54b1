"""Which distributions of a lock need which."""

from __future__ import annotations

import pytest

from common.errors import UserError
from lock.resolve.dependencies import check_requirements, cycles, runtime_edges
from lock.target_platforms import target_platforms

HOST = target_platforms(())[0]


def test_dependencies_that_are_none() -> None:
    check_requirements("demo-1.0.tar.gz", ["Six>=1", 'old; python_version < "3"'])
    with pytest.raises(UserError, match=r"demo-1\.0\.tar\.gz needs '--index-url=evil', which is not a requirement"):
        check_requirements("demo-1.0.tar.gz", ["six", "--index-url=evil"])


def test_runtime_edges() -> None:
    requires = {
        "demo": [
            "Six>=1",
            'old; python_version < "3"',
            'asked; extra == "x"',
            'unasked; extra == "y"',
            "not_locked",
            "other[z]",
            "demo[x]",
        ],
        "other": ['deep; extra == "z"', 'deeper; extra == "z2"'],
        **{name: [] for name in ("six", "old", "asked", "unasked", "deep", "deeper")},
    }
    edges = runtime_edges(requires, {}, HOST)
    assert edges["demo"] == ("asked", "other", "six")
    assert edges["other"] == ("deep",)
    assert runtime_edges(requires, {"demo": ["y"]}, HOST)["demo"] == ("asked", "other", "six", "unasked")


def test_edges_where_the_input_tells_no_extras() -> None:
    requires = {
        "demo": ['one; extra == "x" and python_version > "3"', 'two; extra == "y" and os_name == "nt"'],
        "one": [],
        "two": [],
    }
    assert runtime_edges(requires, {"demo": ["*"]}, HOST)["demo"] == ("one",)


def test_edges_of_another_platform() -> None:
    here, there = target_platforms(["manylinux_2_28_x86_64", "manylinux_2_28_aarch64"])
    requires = {"demo": ['arm; platform_machine == "aarch64"'], "arm": []}
    assert runtime_edges(requires, {}, here)["demo"] == ()
    assert runtime_edges(requires, {}, there)["demo"] == ("arm",)


def test_cycles() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("e", "f"), ("f", "e"), ("g", "a")]
    assert cycles(edges) == (("a", "b", "c"), ("e", "f"))
    assert cycles(edges, [["d", "e"]]) == (("a", "b", "c"), ("d", "e", "f"))
    assert cycles([("a", "b")]) == ()
