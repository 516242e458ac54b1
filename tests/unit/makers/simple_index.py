"""A package index on this machine, which answers what a test wants."""

from __future__ import annotations

import contextlib
import http.server
import threading
from typing import TYPE_CHECKING, Callable, ClassVar

import pytest

from common.errors import UserError
from lock.resolve.index import PackageIndex

if TYPE_CHECKING:
    from collections.abc import Iterator


# (status, content type, body)
Answer = tuple[int, str, bytes]
JSON = "application/vnd.pypi.simple.v1+json"


class Handler(http.server.BaseHTTPRequestHandler):
    """What the index is to answer to a path, and what it was asked, with which password."""

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


@contextlib.contextmanager
def serve() -> Iterator[str]:
    """The address of an index on a free port, that answers `Handler.answers`."""
    Handler.answers, Handler.asked, Handler.redirects = {}, [], {}
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def index(address: str) -> PackageIndex:
    """The index at an address, as `lock` asks it."""
    return PackageIndex(f"http://{address}/simple/")


def page(status: int, kind: str, body: bytes) -> None:
    """Sets the answer for `demo`."""
    Handler.answers["/simple/demo/"] = (status, kind, body)


HTML = """<!DOCTYPE html><html><body>
<a href="../../files/demo-1.0.tar.gz#sha256=AB">demo-1.0.tar.gz</a>
<a href="../../files/demo-1.0-py3-none-any.whl#sha256=cd" data-core-metadata="sha256=ef"> demo-1.0-py3-none-any.whl </a>
<a href="demo-0.9.tar.gz#sha256=01" data-yanked="">demo-0.9.tar.gz</a></body></html>"""


def failure(call: Callable[[], object]) -> str:
    """What a user is told."""
    with pytest.raises(UserError) as caught:
        call()
    return str(caught.value)
