"""Resolves build requirements with pip's own resolver, and installs them where backends can be asked."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from errors import UserError
from install_wheel.install import InstallParams, install

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHOWN = 12
_ASK_PIP = """\
from pip._internal.commands import create_command
print(create_command("download").parser.get_default_values().index_url)
"""


@dataclass(frozen=True, order=True)
class BuildRequirement:
    """A wheel that some build needs.

    Args:
        name: PEP 503 normalised.
        version: PEP 440.
        filename: the wheel's.
        sha256: its hash.
        url: where pip found it; not for the lock.
    """

    name: str
    version: str
    filename: str
    sha256: str
    url: str


class Resolver:
    """Resolves for the interpreter that runs it.

    Args:
        scratch: a folder for environments, downloads and installed trees.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        # A pip of our own: the interpreter may have none.
        subprocess.run([sys.executable, "-m", "venv", str(scratch / "pip")], check=True)
        self._python = scratch / "pip" / "bin" / "python"
        self._resolved: dict[tuple[tuple[str, ...], str], tuple[BuildRequirement, ...]] = {}

    def index_url(self) -> str:
        """The index that pip is configured for: PIP_INDEX_URL, a configuration file, or its default."""
        done = subprocess.run([str(self._python), "-c", _ASK_PIP], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def resolve(
        self, requirements: Sequence[str], asked_by: str, pins: Mapping[str, str]
    ) -> tuple[BuildRequirement, ...]:
        """The wheels that fulfil requirements, with all they depend on.

        Args:
            requirements: PEP 508 strings.
            asked_by: the distribution that has them, for messages.
            pins: versions to keep, by normalised name, so that a newer release changes nothing unasked.

        Returns:
            sorted by name.

        Raises:
            UserError: pip finds no solution.
        """
        wanted = tuple(sorted(set(requirements)))
        constraints = "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))
        key = (wanted, constraints)
        if key not in self._resolved:
            self._resolved[key] = self._ask_pip(wanted, constraints, asked_by) if wanted else ()
        return self._resolved[key]

    def tree(self, requirement: BuildRequirement) -> Path:
        """A build requirement, downloaded and installed, as builds want it."""
        tree = self._scratch / "trees" / requirement.filename[: -len(".whl")]
        if not tree.exists():
            wheel = self._scratch / requirement.filename
            with urllib.request.urlopen(requirement.url) as answer:
                wheel.write_bytes(answer.read())
            install(InstallParams(str(wheel), str(tree), {}, bytecode=False))
        return tree

    def _ask_pip(self, requirements: Sequence[str], constraints: str, asked_by: str) -> tuple[BuildRequirement, ...]:
        report, pinned = self._scratch / "report.json", self._scratch / "constraints.txt"
        pinned.write_text(constraints, encoding="utf-8")
        line = [str(self._python), "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
        line += ["--disable-pip-version-check", "--only-binary", ":all:", "--report", str(report)]
        line += ["--constraint", str(pinned)]
        done = subprocess.run([*line, *requirements], capture_output=True, text=True, check=False)
        if done.returncode:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_SHOWN:])
            raise UserError(
                f"pip finds no wheels for the build requirements of {asked_by}: {', '.join(requirements)}.\n{said}",
                where=asked_by,
                fix="Loosen a pin with --upgrade NAME, or check the index that pip is configured with.",
            )
        items = json.loads(report.read_text(encoding="utf-8"))["install"]
        return tuple(sorted(_build_requirement(item) for item in items))


def _build_requirement(item: Mapping[str, Any]) -> BuildRequirement:
    """One entry of pip's installation report."""
    url = item["download_info"]["url"]
    return BuildRequirement(
        name=canonicalize_name(item["metadata"]["name"]),
        version=item["metadata"]["version"],
        filename=Path(urllib.parse.unquote(urllib.parse.urlsplit(url).path)).name,
        sha256=item["download_info"]["archive_info"]["hashes"]["sha256"],
        url=url,
    )
