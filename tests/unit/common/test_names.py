from __future__ import annotations

import pytest

from common.names import MAX_DEPTH, name_fault, path_fault


@pytest.mark.parametrize(
    "path", ["a", "a/b.c", "..a/b..", "external/x+/lib y.h", "naïve/名前", "-rf", "~", "a/" * MAX_DEPTH + "b"]
)
def test_good_paths(path: str) -> None:
    assert path_fault(path) == ""


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/a", "is absolute"),
        ("//a", "is absolute"),
        ("..", "has `..` in it"),
        ("a/../b", "has `..` in it"),
        ("", "is not a plain path"),
        (".", "is not a plain path"),
        ("a/", "is not a plain path"),
        ("a//b", "is not a plain path"),
        ("./a", "is not a plain path"),
        ("a\0b", "has control characters in it"),
        ("a\x1b[2J", "has control characters in it"),
        ("a\n", "has control characters in it"),
        ("\ud800", "has control characters in it"),
        ("\u202egpj.exe", "has control characters in it"),
        ("a/" * MAX_DEPTH + "a/b", f"is more than {MAX_DEPTH} folders deep"),
    ],
)
def test_bad_paths(path: str, fault: str) -> None:
    assert path_fault(path) == fault
    assert name_fault(path) != ""


@pytest.mark.parametrize("name", ["a/b", "/a", "a\\b", "..\\a"])
def test_names_are_no_paths(name: str) -> None:
    assert name_fault(name) == "is a path"
