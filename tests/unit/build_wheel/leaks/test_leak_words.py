from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from archives import make_wheel
from leaking_wheels import BUILD, Known

from build_wheel.leaks.search import find_leaks
from build_wheel.leaks.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path


def offsets(tmp_path: Path, text: str, encoding: str, value: str) -> list[int]:
    wheel = make_wheel(tmp_path, {"data": text.encode(encoding)})
    return [leak.offset for leak in find_leaks(wheel, [Secret("user name", value, "who")], Known(), BUILD)]


@pytest.mark.parametrize(("encoding", "width"), [("utf-8", 1), ("utf-16-le", 2)])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("jane", 0),
        ("by jane", 3),
        ("/home/jane/x", 6),
        ("jane@host", 0),
        ("janet", None),
        ("mary-jane", None),
        ("x.jane", None),
        ("ajane", None),
    ],
)
def test_words_are_whole_in_both_encodings(
    tmp_path: Path, encoding: str, width: int, text: str, place: int | None
) -> None:
    assert offsets(tmp_path, text, encoding, "jane") == ([] if place is None else [place * width])


def test_what_is_too_short_to_tell_anything_is_not_looked_for(tmp_path: Path) -> None:
    assert offsets(tmp_path, "/ x", "utf-8", "/") == []


def test_an_input_is_asked_once_for_a_word_and_never_for_a_path(tmp_path: Path) -> None:
    asked: list[bytes] = []

    class Asked(Known):
        def contains(self, token: bytes) -> bool:
            asked.append(token)
            return False

    wheel = make_wheel(tmp_path, {"a": "jane jane", "b": "jane /some/where"})
    secrets = [Secret("user name", "jane", "who"), Secret("build path", "/some/where", "where")]
    assert len(find_leaks(wheel, secrets, Asked(), BUILD)) == 4
    assert asked == [b"jane"]
