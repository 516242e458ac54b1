"""`lock` downloads build requirements itself, and has pip do it where only pip gets them."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from folder_index import FolderIndex, only
from support import REPO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Handler(SimpleHTTPRequestHandler):
    """An index whose host, as some proxies do, hands wheels only to programs that it knows."""

    def do_GET(self) -> None:
        """Answers."""
        if self.path.endswith(".whl") and not self.headers.get("User-Agent", "").startswith("pip/"):
            self.send_error(403)
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The index of the folder `index`, on a server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(tmp_path / "index")))
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}/simple/"
    server.shutdown()
    server.server_close()


def test_a_build_requirement_that_only_pip_gets(tmp_path: Path, url: str) -> None:
    index = FolderIndex(tmp_path / "index")
    index.backend("1.0")
    (tmp_path / "requirements.txt").write_text(f"one==1.0 --hash=sha256:{index.sdist('one')}\n")
    done = subprocess.run(
        [sys.executable, str(REPO / "tools" / "lock"), "requirements.txt", "-o", "lock.json"],
        cwd=tmp_path,
        env={**os.environ, **only(index), "PIP_INDEX_URL": url, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (one,) = json.loads((tmp_path / "lock.json").read_text())["sdists"]
    assert one["build_requires"] == ["toy_backend-1.0-py3-none-any.whl"]
