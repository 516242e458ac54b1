from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING

import pytest
from leaking_wheels import BUILD, Known, search
from sample_wheels import INFO, wheel_members, write_wheel

from build_wheel.leaks.finding import Build
from build_wheel.leaks.search import find_leaks, leak_error
from build_wheel.leaks.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

PATH = Secret("build path", "/some/build/root", "where")
USER = Secret("user name", "jane", "who")


def places(tmp_path: Path, content: bytes, *secrets: Secret, public: bytes = b"") -> list[tuple[str, int, str]]:
    leaks = search(tmp_path, content, secrets=secrets or (PATH, USER), inputs=[public])
    return [(leak.member, leak.offset, leak.kind) for leak in leaks]


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        (b"at /some/build/root/x.c", 3),
        (b"\0\0/some/build/root\0", 2),
        (b"-I/some/build/root", 2),
        ("in /some/build/root".encode("utf-16-le"), 6),
        (gzip.compress(b"log: /some/build/root", mtime=0), 5),
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


def test_place_is_told_once(tmp_path: Path) -> None:
    """By the longest text that is there: it has the others in it."""
    home = Secret("home directory", "/home/jane", "home")
    below = Secret("build path", "/home/jane/x/root", "where")
    assert places(tmp_path, b"/home/jane/x/root/a.c, jane", USER, home, below) == [
        ("demo/data", 0, "build path"),
        ("demo/data", 23, "user name"),
    ]


def test_a_leaky_wheel_is_not_searched_for_ever(tmp_path: Path) -> None:
    assert len(search(tmp_path, b"/some/build/root " * 100_000, secrets=[PATH])) == 1000


def test_record_is_left_out(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "demo.whl", {**wheel_members(), f"{INFO}/RECORD": b"/some/build/root"})
    assert find_leaks(wheel, [PATH], Known(), BUILD) == []


def test_message(tmp_path: Path) -> None:
    leaks = search(tmp_path, b"\x01before /some/build/root after" * 12, secrets=[PATH])
    text = str(leak_error(leaks, "demo.whl", "flit_core.buildapi"))
    assert "demo.whl would differ on another machine" in text
    assert "Its backend is flit_core.buildapi." in text
    assert "demo/data, byte 8: build path '/some/build/root' (where)" in text
    assert ".before /some/build/root after.before" in text
    assert "and 2 more" in text
    assert "isolation=closed" in text
    assert 'leak_policy = "warn"' in text


def test_message_has_each_remedy_once(tmp_path: Path) -> None:
    content = gzip.compress(b"", mtime=int(BUILD.started))
    leaks = search(tmp_path, content) + search(tmp_path, content, "demo/other")
    text = str(leak_error(leaks, "demo.whl", "flit_core.buildapi"))
    assert "demo/data, byte 4: gzip time '2020-09-13 12:26:35 UTC' (when its content was made)" in text
    assert text.count("`gzip -n`") == 1


def test_a_build_knows_its_times() -> None:
    build = Build.until_now(time.time() - 100)
    assert build.has_time(time.time() - 50)
    assert not build.has_time(time.time() - 200)
    assert not build.has_time(0)
    assert 0 not in build.user
