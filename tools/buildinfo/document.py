"""The build information of a wheel: a small canonical JSON document, in the spirit of Debian's .buildinfo."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = "rules_sdist buildinfo 1"

# A version begins with a number and a point, which no part of a crate's name has.
_CRATE = re.compile(r"(?P<name>[\w-]+?)-(?P<version>[0-9]+\.[\w.+-]+)\.crate")
_CONFIGURATION = re.compile(r"\bbazel-out/[^/\"]+/(?:bin|genfiles)/")


@dataclass(frozen=True)
class Input:
    """One file that the wheel was built from.

    Args:
        path: where it lay, relative to the execution root, without the name of Bazel's configuration.
        sha256: its hash.
        wheel: for a build requirement the wheel's file name; `path` is then the folder that it was installed into.
        crate: for a crate the name of its archive, NAME-VERSION.crate; `path` is then where it is unpacked.
    """

    path: str
    sha256: str
    wheel: str = ""
    crate: str = ""


@dataclass(frozen=True)
class BuildInfo:
    """What a wheel was built from, with and how.

    Args:
        wheel: the wheel's file name.
        sha256: its hash.
        size: its size in bytes.
        inputs: all files that the action read, but the tools'.
        recipe: the action's parameters, see `BuildParams`, with portable paths.
        interpreter: the fingerprint of the interpreter, see tools/fingerprint, or None where nobody knows it.
        compiler: that of the compiler; None where nobody knows it, or there is none.
        environment: the backend's variables.
        host_files: files of the machine that the build used though no input declares them, see `Audit.as_json`.
        version: that of rules_sdist.
        helper: one hash of the sources that decide how a wheel is built, see `sources_hash`.
        rust: what the Rust toolchain is, see `rust_facts`, or None for a build without.
    """

    wheel: str
    sha256: str
    size: int
    inputs: tuple[Input, ...]
    recipe: Mapping[str, Any]
    interpreter: Mapping[str, Any] | None
    compiler: Mapping[str, Any] | None
    environment: Mapping[str, str]
    host_files: Mapping[str, Any]
    version: str
    helper: str
    rust: Mapping[str, Any] | None = None

    def text(self) -> str:
        """The document."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, file: Path) -> BuildInfo:
        """Reads a document.

        Raises:
            UserError: it is none, or one of another format.
        """
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            if data.pop("format") != FORMAT:
                raise KeyError(FORMAT)
            data["inputs"] = tuple(Input(**entry) for entry in data["inputs"])
            return cls(**data)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UserError(
                f"{file} is no build information of this version of rules_sdist: {error}.",
                where=str(file),
                fix="Name the .buildinfo.json that Bazel writes beside the wheel with --output_groups=+buildinfo.",
            ) from error


def crate_parts(file: str) -> tuple[str, str]:
    """The name and the version of a crate, by the name of its archive: NAME-VERSION.crate."""
    match = _CRATE.fullmatch(file)
    return (match["name"], match["version"]) if match else (file, "")


def portable(text: str) -> str:
    """A path, or a text with paths, without the names of Bazel's configurations, such as k8-opt."""
    return _CONFIGURATION.sub("bin/", text)
