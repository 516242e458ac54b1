"""What an index answers, asked over HTTP."""

from __future__ import annotations

import base64
import hashlib
import http.server
import threading
from typing import TYPE_CHECKING, Callable, ClassVar

import pytest

from errors import UserError
from lock.index import IndexFile, PackageIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# (status, content type, body)
Answer = tuple[int, str, bytes]
JSON = "application/vnd.pypi.simple.v1+json"


class _Handler(http.server.BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, Answer]] = {}
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        status, kind, body = self.answers.get(self.path, (404, "text/plain", b"not here"))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def address() -> Iterator[str]:
    """An index on a free port, that answers `_Handler.answers`."""
    _Handler.answers, _Handler.asked = {}, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def index(address: str) -> PackageIndex:
    return PackageIndex(f"http://{address}/simple/")


def page(status: int, kind: str, body: bytes) -> None:
    _Handler.answers["/simple/demo/"] = (status, kind, body)


HTML = """<!DOCTYPE html><html><body>
<a href="../../files/demo-1.0.tar.gz#sha256=AB">demo-1.0.tar.gz</a>
<a href="../../files/demo-1.0-py3-none-any.whl#sha256=cd" data-core-metadata="sha256=ef"> demo-1.0-py3-none-any.whl </a>
<a href="demo-0.9.tar.gz#sha256=01" data-yanked="">demo-0.9.tar.gz</a></body></html>"""
AS_JSON = """{"files": [
{"filename": "demo-1.0.tar.gz", "url": "../../files/demo-1.0.tar.gz", "hashes": {"sha256": "ab"}},
{"filename": "demo-1.0-py3-none-any.whl", "url": "../../files/demo-1.0-py3-none-any.whl", "hashes": {"sha256": "cd"},
 "core-metadata": {"sha256": "ef"}},
{"filename": "demo-0.9.tar.gz", "url": "demo-0.9.tar.gz", "hashes": {"sha256": "01"}, "yanked": "broken"}]}"""


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
    assert _Handler.asked == [("/simple/demo/", expected)]
    assert "s%20cret" not in failure(lambda: PackageIndex(f"http://ann:s%20cret@{address}/simple").files("other"))
    elsewhere = IndexFile("demo-1.0.tar.gz", f"http://localhost:{address.rpartition(':')[2]}/x", "ab", yanked=False)
    failure(lambda: PackageIndex(f"http://ann:s%20cret@{address}/simple").metadata(elsewhere))
    assert _Handler.asked[-1] == ("/x.metadata", None)


def failure(call: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        call()
    return str(caught.value)


def test_download(address: str, tmp_path: Path) -> None:
    file = IndexFile("demo-1.0.tar.gz", f"http://{address}/demo", "", yanked=False)
    _Handler.answers["/demo"] = (200, "application/gzip", b"content")
    digest = hashlib.sha256(b"content").hexdigest()
    assert index(address).download(file, digest, tmp_path / "file").read_bytes() == b"content"
    with pytest.raises(UserError, match=r"(?s)is not the pinned file.*0000.*" + digest):
        index(address).download(file, "0" * 64, tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
