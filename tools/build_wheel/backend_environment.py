"""The backend's variables, of a build and as build information tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from build_wheel.cc.native_deps import search_paths
from build_wheel.environment.variables import fixed_variables
from build_wheel.rust.toolchain import variables
from isolation.layout import CLOSED

if TYPE_CHECKING:
    from build_wheel.params import BuildParams
    from isolation.layout import Layout


def own_variables(layout: Layout, params: BuildParams) -> dict[str, str]:
    """The rule's `env`, where the libraries of `native_deps` are, and what cargo is told."""
    rust = variables(layout) if params.rust else {}
    return {**search_paths(layout, params.native), **params.env, **rust}


def backend_environment(params: BuildParams) -> dict[str, str]:
    """The variables that are the same on every machine, with the folders of a closed build."""
    return fixed_variables(CLOSED, cpus=params.cpus, own=own_variables(CLOSED, params))
