from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from sample_wheels import INFO, wheel_members, write_wheel

from build_wheel.leaks import Secret, find_leaks, leak_error

if TYPE_CHECKING:
    from pathlib import Path

PATH = Secret("build path", "/some/build/root", "where")
USER = Secret("user name", "jane", "who")


def places(tmp_path: Path, content: bytes, *secrets: Secret, public: bytes = b"") -> list[tuple[str, int, str]]:
    wheel = write_wheel(tmp_path / "demo.whl", wheel_members(demo__data=content))
    leaks = find_leaks(wheel, secrets or (PATH, USER), lambda word: word in public.split())
    return [(leak.member, leak.offset, leak.secret.kind) for leak in leaks]


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        (b"at /some/build/root/x.c", 3),
        (b"\0\0/some/build/root\0", 2),
        (b"-I/some/build/root", 2),
        ("in /some/build/root".encode("utf-16-le"), 6),
        (gzip.compress(b"log: /some/build/root"), 5),
    ],
)
def test_path_is_found(tmp_path: Path, content: bytes, offset: int) -> None:
    assert places(tmp_path, content) == [("demo/data", offset, "build path")]


@pytest.mark.parametrize("content", [b"/some/build/rootless", b"/some/build", b"relative/build/root"])
def test_another_path_is_not(tmp_path: Path, content: bytes) -> None:
    assert places(tmp_path, content) == []


def test_user_name_is_found_as_a_word(tmp_path: Path) -> None:
    assert places(tmp_path, b"by jane.") == [("demo/data", 3, "user name")]
    assert places(tmp_path, b"janet, mary-jane, jane_x, a.jane") == []


def test_word_that_the_inputs_have_is_no_leak(tmp_path: Path) -> None:
    assert places(tmp_path, b"by jane", public=b"jane austen") == []
    assert places(tmp_path, b"/some/build/root", public=b"/some/build/root") != []


def test_record_is_left_out(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "demo.whl", {**wheel_members(), f"{INFO}/RECORD": b"/some/build/root"})
    assert find_leaks(wheel, [PATH], lambda _: False) == []


def test_message(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "demo.whl", wheel_members(demo__data=b"\x01before /some/build/root after" * 12))
    leaks = find_leaks(wheel, [PATH], lambda _: False)
    text = str(leak_error(leaks, "demo.whl"))
    assert "demo.whl would differ on another machine" in text
    assert "demo/data, byte 8: build path '/some/build/root' (where)" in text
    assert ".before /some/build/root after.before" in text
    assert "and 2 more" in text
    assert 'leak_policy = "warn"' in text
