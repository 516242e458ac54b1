"""Files from a package index: how they are found, and each way in which that goes wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from support import REPO, Workspace, make_sdist

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FROM_SOURCE = REPO / "examples" / "from_source"
CONTENT = b"an archive, as far as fetching goes"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "Demo_Pkg-1.0.tar.gz"
JSON = "application/vnd.pypi.simple.v1+json"


class Index:
    """A package index on a free port: what it answers, by path, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.password = ""
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.requests.append((self.path, dict(self.headers)))
                code, kind, body = index.answers.get(self.path, (404, "text/plain", b"nothing here"))
                wanted = "Basic " + base64.b64encode(index.password.encode()).decode()
                if index.password and self.headers.get("Authorization") != wanted:
                    code, body = 401, b"who are you?"
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}/root/simple"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(self, body: bytes | str, kind: str = "text/html", code: int = 200) -> None:
        """Sets the distribution's page."""
        self.answers["/root/simple/demo-pkg/"] = (code, kind, body.encode() if isinstance(body, str) else body)

    def file(self, path: str, content: bytes = CONTENT) -> None:
        self.answers[path] = (200, "application/octet-stream", content)


@pytest.fixture
def index() -> Iterator[Index]:
    made = Index()
    yield made
    made.stop()


class Fetcher:
    """A workspace that fetches one file."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace(folder / "w", folder / "o")
        self._module = self.workspace.root / "MODULE.bazel"
        self._text = self._module.read_text()
        self._cache = folder / "repositories"

    def fetch(
        self,
        url: str,
        *flags: str,
        sha256: str = SHA256,
        filename: str = NAME,
        attributes: str = "",
        expect: int = 0,
    ) -> str:
        """Builds the fetched file with an empty repository cache; returns what Bazel says."""
        tag = f'sdists.file(name = "demo", distribution = "demo.PKG", filename = "{filename}", sha256 = "{sha256}",'
        tag = f"{tag} {attributes})"
        self._module.write_text(f'{self._text}\n{tag}\nuse_repo(sdists, "demo")\n')
        index = [f"--repo_env=PIP_INDEX_URL={url}"] if url else []
        line = [*index, f"--repository_cache={self._cache}", "--http_connector_attempts=1", *flags]
        return self.workspace.build("@demo//:file", *line, expect=expect).err

    def forget(self) -> None:
        """Empties the repository cache."""
        shutil.rmtree(self._cache, ignore_errors=True)

    def fetched(self) -> bytes:
        (place,) = self.workspace.output_base.glob("external/*demo/*.tar.gz")
        return place.read_bytes()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fetcher]:
    made = Fetcher(tmp_path_factory.mktemp("fetching"))
    yield made
    made.workspace.shutdown()


@pytest.fixture
def fetcher(shared: Fetcher) -> Fetcher:
    shared.forget()
    return shared


def json_page(url: str, sha256: str = SHA256) -> str:
    return json.dumps({"files": [{"filename": NAME, "url": url, "hashes": {"sha256": sha256}}], "name": "demo-pkg"})


@pytest.mark.parametrize("form", ["json", "json without hash", "html", "html of other quotes"])
@pytest.mark.parametrize("place", ["absolute", "of the host", "relative"])
def test_page(fetcher: Fetcher, index: Index, form: str, place: str) -> None:
    index.file(f"/root/files/{NAME}")
    url = {
        "absolute": f"http://{index.host}/root/files/{NAME}",
        "of the host": f"/root/files/{NAME}",
        "relative": f"../../files/{NAME}",
    }[place]
    if form.startswith("json"):
        page = json_page(url)
        index.page(page if form == "json" else page.replace("sha256", "blake2b"), JSON)
    elif form == "html":
        index.page(
            f'<!DOCTYPE html><html><body><a href="{url}#sha256={SHA256}" data-x="&gt;">{NAME}</a><br/></body></html>'
        )
    else:
        index.page(f"<html><A data-requires-python='&gt;=3' href='{url}'>\n{NAME}\n</A></html>")
    fetcher.fetch(index.url + ("/" if place == "relative" else ""))
    assert fetcher.fetched() == CONTENT
    asked = dict(index.requests)["/root/simple/demo-pkg/"]
    assert JSON in asked["Accept"]


def test_index_url_attribute_wins(fetcher: Fetcher, index: Index) -> None:
    index.file(f"/root/files/{NAME}")
    index.page(json_page(f"../../files/{NAME}"), JSON)
    fetcher.fetch("http://127.0.0.1:9/simple", attributes=f'index_url = "{index.url}"')
    assert fetcher.fetched() == CONTENT


def test_index_in_a_folder(fetcher: Fetcher, tmp_path: Path) -> None:
    (tmp_path / "simple" / "demo-pkg").mkdir(parents=True)
    (tmp_path / NAME).write_bytes(CONTENT)
    page = f'<html><a href="../../{NAME}#sha256={SHA256}">{NAME}</a></html>'
    (tmp_path / "simple" / "demo-pkg" / "index.html").write_text(page)
    fetcher.fetch(f"file://{tmp_path}/simple")
    assert fetcher.fetched() == CONTENT


def test_repository_cache_serves_without_an_index(fetcher: Fetcher, index: Index) -> None:
    index.file(f"/root/files/{NAME}")
    index.page(json_page(f"../../files/{NAME}"), JSON)
    fetcher.fetch(index.url)
    fetcher.fetch("http://127.0.0.1:9/another/simple")
    assert fetcher.fetched() == CONTENT


def test_no_wheel_gets_through_where_examples_from_source_is_built(fetcher: Fetcher, index: Index) -> None:
    """Its .bazelrc blocks them, so that it builds at all is the proof that there is none in it."""
    assert "\ncommon --experimental_downloader_config=no_wheels.cfg\n" in (FROM_SOURCE / ".bazelrc").read_text()
    wheel = "demo_pkg-1.0-py3-none-any.whl"
    for name, code in ((wheel, 1), (NAME, 0)):
        index.file(f"/root/files/{name}")
        index.page(f'<html><a href="../../files/{name}#sha256={SHA256}">{name}</a></html>')
        flag = f"--experimental_downloader_config={FROM_SOURCE / 'no_wheels.cfg'}"
        message = fetcher.fetch(index.url, flag, filename=name, expect=code)
        assert ("wheels-are-blocked.invalid" in message) == (name == wheel)


def test_password_is_used_and_never_shown(fetcher: Fetcher, index: Index) -> None:
    index.file(f"/root/files/{NAME}")
    index.page(json_page(f"../../files/{NAME}"), JSON)
    index.password = "someone:p@ss word"
    url = index.url.replace("http://", "http://someone:p%40ss%20word@")
    assert "p%40ss" not in fetcher.fetch(url)
    assert fetcher.fetched() == CONTENT
    fetcher.forget()
    message = fetcher.fetch(url.replace("p%40ss", "wrong"), expect=1)
    assert "the index could not be read" in message
    assert "401" in message
    assert "wrong%20word" not in message.replace("--repo_env", "")


def test_unpacked_with_a_build_file(fetcher: Fetcher, index: Index, tmp_path: Path) -> None:
    archive = make_sdist({"inner.txt": "inside"}, tmp_path / "Demo_Pkg-1.0.tar.gz").read_bytes()
    index.file(f"/root/files/{NAME}", archive)
    sha256 = hashlib.sha256(archive).hexdigest()
    index.page(json_page(f"../../files/{NAME}", sha256), JSON)
    build_file = 'filegroup(name = \\"file\\", srcs = [\\"inner.txt\\"])'
    fetcher.fetch(
        index.url,
        sha256=sha256,
        attributes=f'strip_prefix = "Demo_Pkg-1.0", build_file_content = "{build_file}"',
    )
    (inner,) = fetcher.workspace.output_base.glob("external/*demo/inner.txt")
    assert inner.read_text() == "inside"


# What goes wrong


def test_hash_that_is_not_the_pinned_one(fetcher: Fetcher, index: Index) -> None:
    index.file(f"/root/files/{NAME}")
    index.page(json_page(f"../../files/{NAME}"), JSON)
    message = fetcher.fetch(index.url, sha256="0" * 64, expect=1)
    assert f"{NAME}: its sha256 on the index is not the pinned one" in message
    assert f"pinned: {'0' * 64}" in message
    assert f"index:  {SHA256}" in message


def test_file_that_is_not_what_the_index_says(fetcher: Fetcher, index: Index) -> None:
    index.file(f"/root/files/{NAME}", b"something else")
    index.page(json_page(f"../../files/{NAME}"), JSON)
    message = fetcher.fetch(index.url, expect=1)
    assert f"Checksum was {hashlib.sha256(b'something else').hexdigest()} but wanted {SHA256}" in message


def test_hash_of_the_wrong_length(fetcher: Fetcher, index: Index) -> None:
    message = fetcher.fetch(index.url, sha256="abc", expect=1)
    assert "64 hexadecimal digits" in message


def test_file_that_the_index_does_not_have(fetcher: Fetcher, index: Index) -> None:
    index.page(json_page("x"), JSON)
    message = fetcher.fetch(index.url, filename="demo_pkg-2.0.tar.gz", expect=1)
    assert "has no file of this name" in message
    assert f"write one of those it has: {NAME}" in message


def test_distribution_that_the_index_does_not_have(fetcher: Fetcher, index: Index) -> None:
    message = fetcher.fetch(index.url, expect=1)
    assert f"the index could not be read at {index.url}/demo-pkg/" in message
    assert "HTTP Error 404: Not Found" in message
    assert 'no distribution "demo.PKG": check its name' in message


def test_unreachable_index(fetcher: Fetcher) -> None:
    message = fetcher.fetch("http://127.0.0.1:9/simple", expect=1)
    assert "the index could not be read at http://127.0.0.1:9/simple/demo-pkg/: " in message
    assert "Connection refused" in message
    assert "which comes from PIP_INDEX_URL" in message


def test_unreachable_index_over_https(fetcher: Fetcher) -> None:
    """Bazel does not tell rules why, but Python does."""
    message = fetcher.fetch("https://127.0.0.1:9/simple", expect=1)
    what, _, last = message.rpartition("  where: ")
    assert "it is not in Bazel's repository cache, and the index could not be read at https://127.0.0.1:9/" in what
    assert "Connection refused" in what.rstrip().splitlines()[-1]
    assert "    bazel fetch --repo=@@" in last


@pytest.mark.parametrize("answer", ["login page", "garbage", "other json", "server error"])
def test_answer_that_is_no_index_page(fetcher: Fetcher, index: Index, answer: str) -> None:
    if answer == "login page":
        index.page("<p>Please log in.</p>")
    elif answer == "garbage":
        index.page(bytes(range(256)))
    elif answer == "other json":
        index.page('{"message": "deprecated"}', JSON)
    else:
        index.page("oops", code=500)
    message = fetcher.fetch(index.url, expect=1)
    if answer == "server error":
        assert "the index could not be read" in message
    else:
        assert "is not a package index's page" in message
    assert "check the index's address" in message or "check the network" in message
