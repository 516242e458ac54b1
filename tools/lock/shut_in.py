"""Whether this system lets `lock` shut the code of sdists in."""

from __future__ import annotations

import sys

from isolation.network import can_leave_network, network_is_off
from isolation.probe import why_not_closed


def why_not_shut_in(*, tell: bool) -> str:
    """Why this system does not let the code of sdists see only what it needs, or ""; asked before there are threads.

    Args:
        tell: whether to say what it means where it does not.
    """
    reason = why_not_closed()
    if tell and reason:
        network = "" if network_is_off() or can_leave_network() else ", and reaches the network"
        print(
            f"NOTE: this system does not let `lock` close the code of sdists in ({reason}). It runs with your own "
            f"rights here: it can read and write what you can{network}, as with pip. "
            "docs/explanation/security.md says more.",
            file=sys.stderr,
        )
    return reason
