"""A path of the build is found however it is written."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from leaking_wheels import search, told

from build_wheel.leaks.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "/some/hidden_place/build/root"
PATH = Secret("build path", ROOT, "where")
HOME = Secret("home directory", "/home/jane", "home")


def found(tmp_path: Path, content: bytes, *secrets: Secret, inputs: bytes = b"") -> list[tuple[str, str]]:
    return told(search(tmp_path, content, secrets=secrets or (PATH,), inputs=[inputs]))


@pytest.mark.parametrize(
    "text",
    [
        "some/hidden_place/build/root/x.c",
        "CMakeFiles/x.dir/some/hidden_place/build/root/x.c.o",
        r"C:\some\hidden_place\build\root\x.c",
        r"\\some\\hidden_place\\build\\root",
        r'{"a": "\/some\/hidden_place\/build\/root"}',
        "some.hidden_place.build.root",
        "%2Fsome%2Fhidden_place%2Fbuild%2Froot",
        "x=%2fsome%2fhidden_place%2fbuild%2froot&y",
        "%252Fsome%252Fhidden_place%252Fbuild%252Froot",
        "//some//hidden_place//build//root",
    ],
)
def test_path_without_its_slash_or_with_other_separators(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, f"a {text} b".encode()) == [("build path", ROOT)]


@pytest.mark.parametrize(
    "text",
    [
        "awesome/hidden_place/build/root",
        "some/hidden_place/build/rooted",
        "some/hidden_place/build-root",
        "some hidden_place build root",
        "hidden_place",
    ],
)
def test_other_paths_are_not(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, f"a {text} b".encode()) == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16", "utf-32"])
@pytest.mark.parametrize("text", [ROOT, ROOT.lstrip("/"), ROOT.replace("/", "\\"), "/home/jane/x"])
def test_wide_characters_in_both_byte_orders(tmp_path: Path, encoding: str, text: str) -> None:
    content = b"\0" + f"made in {text}.".encode(encoding)
    (leak,) = search(tmp_path, content, secrets=[PATH, HOME])
    assert leak.kind == ("home directory" if "jane" in text else "build path")
    assert encoding[:6].upper() in leak.reveals


@pytest.mark.parametrize("skipped", [0, 1, 2])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes])
@pytest.mark.parametrize("text", [ROOT + "/x.c?>>", "home/jane/x"])
def test_base64_in_all_alignments(tmp_path: Path, skipped: int, encode: object, text: str) -> None:
    for length in range(skipped, 90, 3):
        content = encode(b"~" * length + b"/" + text.encode() + b" and more")  # type: ignore[operator]
        (leak,) = search(tmp_path, b'x = "' + content + b'"', secrets=[PATH, HOME])
        assert "as base64" in leak.reveals


def test_base64_with_a_name_that_is_not_plain(tmp_path: Path) -> None:
    """Whose letters are different in the two kinds of base64."""
    secret = Secret("build path", "/ü?>/~~~", "where")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert found(tmp_path, encode(b"in /\xc3\xbc?>/~~~/x, too"), secret) == [("build path", "/ü?>/~~~")]


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("before", ["", "f", "ff"])
def test_hexadecimal_in_both_cases(tmp_path: Path, upper: bool, before: str) -> None:
    digits = before + (ROOT + "/x").encode().hex()
    assert found(tmp_path, (digits.upper() if upper else digits).encode()) == [("build path", ROOT)]
    assert found(tmp_path, (ROOT + "less").encode().hex().encode()) == []


@pytest.mark.parametrize("encode", [str.encode, quote, json.dumps])
def test_path_with_a_blank_and_other_letters(tmp_path: Path, encode: object) -> None:
    secret = Secret("build path", "/some/hidden_place/grüße an/alle", "where")
    text = encode(secret.value + "/x")  # type: ignore[operator]
    assert found(tmp_path, text if isinstance(text, bytes) else text.encode(), secret) == [(secret.kind, secret.value)]
    assert found(tmp_path, secret.value.encode("utf-16-be"), secret) == [(secret.kind, secret.value)]


def test_home_that_a_document_speaks_of_is_no_leak(tmp_path: Path) -> None:
    """A builder whose home is an example in the sdist."""
    home = Secret("home directory", "/home/user", "home")
    assert found(tmp_path, b"put it into /home/user/data", home) == [("home directory", "/home/user")]
    inputs = b"Say that you have files in /home/user."
    for text in (b"put it into /home/user/data", b"home/user", "/home/user".encode("utf-16-le")):
        assert found(tmp_path, text, home, inputs=inputs) == []
    lib = Secret("home directory", "/var/lib/jenkins", "home")
    assert found(tmp_path, b"as /var/lib/jenkins", lib, inputs=b"(/var/lib/jenkins)") == []


def test_home_beside_the_name_of_its_user(tmp_path: Path) -> None:
    """They have the same letters in them, and each is found in its own ways."""
    jenkins = [Secret("user name", "jenkins", "who"), Secret("home directory", "/home/jenkins", "home")]
    for encoding in ("utf-8", "utf-16-be", "utf-32-le"):
        assert found(tmp_path, "in /home/jenkins/x".encode(encoding), *jenkins) == [("home directory", "/home/jenkins")]
    bases = [Secret("build path", f"/srv/jenkins1/{name}", "where") for name in ("out", "grüße")]
    for base in bases:
        assert found(tmp_path, base.value.encode("utf-16-le"), *bases) == [("build path", base.value)]


def test_names_of_variables_are_no_home(tmp_path: Path) -> None:
    assert found(tmp_path, b"self.home.jane, home_jane, home-jane", HOME) == []


def test_every_secret_but_the_build_path_is_looked_up(tmp_path: Path) -> None:
    for kind, value in (("kernel release", "5.15.0"), ("CPU model", "Some CPU (R)"), ("host name", "ci.example.org")):
        secret = Secret(kind, value, "what")
        assert found(tmp_path, f"on {value}, today".encode(), secret) == [(kind, value)]
        assert found(tmp_path, f"on {value}, today".encode(), secret, inputs=f"for {value}.".encode()) == []
    assert found(tmp_path, ROOT.encode(), inputs=ROOT.encode()) == [("build path", ROOT)]


def test_short_names_are_found_in_texts_only(tmp_path: Path) -> None:
    """Machine code has every word of two letters in it."""
    host = Secret("host name", "vm", "who")
    for content in (b"vm", b"on vm.", b"\xff\0vm\0\xff", b"\xff\0on vm\0", b"a\nvm\n"):
        assert found(tmp_path, content, host) == [("host name", "vm")], content
    for content in (b"\x89\xe0\xff vm\x8b\0\0", b"\x89vm\x90", b"\x89\xe0 vm there"):
        assert found(tmp_path, content, host) == [], content


def test_many_mentions_take_no_longer_than_their_number(tmp_path: Path) -> None:
    line = b"x" * 1000 + b"\x00" + base64.b64encode(b"/" + ROOT.encode()) + b" " + ROOT.encode().hex().encode()
    assert len(found(tmp_path, line * 3000)) == 1000


def test_context_shows_where_it_is(tmp_path: Path) -> None:
    content = b"first\nPATH = " + base64.b64encode(b"xy" + ROOT.encode())
    (leak,) = search(tmp_path, content, secrets=[PATH])
    assert "PATH = " in leak.context
