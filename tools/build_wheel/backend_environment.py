"""The backend's variables as build information tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from build_wheel.cc.install_wrappers import search_paths
from build_wheel.environment.variables import fixed_variables
from isolation.layout import CLOSED

if TYPE_CHECKING:
    from build_wheel.params import BuildParams


def backend_environment(params: BuildParams) -> dict[str, str]:
    """The variables that are the same on every machine, with the folders of a closed build."""
    own = {**search_paths(CLOSED, params.native), **params.env}
    return fixed_variables(CLOSED, cpus=params.cpus, own=own)
