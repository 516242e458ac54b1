"""Keeps what a build runs from the network, where Bazel's sandbox does not."""

from __future__ import annotations

import os
from pathlib import Path

from common.linux import namespaces


def network_is_off() -> bool:
    """Whether there is no network device but the loopback one, as in Bazel's sandbox with `block-network`."""
    try:
        lines = Path("/proc/self/net/dev").read_text(encoding="ascii").splitlines()[2:]
    except OSError:
        return False
    return {line.split(":")[0].strip() for line in lines} <= {"lo"}


def leave_network() -> None:
    """Moves this process into a network namespace with nothing in it.

    Bazel blocks the network itself in its sandbox; this is for the strategies that don't.

    Raises:
        OSError: the system does not allow it.
    """
    namespaces.enter(namespaces.NEW_NETWORK)


def can_leave_network() -> bool:
    """Tries `leave_network` in a child: where it fails half-way, the process is of no more use."""
    child = os.fork()
    if child == 0:
        try:
            leave_network()
        except BaseException:  # whatever a system without namespaces lacks: this child must not go on as the parent
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0
