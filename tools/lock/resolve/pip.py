"""Resolves build requirements with pip's own resolver, and installs them where backends can be asked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import threading
import urllib.parse
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from common.errors import UserError
from common.names import name_fault
from install_wheel.install import InstallParams, install
from lock.resolve.index import IndexFile, PackageIndex
from lock.resolve.pip_environment import make_environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lock.target_platforms import TargetPlatform

_SHOWN = 12
ASK_PIP = """\
from pip._internal.commands import create_command
print(create_command("download").parser.get_default_values().index_url)
"""
_NO_WHEEL = "pip would run code of something that is no wheel"
_PIP = f"""\
import runpy, sys

def refuse(event, arguments):
    if event == "subprocess.Popen" and arguments[0] == sys.executable:
        raise RuntimeError("{_NO_WHEEL}")

sys.addaudithook(refuse)
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
"""Also with --only-binary, pip builds what a requirement gives an address of, as "demo @ https://..."; for that it
starts its own interpreter. All else that it may have to start asks for passwords."""


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
    """Resolves for the interpreter that runs it; may be used by several threads.

    Args:
        scratch: a folder for environments, downloads and installed trees.
        constraints: PEP 508 strings that all build requirements have to fulfil.
    """

    def __init__(self, scratch: Path, constraints: Sequence[str] = ()) -> None:
        self._scratch = scratch
        self._constraints = tuple(constraints)
        self._python = make_environment(scratch / "pip")
        self._resolved: dict[tuple[str, ...], tuple[BuildRequirement, ...]] = {}
        self._resolving: defaultdict[tuple[str, ...], threading.Lock] = defaultdict(threading.Lock)
        self._installing = threading.Lock()
        self._index_url = ""
        self._urls: dict[str, str] = {}

    def index_url(self) -> str:
        """The index that pip is configured for: PIP_INDEX_URL, a configuration file, or its default."""
        if not self._index_url:
            line = [str(self._python), "-c", ASK_PIP]
            done = subprocess.run(line, env=_variables(), capture_output=True, text=True, check=True)
            self._index_url = done.stdout.strip()
        return self._index_url

    def resolve(
        self,
        requirements: Sequence[str],
        asked_by: str,
        pins: Mapping[str, str],
        target: TargetPlatform,
    ) -> tuple[BuildRequirement, ...]:
        """The wheels that fulfil requirements, with all they depend on.

        Args:
            requirements: PEP 508 strings.
            asked_by: the distribution that has them, for messages.
            pins: versions to keep, by normalised name, so that a newer release changes nothing unasked.
            target: where they are going to be used.

        Returns:
            sorted by name.

        Raises:
            UserError: pip finds no solution.
        """
        wanted = sorted(set(requirements))
        limits = [Requirement(line) for line in (*self._constraints, *wanted)]
        kept = [
            f"{name}=={version}" for name, version in sorted(pins.items()) if allowed(name, version, limits, target)
        ]
        platforms = [] if target.is_host else [f"--platform={tag}" for tag in target.platforms]
        key = (*platforms, "", *kept, "", *wanted)
        with self._resolving[key]:
            if key not in self._resolved:
                self._resolved[key] = self._resolve(wanted, kept, platforms, asked_by) if wanted else ()
        return self._resolved[key]

    def _resolve(
        self, wanted: Sequence[str], pins: Sequence[str], platforms: Sequence[str], asked_by: str
    ) -> tuple[BuildRequirement, ...]:
        try:
            return self._ask_pip(wanted, pins, platforms, asked_by)
        except UserError:
            if not pins:
                raise
        # The project asks for something else than when it was locked, and the locked versions do not fit that.
        return self._ask_pip(wanted, (), platforms, asked_by)

    def trees(self, requirements: Sequence[BuildRequirement]) -> list[Path]:
        """Build requirements, downloaded by pip, which compares their hashes, and installed as builds want them."""
        with self._installing:
            missing = [item for item in requirements if not self._tree(item).exists()]
            if missing:
                self._download(missing)
            for item in missing:
                wheel = self._scratch / "wheels" / item.filename
                install(InstallParams(str(wheel), str(self._tree(item)), bytecode=False))
        return [self._tree(item) for item in requirements]

    def _tree(self, requirement: BuildRequirement) -> Path:
        return self._scratch / "trees" / requirement.filename[: -len(".whl")]

    def _download(self, requirements: Sequence[BuildRequirement]) -> None:
        """From where pip has found them; pip itself, which takes longer, knows more ways to a host."""
        (self._scratch / "wheels").mkdir(exist_ok=True)
        with ThreadPoolExecutor() as pool:
            done = list(pool.map(self._is_downloaded, requirements))
        left = [item for item, is_there in zip(requirements, done) if not is_there]
        if left:
            self._download_by_pip(left)

    def _is_downloaded(self, item: BuildRequirement) -> bool:
        file = IndexFile(item.filename, self._urls[item.filename], item.sha256, yanked=False)
        try:
            PackageIndex(self.index_url()).download(file, item.sha256, self._scratch / "wheels" / item.filename)
        except UserError:
            return False
        return True

    def _download_by_pip(self, requirements: Sequence[BuildRequirement]) -> None:
        lines = [f"{item.name}=={item.version} --hash=sha256:{item.sha256}\n" for item in requirements]
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            wanted = Path(folder) / "wanted.txt"
            wanted.write_text("".join(lines), encoding="utf-8")
            self._pip(
                "download",
                ["--no-deps", "--only-binary=:all:", f"--dest={self._scratch / 'wheels'}", f"--requirement={wanted}"],
                f"pip can't download {', '.join(item.filename for item in requirements)}",
                requirements[0].name,
            )

    def _ask_pip(
        self, requirements: Sequence[str], pins: Sequence[str], platforms: Sequence[str], asked_by: str
    ) -> tuple[BuildRequirement, ...]:
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            report, constraints = Path(folder) / "report.json", Path(folder) / "constraints.txt"
            constraints.write_text("\n".join([*self._constraints, *pins, ""]), encoding="utf-8")
            self._pip(
                "install",
                [
                    *("--dry-run", "--ignore-installed", "--only-binary=:all:"),
                    *(f"--report={report}", f"--constraint={constraints}"),
                    *([f"--target={folder}", *platforms] if platforms else []),
                    *requirements,
                ],
                f"pip finds no wheels for the build requirements of {asked_by}: {', '.join(requirements)}",
                asked_by,
            )
            items = json.loads(report.read_text(encoding="utf-8"))["install"]
        found = {_build_requirement(item): item["download_info"]["url"] for item in items}
        self._urls.update({item.filename: url for item, url in found.items()})
        return tuple(sorted(found))

    def _pip(self, command: str, arguments: Iterable[str], problem: str, where: str) -> None:
        line = [str(self._python), "-c", _PIP, command, "--quiet", "--disable-pip-version-check", *arguments]
        done = subprocess.run(line, env=_variables(), capture_output=True, text=True, check=False)
        if done.returncode:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_SHOWN:])
            fix = self._fix(said)
            if _NO_WHEEL in said:
                fix = (
                    "A requirement, of it or of what it needs, has an address of its own (`demo @ https://...`). Have "
                    "it name a version, with `patches` in the overrides; pip's index has to have a wheel of that."
                )
            raise UserError(f"{problem}.\n{said}", where=where, fix=fix)

    def _fix(self, said: str) -> str:
        """What to do, where pip has found nothing: a constraint of the user's that it names comes first."""
        names = {line: re.escape(Requirement(line).name) for line in self._constraints}
        named = [line for line, name in names.items() if re.search(rf"\b{name}\b", said, re.IGNORECASE)]
        if named:
            return f"Loosen or remove in `constraints` of the overrides: {', '.join(map(json.dumps, named))}."
        return "Loosen a pin with --upgrade NAME, or a constraint, or check pip's index."


def _variables() -> dict[str, str]:
    """The environment; pip, which is started often, keeps bytecode."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}


def _identity(wheel: str) -> tuple[str, Version | None]:
    try:
        name, version, _, _ = parse_wheel_filename(wheel)
    except InvalidWheelFilename:
        return "", None
    return name, version


def allowed(name: str, version: str, limits: Iterable[Requirement], target: TargetPlatform) -> bool:
    """Whether a pinned version can stay.

    Args:
        name: whose, normalised.
        version: the pinned one.
        limits: requirements and constraints of any distribution.
        target: decides their markers.
    """
    own = [limit for limit in limits if canonicalize_name(limit.name) == name and target.holds(limit)]
    return all(limit.specifier.contains(version, prereleases=True) for limit in own)


def _build_requirement(item: Mapping[str, Any]) -> BuildRequirement:
    """One entry of pip's installation report."""
    url = item["download_info"]["url"]
    name, version = canonicalize_name(item["metadata"]["name"]), item["metadata"]["version"]
    filename = urllib.parse.unquote(urllib.parse.urlsplit(url).path.rpartition("/")[2])
    if name_fault(filename) or _identity(filename) != (name, Version(version)):
        raise UserError(
            f"The index offers {filename!r} as the wheel of {name} {version}.",
            where=f"{name}=={version}",
            fix="Find out who put it on the index under this name.",
        )
    return BuildRequirement(
        name=name,
        version=version,
        filename=filename,
        sha256=item["download_info"]["archive_info"]["hashes"]["sha256"],
    )
