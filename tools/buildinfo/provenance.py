"""The same as an in-toto statement with SLSA provenance, for tools that read those.

Sources: https://in-toto.io/Statement/v1, https://slsa.dev/provenance/v1.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from buildinfo.document import crate_parts

if TYPE_CHECKING:
    from buildinfo.document import BuildInfo, Input

BUILD_TYPE = "urn:rules_sdist:py_sdist_wheel:1"
"""Says what `externalParameters` and `internalParameters` mean: those of docs/reference/buildinfo.md."""


def provenance(info: BuildInfo, builder: str) -> str:
    """The statement, unsigned, as canonical JSON. It has no times in it, and is the same wherever the wheel is.

    Args:
        info: the build information.
        builder: who builds, a URI.
    """
    statement: dict[str, Any] = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": info.wheel, "digest": {"sha256": info.sha256}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": dict(info.recipe),
                "internalParameters": {
                    "compiler": info.compiler,
                    "environment": dict(info.environment),
                    "host_files": info.host_files,
                    "interpreter": info.interpreter,
                    "rust": info.rust,
                },
                "resolvedDependencies": [_dependency(entry) for entry in info.inputs],
            },
            "runDetails": {
                "builder": {"id": builder, "version": {"rules_sdist": info.version, "helper": info.helper}},
            },
        },
    }
    return json.dumps(statement, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _dependency(entry: Input) -> dict[str, Any]:
    """An input; a crate with its package URL, which has no place in it."""
    made: dict[str, Any] = {"name": entry.wheel or entry.crate or entry.path, "digest": {"sha256": entry.sha256}}
    if entry.crate:
        name, version = crate_parts(entry.crate)
        made["uri"] = f"pkg:cargo/{quote(name)}@{quote(version)}"
    return made
