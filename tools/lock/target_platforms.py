"""What a lock is for: Pythons and platforms, each with its PEP 508 markers and PEP 425 tags."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.markers import Marker, default_environment
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms, platform_tags

from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.requirements import Requirement

_ARCHITECTURES = {"aarch64": "aarch64", "amd64": "x86_64", "arm64": "aarch64", "x86_64": "x86_64"}
_SYSTEMS = {"darwin": "osx", "linux": "linux", "win32": "windows"}
_FORMS = {
    "linux": re.compile(r"manylinux_2_(?P<minor>\d+)_(?P<cpu>x86_64|aarch64)"),
    "osx": re.compile(r"macosx_(?P<major>\d+)_(?P<minor>\d+)_(?P<cpu>x86_64|arm64)"),
    "windows": re.compile(r"win_(?P<cpu>amd64|arm64)"),
}
_SYSTEM_MARKERS = {
    "linux": ("posix", "linux", "Linux"),
    "osx": ("posix", "darwin", "Darwin"),
    "windows": ("nt", "win32", "Windows"),
}
_MACHINES = {("osx", "aarch64"): "arm64", ("windows", "aarch64"): "ARM64", ("windows", "x86_64"): "AMD64"}
_QUOTED = re.compile(r"""["']([^"']+)["']""")
_OLDEST_GLIBC = {"aarch64": 17, "x86_64": 5}
_OLD_NAMES = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}


@dataclass(frozen=True)
class TargetPlatform:
    """One Python on one platform.

    Args:
        name: as rules_python spells target platforms, such as "cp314_linux_x86_64".
        platforms: the platform tags of wheels that run there, the best first.
        is_host: whether it is where this program runs.
        is_same_system: whether it has the same operating system.
        markers: the PEP 508 variables.
    """

    name: str
    platforms: tuple[str, ...]
    is_host: bool
    is_same_system: bool
    markers: Mapping[str, str]

    def tags(self) -> list[Tag]:
        """The tags of wheels that run there, the best first."""
        interpreter = f"cp{sys.version_info.major}{sys.version_info.minor}"
        return [
            *cpython_tags(platforms=self.platforms),
            *compatible_tags(interpreter=interpreter, platforms=self.platforms),
        ]

    def holds(self, requirement: Requirement, extras: Iterable[str] = ()) -> bool:
        """Whether a requirement's marker holds there, with one of these extras or none."""
        marker = requirement.marker
        return marker is None or any(marker.evaluate({**self.markers, "extra": extra}) for extra in ("", *extras))

    def counts(self, marker: str) -> bool:
        """Whether something that is pinned under a marker is needed there.

        All extras and dependency groups that a pylock.toml asks about (PEP 751) are taken as wanted.
        """
        names = frozenset(_QUOTED.findall(marker))
        wanted: dict[str, str | frozenset[str]] = {"extra": "", "extras": names, "dependency_groups": names}
        return not marker or Marker(marker).evaluate({**self.markers, **wanted})


def parts_of(name: str) -> tuple[str, str]:
    """The Python and the platform of a target platform's name, such as ("314", "linux_x86_64")."""
    python, _, platform = name[len("cp") :].partition("_")
    return python, platform


def target_platform_names(python: str, platforms: Sequence[str]) -> list[str]:
    """The names that `target_platforms` gives, for a Python "3.14"."""
    return [f"cp{python.replace('.', '')}_{'_'.join(_os_and_cpu(platform))}" for platform in platforms or [""]]


def target_platforms(platforms: Sequence[str]) -> list[TargetPlatform]:
    """The target platforms of the running Python.

    Args:
        platforms: such as "manylinux_2_28_aarch64"; none for that of this machine.

    Raises:
        UserError: a platform is not of that form.
    """
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    host = _host()
    return [
        TargetPlatform(
            name,
            tuple(_compatible(platform) if platform else platform_tags()),
            is_host=name.endswith(host),
            is_same_system=_os_and_cpu(platform)[0] == _os_and_cpu("")[0],
            markers=_markers(platform),
        )
        for name, platform in zip(target_platform_names(python, platforms), platforms or [""])
    ]


def _host() -> str:
    machine = default_environment()["platform_machine"].lower()
    return f"{_SYSTEMS.get(sys.platform, sys.platform)}_{_ARCHITECTURES.get(machine, machine)}"


def _os_and_cpu(platform: str) -> tuple[str, str]:
    """Such as ("linux", "x86_64"); "" is this machine."""
    if not platform:
        system, _, cpu = _host().partition("_")
        return system, cpu
    for system, pattern in _FORMS.items():
        found = pattern.fullmatch(platform)
        if found:
            return system, _ARCHITECTURES[found["cpu"]]
    raise UserError(
        f"The platform {platform!r} is not one that can be locked for.",
        where="--platform",
        fix="Write manylinux_2_28_x86_64, macosx_11_0_arm64 or win_amd64, or the same with another version of glibc or "
        "macOS, and with aarch64 (Linux), x86_64 (macOS) or arm64 (Windows).",
    )


def _compatible(platform: str) -> list[str]:
    """All platform tags of wheels that run where `platform` is the newest (PEP 600)."""
    system, _ = _os_and_cpu(platform)
    found = _FORMS[system].fullmatch(platform)
    assert found
    if system == "windows":
        return [platform]
    if system == "osx":
        return list(mac_platforms((int(found["major"]), int(found["minor"])), found["cpu"]))
    newest, cpu = int(found["minor"]), found["cpu"]
    tags = []
    for minor in range(newest, _OLDEST_GLIBC[cpu] - 1, -1):
        tags.append(f"manylinux_2_{minor}_{cpu}")
        if minor in _OLD_NAMES:
            tags.append(f"{_OLD_NAMES[minor]}_{cpu}")
    return [*tags, f"linux_{cpu}"]


def _markers(platform: str) -> dict[str, str]:
    """The PEP 508 variables there; what nobody can know of another machine is "0"."""
    values = {key: str(value) for key, value in default_environment().items()}
    if not platform:
        return values
    system, cpu = _os_and_cpu(platform)
    names = dict(zip(("os_name", "sys_platform", "platform_system"), _SYSTEM_MARKERS[system]))
    machine = _MACHINES.get((system, cpu), cpu)
    if values["sys_platform"] != names["sys_platform"]:
        values.update(platform_release="0", platform_version="0")
    return {**values, **names, "platform_machine": machine}
