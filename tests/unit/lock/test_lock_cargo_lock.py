"""Cargo.lock: all its forms, and what is wrong with others."""

from __future__ import annotations

import pytest
from rust_sdists import REGISTRY, SUM, cargo_lock, entry, own

from common.errors import UserError
from lock.rust.cargo_lock import CargoLock

FIRST = f"""\
[root]
name = "demo"
version = "0.1.0"
dependencies = [
 "itoa 1.0.19 ({REGISTRY})",
]

[[package]]
name = "itoa"
version = "1.0.19"
source = "{REGISTRY}"

[metadata]
"checksum itoa 1.0.19 ({REGISTRY})" = "{SUM}"
"""
GIT = "git+https://git.example/a/b?branch=x%2Fy#0123"


def read(text: str) -> CargoLock:
    return CargoLock(text, "Cargo.lock of demo", "demo")


def check_all(text: str) -> None:
    lock = read(text)
    for package in lock.packages:
        lock.check(package)


@pytest.mark.parametrize(
    "text",
    [
        FIRST,
        FIRST.replace("[root]", "[[package]]"),
        *(cargo_lock(own("itoa"), entry("itoa", "1.0.19"), version=version) for version in (2, 3, 4)),
    ],
)
def test_all_versions(text: str) -> None:
    lock = read(text)
    [itoa] = lock.named("itoa")
    [demo] = lock.named("demo")
    assert (itoa.key, itoa.checksum, demo.source) == ("itoa-1.0.19", SUM, "")
    assert lock.dependencies(demo) == [itoa]
    lock.check(itoa)


def test_which_of_several_is_meant() -> None:
    fork = GIT.replace("#", "#9")
    lock = read(
        cargo_lock(
            own("a 1.0.0", "b 1.0.0 (" + REGISTRY + ")", f"c 1.0.0 ({GIT.partition('#')[0]})"),
            *(entry("a", "1.0.0"), entry("a", "2.0.0")),
            *(entry("b", "1.0.0"), entry("b", "1.0.0", source=GIT)),
            *(entry("c", "1.0.0"), entry("c", "1.0.0", source=fork)),
        )
    )
    found = lock.dependencies(lock.named("demo")[0])
    assert [(item.name, item.version, item.source) for item in found] == [
        ("a", "1.0.0", REGISTRY),
        ("b", "1.0.0", REGISTRY),
        ("c", "1.0.0", fork),
    ]


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("[[package]]\nname = ", "Cargo.lock of demo is damaged: Invalid value", "Cargo.lock of demo"),
        ("package = 1", "`package` is no list of tables", "Cargo.lock of demo"),
        (cargo_lock(version=5), "is of version 5; versions 1 to 4 are known", "Cargo.lock of demo"),
        (cargo_lock(own(), entry("../a", "1.0.0")), "'../a' is no name of a crate", "line 8"),
        (cargo_lock(own(), entry("a", "1.0/0")), "'1.0/0' is no version of a", "line 8"),
        (cargo_lock(own(), entry("a", "1.0.0", checksum="12")), "the checksum of a is '12'", "line 8"),
        (cargo_lock(entry("a", "1.0.0").replace(f'"{REGISTRY}"', "1")), "the entry of a is not of the form", "line 4"),
    ],
)
def test_damaged(text: str, what: str, where: str) -> None:
    with pytest.raises(UserError) as caught:
        read(text)
    assert what in caught.value.what
    assert caught.value.where.endswith(where)
    assert 'cargo_lock = "//:demo.Cargo.lock"' in caught.value.fix or "newer rules_sdist" in caught.value.fix


def test_a_dependency_that_is_missing() -> None:
    lock = read(cargo_lock(own("itoa")))
    with pytest.raises(UserError, match=r"(?s)demo depends on 'itoa', which is missing.*line 4"):
        lock.dependencies(lock.packages[0])


@pytest.mark.parametrize(
    ("bad", "what", "fix"),
    [
        (
            entry("a", "1.0.0", source=GIT, checksum=""),
            "The crate a 1.0.0 comes from the git repository https://git.example/a/b, not",
            r'`a = "VERSION"` in place of `git',
        ),
        (
            entry("a", "1.0.0", source="sparse+https://crates.example/index/"),
            "The crate a 1.0.0 comes from the registry https://crates.example/index/, not",
            "by which Cargo.toml takes it from there",
        ),
        (entry("a", "1.0.0", checksum=""), "The crate a 1.0.0 has no checksum", "Let cargo make a new Cargo.lock"),
    ],
)
def test_crates_that_can_not_be_locked(bad: str, what: str, fix: str) -> None:
    with pytest.raises(UserError) as caught:
        check_all(cargo_lock(entry("b", "1.0.0"), bad))
    assert what in caught.value.what
    assert caught.value.where == "Cargo.lock of demo, line 10"
    assert fix in caught.value.fix
    assert "[distributions.demo]" in caught.value.fix
