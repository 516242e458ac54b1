"""CycloneDX bills of materials, in JSON, without what is another in every build.

Sources: https://cyclonedx.org/docs/1.6/json. maturin 1.12 and newer writes one of the crates (cargo-cyclonedx): with a
random serial number, the time, and where the project lay, in references to crates that are in it.
"""

from __future__ import annotations

import json
import re
from os.path import commonpath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_FIXED_ROOT = "/build"
_PLACE = re.compile(r"[^/]+\.dist-info/sboms/.+\.json", re.DOTALL)
# Cargo's name of a crate in a folder: path+file:///folder#name@1.0, up to 1.76 "name 1.0 (path+file:///folder)".
_CRATE = re.compile(r"(?P<before>(?:^|\()path\+file://)(?P<path>/[^\s#?)]*)")
# The same folder in a package URL: pkg:cargo/name@1.0?download_url=file:///folder
_URL = re.compile(r"(?P<before>\bfile://)(?P<path>/[^\s#?&)]*)")


def is_bill(name: str) -> bool:
    """Whether a wheel's member is where bills of materials are (PEP 770), and may be one in JSON."""
    return bool(_PLACE.fullmatch(name))


def without_chance(content: bytes) -> bytes:
    """A bill without serial number and time, and with /build for the folder that its crates are in.

    Args:
        content: a file. What is no CycloneDX in JSON, is damaged, or signed, stays as it is.

    Returns:
        the same for all builds of the same crates; from this again the same. All else and its order stays.
    """
    try:
        document = json.loads(content)
        if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX" or "signature" in document:
            return content
        changed = _without_paths(_without_time(document))
        if changed == document:
            return content
        return json.dumps(changed, indent=2, ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # UnicodeError is a ValueError
        return content


def project_folder(document: Mapping[str, Any]) -> str:
    """The folder that all crates are in that come from no registry; "" if there is none but the root of all."""
    folders = {match["path"] for text in _texts(document) for match in _CRATE.finditer(text)}
    root = commonpath(folders) if folders else "/"
    return root if root != "/" else ""


def _without_time(document: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in document.items() if key != "serialNumber"}
    if isinstance(kept.get("metadata"), dict):
        kept["metadata"] = {key: value for key, value in kept["metadata"].items() if key != "timestamp"}
    return kept


def _without_paths(document: dict[str, Any]) -> dict[str, Any]:
    root = project_folder(document)
    if not root:
        return document
    # A package URL has the folder as a URL inside of a URL, with each % written as %25.
    roots = (root, root.replace("%", "%25"))

    def fixed(match: re.Match[str]) -> str:
        path = match["path"]
        inside = next((path[len(one) :] for one in roots if f"{path}/".startswith(f"{one}/")), None)
        return match[0] if inside is None else f"{match['before']}{_FIXED_ROOT}{inside}"

    changed: dict[str, Any] = _with_texts(document, lambda text: _URL.sub(fixed, text) if "file://" in text else text)
    return changed


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts(child)


def _with_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _with_texts(child, change) for key, child in value.items()}
    if isinstance(value, list):
        return [_with_texts(child, change) for child in value]
    return change(value) if isinstance(value, str) else value
