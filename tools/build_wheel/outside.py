"""What a build is not to know of the machine, and its checks need."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from build_wheel.host_files.report import HostFile
from build_wheel.leaks.host_secrets import host_secrets
from build_wheel.leaks.secret import Secret

if TYPE_CHECKING:
    from isolation.layout import Layout


@dataclass(frozen=True)
class Outside:
    """What only the helper knows while the backend runs.

    Args:
        started: when the build began, in seconds since 1970.
        secrets: what a wheel must not tell.
        root: the build root as the user knows it.
        host_files: the files of the machine that the build sees because it declares them.
    """

    started: float
    secrets: tuple[Secret, ...]
    root: str
    host_files: tuple[HostFile, ...] = ()

    @classmethod
    def of(cls, layout: Layout, host_files: tuple[HostFile, ...]) -> Outside:
        """That of a build which begins now, in these real directories."""
        return cls(time.time(), tuple(host_secrets(layout)), str(layout.root), host_files)

    def as_json(self) -> dict[str, Any]:
        """For another process of the helper."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Outside:
        """What `as_json` gave."""
        secrets = tuple(Secret(**secret) for secret in data["secrets"])
        return cls(data["started"], secrets, data["root"], tuple(HostFile(**file) for file in data["host_files"]))
