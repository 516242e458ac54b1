"""An HTTP proxy in front of a cache that has faults when it is told to."""

from __future__ import annotations

import contextlib
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FAULTS = ("corrupt", "dies", "errors", "hangs", "nonsense", "truncated")
"""What can be wrong, see `FaultyProxy`."""
_AFTER = 6
"""So many requests work before the fault begins: in the midst of a build."""


class FaultyProxy(ThreadingHTTPServer):
    """The proxy.

    Args:
        backend: the port of the real server.
        fault: "corrupt" flips a bit of each blob that is fetched, "truncated" ends in the midst of it, "nonsense"
            answers with text that is no action result, "errors" answers 500, "hangs" never answers, "dies" closes all
            connections and takes no more; "" has no fault.
        at_once: whether the fault begins with the first request.
    """

    daemon_threads = True

    def __init__(self, backend: int, fault: str, *, at_once: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.backend = backend
        self.fault = fault
        self.left = 0 if at_once else _AFTER
        self.faults = 0
        self.over = threading.Event()

    def begins(self) -> bool:
        """Counts a request; whether the fault has begun."""
        self.left -= 1
        begun = bool(self.fault) and self.left < 0
        self.faults += begun
        return begun

    def run(self) -> None:
        """Serves until `shutdown`; then nobody listens."""
        self.serve_forever(0.05)
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: clients that go away are what this is for."""


@contextlib.contextmanager
def faulty_proxy(backend: int, fault: str, *, at_once: bool = False) -> Iterator[FaultyProxy]:
    """Runs a proxy in threads of this process. See `FaultyProxy`."""
    with FaultyProxy(backend, fault, at_once=at_once) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultyProxy

    def do_GET(self) -> None:
        if not self._fault():
            self._pass_on(b"")

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._fault():
            self._pass_on(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _fault(self) -> bool:
        """Whether the request was answered with a fault, or not at all."""
        self._wrong = self.server.begins()
        if not self._wrong or self.server.fault in ("corrupt", "truncated", "nonsense"):
            return False
        self.close_connection = True
        if self.server.fault == "errors":
            self.send_error(500)
        elif self.server.fault == "hangs":
            self.server.over.wait()
        elif self.server.fault == "dies":
            self.server.shutdown()
        return True

    def _pass_on(self, body: bytes) -> None:
        backend = http.client.HTTPConnection("127.0.0.1", self.server.backend)
        backend.request(self.command, self.path, body)
        answer = backend.getresponse()
        data = answer.read()
        backend.close()
        length = len(data)
        if self._wrong and self.command == "GET" and answer.status == 200:
            if self.path.startswith("/cas/") and data:
                data = self._damaged(data)
            elif self.path.startswith("/ac/") and self.server.fault == "nonsense":
                data = b"<html>Please log in.</html>"
                length = len(data)
        self.send_response(answer.status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(data)
        if len(data) < length:
            self.close_connection = True

    def _damaged(self, data: bytes) -> bytes:
        middle = len(data) // 2
        if self.server.fault == "corrupt":
            return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        return data[:middle] if self.server.fault == "truncated" else data
