"""What an index answers, asked over HTTP."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS
from simple_index import HTML, JSON, Handler, failure, index, page, serve

from common.errors import UserError
from lock.resolve.index import IndexFile, PackageIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AS_JSON = """{"files": [
{"filename": "demo-1.0.tar.gz", "url": "../../files/demo-1.0.tar.gz", "hashes": {"sha256": "ab"}},
{"filename": "demo-1.0-py3-none-any.whl", "url": "../../files/demo-1.0-py3-none-any.whl", "hashes": {"sha256": "cd"},
 "core-metadata": {"sha256": "ef"}},
{"filename": "demo-0.9.tar.gz", "url": "demo-0.9.tar.gz", "hashes": {"sha256": "01"}, "yanked": "broken"}]}"""


@pytest.fixture
def address() -> Iterator[str]:
    with serve() as made:
        yield made


@pytest.mark.parametrize(("kind", "body"), [("text/html", HTML), (JSON, AS_JSON)])
def test_page(address: str, kind: str, body: str) -> None:
    page(200, kind, body.encode())
    root = f"http://{address}"
    assert index(address).files("De.mo".replace(".", "")) == [
        IndexFile("demo-1.0.tar.gz", f"{root}/files/demo-1.0.tar.gz", "ab", yanked=False),
        IndexFile("demo-1.0-py3-none-any.whl", f"{root}/files/demo-1.0-py3-none-any.whl", "cd", False, metadata=True),
        IndexFile("demo-0.9.tar.gz", f"{root}/simple/demo/demo-0.9.tar.gz", "01", yanked=True),
    ]


@pytest.mark.parametrize(
    ("status", "kind", "body", "message"),
    [
        (401, "text/plain", b"", r"(?s)401 Unauthorized.*wants a user and password"),
        (403, "text/plain", b"", r"(?s)403 Forbidden.*refuses this user"),
        (404, "text/plain", b"", r"(?s)404 Not Found.*no demo; check the name"),
        (500, "text/plain", b"", r"(?s)500 Internal Server Error.*PIP_INDEX_URL"),
        (200, "text/plain", b"It works!", "not a package index's page"),
        (200, JSON, b'{"files": [{"filename": 1', "not a package index's page"),
        (200, JSON, b'{"meta": {}}', "not a package index's page"),
        (200, JSON, b'{"files": ["demo-1.0.tar.gz"]}', "not a package index's page"),
        (200, "text/html", b"\xff\xfe\x00garbage", "not a package index's page"),
        (200, "text/html", b"", "not a package index's page"),
    ],
)
def test_page_that_is_none(address: str, status: int, kind: str, body: bytes, message: str) -> None:
    page(status, kind, body)
    with pytest.raises(UserError, match=message):
        index(address).files("demo")


def test_index_that_is_not_there(address: str) -> None:
    with pytest.raises(UserError, match=r"(?s)can't be reached.*PIP_INDEX_URL"):
        PackageIndex("http://127.0.0.1:9/simple").files("demo")
    assert address


def test_html_of_a_login_page_has_no_files(address: str) -> None:
    """It looks like a page without files; then the distribution has no sdist, which is an error that names it."""
    page(200, "text/html", b"<html><form>Who are you?</form></html>")
    assert index(address).files("demo") == []


def test_password_goes_to_the_index_only(address: str) -> None:
    page(200, "text/html", HTML.encode())
    PackageIndex(f"http://ann:s%20cret@{address}/simple").files("demo")
    expected = "Basic " + base64.b64encode(b"ann:s cret").decode()
    assert Handler.asked == [("/simple/demo/", expected)]
    assert "s%20cret" not in failure(lambda: PackageIndex(f"http://ann:s%20cret@{address}/simple").files("other"))
    elsewhere = IndexFile("demo-1.0.tar.gz", f"http://localhost:{address.rpartition(':')[2]}/x", "ab", yanked=False)
    failure(lambda: PackageIndex(f"http://ann:s%20cret@{address}/simple").metadata(elsewhere))
    assert Handler.asked[-1] == ("/x.metadata", None)


def test_download(address: str, tmp_path: Path) -> None:
    file = IndexFile("demo-1.0.tar.gz", f"http://{address}/demo", "", yanked=False)
    Handler.answers["/demo"] = (200, "application/gzip", b"content")
    digest = hashlib.sha256(b"content").hexdigest()
    assert index(address).download(file, digest, tmp_path / "file").read_bytes() == b"content"
    with pytest.raises(UserError, match=r"(?s)is not the pinned file.*0000.*" + digest):
        index(address).download(file, "0" * 64, tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def plain_http_reader(url: str) -> subprocess.CompletedProcess[str]:
    """Bazel's repository rule, reading a page over plain http."""
    source = (TOOLS.parent / "python/private/index/index_file_repo.bzl").read_text()
    program = source.partition('_READ_PLAIN_HTTP = """\\\n')[2].partition('"""')[0]
    variables = {"PAGE_URL": url, "PAGE_ACCEPT": "*/*", "PAGE_LOGIN": "ann", "PAGE_PASSWORD": "s cret"}
    return subprocess.run(
        [sys.executable, "-I", "-c", program], env=variables, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("reader", ["lock", "Bazel"])
def test_a_redirect_takes_no_password_to_another_host(address: str, reader: str) -> None:
    port = address.rpartition(":")[2]
    Handler.redirects = {
        "/simple/demo/": "/simple/here/",
        "/simple/here/": f"http://localhost:{port}/elsewhere",
        "/elsewhere": f"http://{address}/back",  # nor back again: another host has decided that
    }
    Handler.answers["/back"] = (200, "text/html", HTML.encode())
    if reader == "lock":
        assert len(PackageIndex(f"http://ann:s%20cret@{address}/simple").files("demo")) == 3
    else:
        assert plain_http_reader(f"http://{address}/simple/demo/").stdout == HTML
    pair = "Basic " + base64.b64encode(b"ann:s cret").decode()
    expected = [("/simple/demo/", pair), ("/simple/here/", pair), ("/elsewhere", None), ("/back", None)]
    assert Handler.asked == expected


def test_the_plain_http_reader_says_what_is_wrong(address: str) -> None:
    Handler.redirects["/away"] = "file:///etc/passwd"
    for url in (f"http://{address}/none", f"http://{address}/away", "http://127.0.0.1:9/", f"http://{address}/a b"):
        done = plain_http_reader(url)
        assert done.returncode == 1
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
