"""Indexes that are broken or hostile: an error that names the page, and nothing of this machine."""

from __future__ import annotations

import contextlib
import html
import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from simple_index import JSON, Handler, failure, index, page, serve

from lock.resolve.index import IndexFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def address() -> Iterator[str]:
    with serve() as made:
        yield made


@pytest.mark.parametrize("way", ["redirect", "link"])
def test_an_index_on_the_network_can_not_name_files_of_this_machine(address: str, tmp_path: Path, way: str) -> None:
    (tmp_path / "secret.metadata").write_text("s3cret")
    (tmp_path / "secret").write_text("s3cret")
    secret = (tmp_path / "secret").as_uri()
    Handler.redirects["/x.metadata"] = secret
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


def test_pages_and_files_have_a_largest_size(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lock.resolve.index._MAX_PAGE", 1 << 20)
    monkeypatch.setattr("lock.resolve.index._MAX_DOWNLOAD", 2 << 20)
    page(200, "text/html", b"<html>" + b" " * (1 << 20))
    assert "/simple/demo/ is larger than 1 MiB" in failure(lambda: index(address).files("demo"))
    Handler.answers["/x"] = Handler.answers["/x.metadata"] = (200, "", bytes((2 << 20) + 1))
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
