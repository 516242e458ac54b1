"""What a lock is for: Pythons and platforms, each with its PEP 508 markers and PEP 425 tags."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.markers import Marker, default_environment
from packaging.tags import Tag, compatible_tags, cpython_tags, platform_tags

from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.requirements import Requirement

_ARCHITECTURES = {"aarch64": "aarch64", "amd64": "x86_64", "arm64": "aarch64", "x86_64": "x86_64"}
_SYSTEMS = {"darwin": "osx", "linux": "linux", "win32": "windows"}
_MANYLINUX = re.compile(r"manylinux_2_(\d+)_(x86_64|aarch64)")
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
        markers: the PEP 508 variables.
    """

    name: str
    platforms: tuple[str, ...]
    is_host: bool
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
    return [f"cp{python.replace('.', '')}_{_os_and_cpu(platform)[0]}" for platform in platforms or [""]]


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
            markers=_markers(_os_and_cpu(platform)[1]),
        )
        for name, platform in zip(target_platform_names(python, platforms), platforms or [""])
    ]


def _host() -> str:
    machine = default_environment()["platform_machine"].lower()
    return f"{_SYSTEMS.get(sys.platform, sys.platform)}_{_ARCHITECTURES.get(machine, machine)}"


def _os_and_cpu(platform: str) -> tuple[str, str]:
    """Such as ("linux_x86_64", "x86_64"); "" is this machine."""
    if not platform:
        return _host(), ""
    found = _MANYLINUX.fullmatch(platform)
    if not found:
        raise UserError(
            f"The platform {platform!r} is not one that can be locked for from here.",
            where="--platform",
            fix="Write manylinux_2_N_x86_64 or manylinux_2_N_aarch64, where N is glibc's minor version, such as 28; "
            "for other systems run `lock` there.",
        )
    return f"linux_{found[2]}", found[2]


def _compatible(platform: str) -> list[str]:
    """All platform tags of wheels that run where `platform` is the newest (PEP 600)."""
    found = _MANYLINUX.fullmatch(platform)
    assert found
    newest, cpu = int(found[1]), found[2]
    tags = []
    for minor in range(newest, _OLDEST_GLIBC[cpu] - 1, -1):
        tags.append(f"manylinux_2_{minor}_{cpu}")
        if minor in _OLD_NAMES:
            tags.append(f"{_OLD_NAMES[minor]}_{cpu}")
    return [*tags, f"linux_{cpu}"]


def _markers(cpu: str) -> dict[str, str]:
    values = {key: str(value) for key, value in default_environment().items()}
    return {**values, "platform_machine": cpu} if cpu else values
