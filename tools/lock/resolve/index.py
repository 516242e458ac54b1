"""Asks a package index which files it has (PEP 503, PEP 691), and downloads them by hash."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from common.errors import UserError
from common.names import name_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"
_TIMEOUT = 60  # seconds without an answer
_CHUNK = 1 << 20
_MAX_PAGE = 128 << 20  # the largest ones there are have some 30 MiB
_MAX_DOWNLOAD = 4 << 30
_SHOWN = 300
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
            UserError: there is no such page, it can't be read, it is none, or offers what can't be a file's name.
        """
        page = f"{self._root}/{canonicalize_name(distribution)}/"
        # An index in a folder has no server that would look for it.
        body = self._get(page + "index.html" if page.startswith("file:") else page, distribution)
        try:
            text = body.decode("utf-8")
            found = _read_json(text, page) if text.lstrip().startswith("{") else _read_html(text, page)
            return _checked(found, page)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
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
            UserError: it can't be had, is another one, or is larger than any sdist or wheel.
        """
        temporary = place.with_name(place.name + ".part")
        try:
            found = self._copy(file, temporary)
            if found == sha256:
                return temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
        raise UserError(
            f"{file.filename} is not the pinned file.\n  pinned sha256: {sha256}\n  found:         {found}",
            where=file.filename,
            fix="If you trust the new file, renew the requirements; if not, find out who changed it.",
        )

    def _copy(self, file: IndexFile, place: Path) -> str:
        """Copies an index's file; returns its sha256."""
        digest = hashlib.sha256()
        with place.open("wb") as copy:
            for piece in self._pieces(file.url, file.filename, _MAX_DOWNLOAD):
                digest.update(piece)
                copy.write(piece)
        return digest.hexdigest()

    def metadata(self, wheel: IndexFile) -> str:
        """A wheel's METADATA, where the index offers it.

        Raises:
            UserError: it can't be had.
        """
        return self._get(wheel.url + ".metadata", wheel.filename).decode("utf-8", "replace")

    def _get(self, url: str, what: str) -> bytes:
        return b"".join(self._pieces(url, what, _MAX_PAGE))

    def _pieces(self, url: str, what: str, limit: int) -> Iterator[bytes]:
        """The content of an address, at most `limit` bytes of it; raises UserError."""
        try:
            self._check_scheme(url)
            with _open(self._request(url)) as answer:
                left, promised = limit, answer.headers.get("Content-Length", "")
                while piece := answer.read(_CHUNK):
                    left -= len(piece)
                    if left < 0:
                        raise UserError(
                            f"{printable(url)} is larger than {limit >> 20} MiB.",
                            where=what,
                            fix="Find out what the index sends there; a page or a file of a package is not that large.",
                        )
                    yield piece
                if promised.isdecimal() and limit - left < int(promised):
                    raise OSError(f"it ends after {limit - left} of {promised} bytes")
        except urllib.error.HTTPError as error:
            hint = {
                401: "The index wants a user and password: put them into its address, or into pip's configuration.",
                403: "The index refuses this user.",
                404: f"The index has no {what}; check the name.",
            }.get(error.code, _CHECK)
            reason = printable(str(error.reason))
            raise UserError(f"{printable(url)}: {error.code} {reason}.", where=what, fix=hint) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = printable(str(getattr(error, "reason", error)))
            raise UserError(f"{printable(url)} can't be reached: {reason}.", where=what, fix=_CHECK) from error

    def _check_scheme(self, url: str) -> None:
        """An index on the network can't name files of this machine."""
        own, scheme = (urllib.parse.urlsplit(address).scheme for address in (self._root, url))
        if scheme not in ("http", "https") and scheme != own:
            raise ValueError(f"an index at {own}: may not lead to {scheme}:")

    def _request(self, url: str) -> urllib.request.Request:
        request = urllib.request.Request(url, headers={"Accept": _ACCEPT})
        if self._userinfo and urllib.parse.urlsplit(url).netloc == urllib.parse.urlsplit(self._root).netloc:
            pair = urllib.parse.unquote(self._userinfo).encode()
            request.add_header("Authorization", "Basic " + base64.b64encode(pair).decode())
        return request


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Hands no password on to another host."""

    def redirect_request(self, req: urllib.request.Request, *rest: Any) -> urllib.request.Request | None:
        """As the base class, but without user and password where that leads elsewhere."""
        new = super().redirect_request(req, *rest)
        if new and (new.type, new.host) != (req.type, req.host):
            new.remove_header("Authorization")
        return new


def printable(text: str) -> str:
    """An index's text for a message: without control characters, and not without end."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_SHOWN])


def _open(request: urllib.request.Request) -> Any:
    return urllib.request.build_opener(_Redirects).open(request, timeout=_TIMEOUT)


def _checked(files: Iterable[IndexFile], page: str) -> list[IndexFile]:
    """The same, if their names are names: each may become that of a file here."""
    found = list(files)
    for file in found:
        if name_fault(file.filename):
            raise UserError(
                f"{page} offers {printable(file.filename)!r}, which {name_fault(file.filename)}.",
                where=page,
                fix="Don't use this index before its owner has told you why: a file on an index has a plain name.",
            )
    return found


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
