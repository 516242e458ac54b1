"""A software bill of materials inside of the wheel, of libraries and crates that it is built from.

Sources: PEP 770 (the place), https://cyclonedx.org/docs/1.6/json (the form), https://github.com/package-url/purl-spec.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from packaging.utils import canonicalize_name

from build_wheel.cc.native_deps import plain_names
from common.files import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from build_wheel.params import Crate
    from formats.canonical_wheel import WheelSummary

NAME = "sboms/rules_sdist.cdx.json"
"""Where it is, below the `.dist-info` folder."""

_LIBRARY = re.compile(r"^lib(?P<name>.+?)\.(?:a|lo|so(?:\.[\d.]+)?)$")


def sbom(wheel: WheelSummary, libraries: Iterable[Path], crates: Iterable[Crate] = ()) -> str:
    """The document: CycloneDX 1.6, without times and random numbers.

    Args:
        wheel: what the wheel says of itself.
        libraries: those of `native_deps`.
        crates: those of Cargo.lock, also such as are for other systems only.
    """
    name = canonicalize_name(wheel.name)
    own = {
        "bom-ref": "wheel",
        "name": wheel.name,
        "purl": f"pkg:pypi/{quote(name)}@{quote(wheel.version)}",
        "type": "library",
        "version": wheel.version,
    }
    components = [*map(_component, libraries), *map(_crate, crates)]
    components.sort(key=lambda entry: str(entry["bom-ref"]))
    references = list(dict.fromkeys(entry["bom-ref"] for entry in components))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
        "dependencies": [{"dependsOn": references, "ref": "wheel"}, *({"ref": entry} for entry in references)],
    }
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _component(library: Path) -> dict[str, Any]:
    digest = sha256(library)
    plain = [library.name, *plain_names(library.name)][-1]
    match = _LIBRARY.match(plain)
    name = match["name"] if match else plain
    return {
        "bom-ref": f"{name}-{digest[:12]}",
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "name": name,
        "purl": f"pkg:generic/{quote(name)}?checksum=sha256:{digest}",
        "type": "library",
    }


def _crate(crate: Crate) -> dict[str, Any]:
    purl = f"pkg:cargo/{quote(crate.name)}@{quote(crate.version)}"
    return {
        "bom-ref": f"{crate.name}@{crate.version}-{crate.sha256[:12]}",
        "hashes": [{"alg": "SHA-256", "content": crate.sha256}],
        "name": crate.name,
        "purl": purl,
        "type": "library",
        "version": crate.version,
    }
