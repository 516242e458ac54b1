"""What an index answers, asked over HTTP."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import http.server
import json
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Callable, ClassVar

import pytest
from archives import TOOLS

from common.errors import UserError
from lock.pinned import Pinned
from lock.resolve.index import IndexFile, PackageIndex
from lock.resolve.pip import _build_requirement
from lock.resolve.select_file import choose_file, sdist_of
from lock.target_platforms import environments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# (status, content type, body)
Answer = tuple[int, str, bytes]
JSON = "application/vnd.pypi.simple.v1+json"


class _Handler(http.server.BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, Answer]] = {}
    asked: ClassVar[list[tuple[str, str | None]]] = []
    redirects: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        if self.path in self.redirects:
            self.send_response(302)
            self.send_header("Location", self.redirects[self.path])
            self.end_headers()
            return
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
    _Handler.answers, _Handler.asked, _Handler.redirects = {}, [], {}
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


def plain_http_reader(url: str) -> subprocess.CompletedProcess[str]:
    """Bazel's repository rule, reading a page over plain http."""
    source = (TOOLS.parent / "python/private/index_file_repo.bzl").read_text()
    program = source.partition('_READ_PLAIN_HTTP = """\\\n')[2].partition('"""')[0]
    variables = {"PAGE_URL": url, "PAGE_ACCEPT": "*/*", "PAGE_LOGIN": "ann", "PAGE_PASSWORD": "s cret"}
    return subprocess.run(
        [sys.executable, "-I", "-c", program], env=variables, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("reader", ["lock", "Bazel"])
def test_a_redirect_takes_no_password_to_another_host(address: str, reader: str) -> None:
    port = address.rpartition(":")[2]
    _Handler.redirects = {
        "/simple/demo/": "/simple/here/",
        "/simple/here/": f"http://localhost:{port}/elsewhere",
        "/elsewhere": f"http://{address}/back",  # nor back again: another host has decided that
    }
    _Handler.answers["/back"] = (200, "text/html", HTML.encode())
    if reader == "lock":
        assert len(PackageIndex(f"http://ann:s%20cret@{address}/simple").files("demo")) == 3
    else:
        assert plain_http_reader(f"http://{address}/simple/demo/").stdout == HTML
    pair = "Basic " + base64.b64encode(b"ann:s cret").decode()
    expected = [("/simple/demo/", pair), ("/simple/here/", pair), ("/elsewhere", None), ("/back", None)]
    assert _Handler.asked == expected


def test_the_plain_http_reader_says_what_is_wrong(address: str) -> None:
    _Handler.redirects["/away"] = "file:///etc/passwd"
    for url in (f"http://{address}/none", f"http://{address}/away", "http://127.0.0.1:9/", f"http://{address}/a b"):
        done = plain_http_reader(url)
        assert done.returncode == 1
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("way", ["redirect", "link"])
def test_an_index_on_the_network_can_not_name_files_of_this_machine(address: str, tmp_path: Path, way: str) -> None:
    (tmp_path / "secret.metadata").write_text("s3cret")
    (tmp_path / "secret").write_text("s3cret")
    secret = (tmp_path / "secret").as_uri()
    _Handler.redirects["/x.metadata"] = secret
    url = secret if way == "link" else f"http://{address}/x"
    file = IndexFile("demo-1.0-py3-none-any.whl", url, "ab", yanked=False, metadata=True)
    assert "s3cret" not in failure(lambda: index(address).metadata(file))


HOSTILE_NAMES = {
    "/tmp/x/demo-1.0.tar.gz": "is a path",
    "../demo-1.0.tar.gz": "is a path",
    "..": "has `..` in it",
    "a/demo-1.0.tar.gz": "is a path",
    "..\\demo-1.0.tar.gz": "is a path",
    "demo-1.0\x1b[2J.tar.gz": "has control characters in it",
    "demo-1.0\u202egz.rat": "has control characters in it",
    "demo\0-1.0.tar.gz": "has control characters in it",
    ".": "is not a plain path",
    "": "is not a plain path",
}


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("kind", ["text/html", JSON])
def test_names_are_plain(address: str, tmp_path: Path, kind: str, name: str) -> None:
    if kind == JSON:
        page(200, kind, json.dumps({"files": [{"filename": name, "url": "x", "hashes": {"sha256": "ab"}}]}).encode())
    elif name:  # in HTML, a link without a text is none
        page(200, kind, f'<html><a href="x#sha256=ab">{html.escape(name)}</a></html>'.encode())
    else:
        return
    said = failure(lambda: index(address).files("demo"))
    assert HOSTILE_NAMES[name] in said
    assert "\x1b" not in said
    assert list(tmp_path.iterdir()) == []


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
    tags = environments(())[0].tags()
    said = failure(lambda: choose_file(Pinned(name, version, ("ab",)), [offered], tags, from_source=False))
    assert f"The index offers {filename} as the file of demo 1.0" in said
    assert "has no sdist of demo 1.0" in failure(lambda: sdist_of(name, version, [offered]))


def test_other_spellings_belong_to_them_too() -> None:
    for filename in ("De.mo_Pkg-1.0.tar.gz", "de-mo-pkg-1.0.0.zip", "de_mo_pkg-1.0-py3-none-any.whl"):
        offered = IndexFile(filename, "http://127.0.0.1:9/x", "ab", yanked=False)
        pin = Pinned("de-mo-pkg", "1.0", ("ab",))
        assert choose_file(pin, [offered], environments(())[0].tags(), from_source=False) == offered


@pytest.mark.parametrize(
    "path", ["x%2F..%2F..%2Fdemo-1.0-py3-none-any.whl", "demo-2.0-py3-none-any.whl", "..", "demo.whl"]
)
def test_names_of_build_requirements_that_pip_has_found(path: str) -> None:
    def item(url: str) -> dict[str, Any]:
        info = {"url": f"http://127.0.0.1:9/{url}", "archive_info": {"hashes": {"sha256": "ab"}}}
        return {"metadata": {"name": "demo", "version": "1.0"}, "download_info": info}

    assert "as the wheel of demo 1.0" in failure(lambda: _build_requirement(item(path)))
    assert _build_requirement(item("a/Demo-1.0-py3-none-any.whl#x")).filename == "Demo-1.0-py3-none-any.whl"


def test_pages_and_files_have_a_largest_size(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lock.resolve.index._MAX_PAGE", 1 << 20)
    monkeypatch.setattr("lock.resolve.index._MAX_DOWNLOAD", 2 << 20)
    page(200, "text/html", b"<html>" + b" " * (1 << 20))
    assert "/simple/demo/ is larger than 1 MiB" in failure(lambda: index(address).files("demo"))
    _Handler.answers["/x"] = _Handler.answers["/x.metadata"] = (200, "", bytes((2 << 20) + 1))
    file = IndexFile("demo-1.0.tar.gz", f"http://{address}/x", "", yanked=False)
    assert "/x.metadata is larger than 1 MiB" in failure(lambda: index(address).metadata(file))
    assert "/x is larger than 2 MiB" in failure(lambda: index(address).download(file, "0" * 64, tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []


RAW = {
    "not HTTP": b"SSH-2.0-OpenSSH\r\n",
    "cut short": b"HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\n<html>",
    "cut short in a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n<html>",
    "chunks of no size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n<html>",
    "many headers": b"HTTP/1.0 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n<html>",
    "a long line": b"HTTP/1.0 200 OK\r\nA: " + b"b" * 100_000 + b"\r\n\r\n<html>",
    "nothing": b"",
    "redirect to nowhere": b"HTTP/1.0 302 Found\r\nLocation: http://[/\r\n\r\n",
    "redirect to a file": b"HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
    "redirect to an odd port": b"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:port/\r\n\r\n",
    "redirect to itself": b"HTTP/1.0 302 Found\r\nLocation: /simple/demo/\r\n\r\n",
    "a reason with control characters": b"HTTP/1.0 500 \x1b[2J\r\n\r\n",
}


@pytest.mark.parametrize("case", RAW)
def test_what_is_no_answer(case: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(1 << 16)
                        connection.sendall(RAW[case])

        threading.Thread(target=answer, daemon=True).start()
        said = failure(lambda: index(f"127.0.0.1:{server.getsockname()[1]}").files("demo"))
        server.shutdown(socket.SHUT_RDWR)
    assert "/simple/demo/" in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    "url", ["http://[", "http://127.0.0.1:x/", "http://a b/", "http://a\n/", "ftp://127.0.0.1/x", "x:y", ""]
)
def test_addresses_that_are_none(address: str, tmp_path: Path, url: str) -> None:
    file = IndexFile("demo-1.0.tar.gz", url, "", yanked=False)
    assert "can't be reached" in failure(lambda: index(address).download(file, "0" * 64, tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []


def test_a_page_nested_without_end(address: str) -> None:
    page(200, JSON, b'{"files": ' + b"[" * 100_000)
    assert "not a package index's page" in failure(lambda: index(address).files("demo"))
