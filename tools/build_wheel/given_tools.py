"""Looks at the programs in `tools` before a build needs them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from common.errors import UserError

if TYPE_CHECKING:
    from build_wheel.params import BuildParams
    from isolation.layout import Layout


def check_tools(params: BuildParams, layout: Layout) -> None:
    """Refuses a program that can't be started.

    Raises:
        UserError: a file in `tools` is not executable.
    """
    for name, path in params.tools.items():
        if not os.access(layout.path(path), os.X_OK):
            raise UserError(
                f"{params.label}: {name} in `tools` is not executable.",
                where=path,
                fix=f"Let it be started, and see that version control keeps that:\n    chmod +x {path}",
            )
