"""Resolves build requirements with pip's own resolver, and installs them where backends can be asked."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.parse
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
    """

    name: str
    version: str
    filename: str
    sha256: str


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

    def trees(self, requirements: Sequence[BuildRequirement]) -> list[Path]:
        """Build requirements, downloaded by pip, which compares their hashes, and installed as builds want them."""
        folder = self._scratch / "wheels"
        missing = [item for item in requirements if not self._tree(item).exists()]
        if missing:
            wanted = self._scratch / "wanted.txt"
            lines = [f"{item.name}=={item.version} --hash=sha256:{item.sha256}\n" for item in missing]
            wanted.write_text("".join(lines), encoding="utf-8")
            line = [
                "download",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--dest",
                str(folder),
                "--requirement",
                str(wanted),
            ]
            self._pip(line, f"pip can't download {', '.join(item.filename for item in missing)}", missing[0].name)
        for item in missing:
            install(InstallParams(str(folder / item.filename), str(self._tree(item)), {}, bytecode=False))
        return [self._tree(item) for item in requirements]

    def _tree(self, requirement: BuildRequirement) -> Path:
        return self._scratch / "trees" / requirement.filename[: -len(".whl")]

    def _ask_pip(self, requirements: Sequence[str], constraints: str, asked_by: str) -> tuple[BuildRequirement, ...]:
        report, pinned = self._scratch / "report.json", self._scratch / "constraints.txt"
        pinned.write_text(constraints, encoding="utf-8")
        line = ["install", "--dry-run", "--ignore-installed", "--only-binary", ":all:", "--report", str(report)]
        problem = f"pip finds no wheels for the build requirements of {asked_by}: {', '.join(requirements)}"
        self._pip([*line, "--constraint", str(pinned), *requirements], problem, asked_by)
        items = json.loads(report.read_text(encoding="utf-8"))["install"]
        return tuple(sorted(_build_requirement(item) for item in items))

    def _pip(self, arguments: Sequence[str], problem: str, where: str) -> None:
        line = [str(self._python), "-m", "pip", arguments[0], "--quiet", "--disable-pip-version-check", *arguments[1:]]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        if done.returncode:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_SHOWN:])
            raise UserError(
                f"{problem}.\n{said}",
                where=where,
                fix="Loosen a pin with --upgrade NAME, or check the index that pip is configured with.",
            )


def _build_requirement(item: Mapping[str, Any]) -> BuildRequirement:
    """One entry of pip's installation report."""
    url = item["download_info"]["url"]
    return BuildRequirement(
        name=canonicalize_name(item["metadata"]["name"]),
        version=item["metadata"]["version"],
        filename=Path(urllib.parse.unquote(urllib.parse.urlsplit(url).path)).name,
        sha256=item["download_info"]["archive_info"]["hashes"]["sha256"],
    )
