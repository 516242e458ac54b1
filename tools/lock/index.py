"""Asks a package index which files it has (PEP 503, PEP 691), and downloads them by hash."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"
_TIMEOUT = 60  # seconds without an answer
_CHECK = "Check the index's address (PIP_INDEX_URL, or pip's configuration) and the network."


@dataclass(frozen=True)
class IndexFile:
    """One file that an index offers.

    Args:
        filename: its name.
        url: where it is, absolute.
        sha256: as the index tells it, lower case, or "".
        yanked: whether it was taken back (PEP 592).
        metadata: whether its METADATA can be had without the rest (PEP 658, PEP 714).
    """

    filename: str
    url: str
    sha256: str
    yanked: bool
    metadata: bool = False


class PackageIndex:
    """A package index.

    Args:
        url: the address of its root, ending in /simple by custom; may hold user and password.
    """

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._userinfo, _, host = parts.netloc.rpartition("@")
        self._root = urllib.parse.urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))

    def files(self, distribution: str) -> list[IndexFile]:
        """All files of one distribution.

        Args:
            distribution: its name, in any spelling.

        Raises:
            UserError: there is no such page, it can't be read, or it is none.
        """
        page = f"{self._root}/{canonicalize_name(distribution)}/"
        # An index in a folder has no server that would look for it.
        body = self._get(page + "index.html" if page.startswith("file:") else page, distribution)
        try:
            text = body.decode("utf-8")
            return _read_json(text, page) if text.lstrip().startswith("{") else _read_html(text, page)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"What {page} answers is not a package index's page (PEP 691 JSON or PEP 503 HTML).",
                where=distribution,
                fix=_CHECK + " A login page looks like this too.",
            ) from error

    def download(self, file: IndexFile, sha256: str, place: Path) -> Path:
        """Downloads a file.

        Args:
            file: which.
            sha256: what it has to be.
            place: where it goes; appears whole or not at all.

        Raises:
            UserError: it can't be had, or is another one.
        """
        content = self._get(file.url, file.filename)
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise UserError(
                f"{file.filename} is not the pinned file.\n  pinned sha256: {sha256}\n  found:         {found}",
                where=file.filename,
                fix="If you trust the new file, renew the requirements; if not, find out who changed it.",
            )
        temporary = place.with_name(place.name + ".part")
        temporary.write_bytes(content)
        temporary.replace(place)
        return place

    def metadata(self, wheel: IndexFile) -> str:
        """A wheel's METADATA, where the index offers it.

        Raises:
            UserError: it can't be had.
        """
        return self._get(wheel.url + ".metadata", wheel.filename).decode("utf-8", "replace")

    def _get(self, url: str, what: str) -> bytes:
        request = urllib.request.Request(url, headers={"Accept": _ACCEPT})
        if self._userinfo and urllib.parse.urlsplit(url).netloc == urllib.parse.urlsplit(self._root).netloc:
            pair = urllib.parse.unquote(self._userinfo).encode()
            request.add_header("Authorization", "Basic " + base64.b64encode(pair).decode())
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
                body: bytes = answer.read()
                return body
        except urllib.error.HTTPError as error:
            hint = {
                401: "The index wants a user and password: put them into its address, or into pip's configuration.",
                403: "The index refuses this user.",
                404: f"The index has no {what}; check the name.",
            }.get(error.code, _CHECK)
            raise UserError(f"{url}: {error.code} {error.reason}.", where=what, fix=hint) from error
        except OSError as error:
            raise UserError(
                f"{url} can't be reached: {getattr(error, 'reason', error)}.", where=what, fix=_CHECK
            ) from error


def _read_json(text: str, page: str) -> list[IndexFile]:
    return [
        IndexFile(
            entry["filename"],
            urllib.parse.urljoin(page, entry["url"].partition("#")[0]),
            entry.get("hashes", {}).get("sha256", "").lower(),
            bool(entry.get("yanked")),
            bool(entry.get("core-metadata", entry.get("dist-info-metadata"))),
        )
        for entry in json.loads(text)["files"]
    ]


def _read_html(text: str, page: str) -> list[IndexFile]:
    reader = _Links()
    reader.feed(text)
    if not reader.is_page:
        raise ValueError(page)
    return [
        IndexFile(
            name.strip(),
            urllib.parse.urljoin(page, href.partition("#")[0]),
            href.partition("#sha256=")[2].lower(),
            yanked,
            metadata,
        )
        for name, href, yanked, metadata in reader.links
    ]


class _Links(HTMLParser):
    """Collects a page's links: text, address, whether it is yanked, and whether its metadata can be had."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str, bool, bool]] = []
        self.is_page = False
        self._open: tuple[str, bool, bool] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_page = self.is_page or tag in ("html", "a")
        found = dict(attrs)
        if tag == "a" and found.get("href"):
            metadata = found.get("data-core-metadata", found.get("data-dist-info-metadata"))
            self._open = (str(found["href"]), "data-yanked" in found, bool(metadata) and metadata != "false")

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            self.links.append((data, *self._open))
            self._open = None
