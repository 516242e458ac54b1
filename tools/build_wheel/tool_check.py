"""Checks that the tools of an action are those that Bazel knows of."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from errors import UserError

if TYPE_CHECKING:
    from build_wheel.layout import Layout
    from build_wheel.params import BuildParams


def check_tools(params: BuildParams, layout: Layout) -> None:
    """Compares the interpreter, and the compiler, with the fingerprints that are inputs of the action.

    They differ where an action runs on another machine than the one on which Bazel loaded, or where a tool was replaced
    while Bazel was at work.

    Raises:
        UserError: one is not the tool of which the fingerprint tells.
    """
    interpreter = getattr(sys, "_base_executable", sys.executable)
    _check(layout, "interpreter", interpreter, params.fingerprints.python)
    if params.cc:
        compiler = shutil.which(layout.path(params.cc.c_compiler)) or params.cc.c_compiler
        _check(layout, "compiler", compiler, params.fingerprints.compiler)


def _check(layout: Layout, kind: str, tool: str, fingerprint: str | None) -> None:
    if not fingerprint:
        return
    known = json.loads(layout.path(fingerprint).read_text(encoding="utf-8"))
    found = hashlib.sha256(Path(os.path.realpath(tool)).read_bytes()).hexdigest()
    if found not in known["files"].values():
        raise UserError(
            f"The {kind} {tool} is not the one that Bazel found when it loaded: {known['version'].splitlines()[0]}.",
            where=fingerprint,
            fix="If it was replaced just now, build again. If actions run elsewhere, register toolchains whose files "
            "are inputs, or say that the execution platform names that machine's image:\n"
            "    build --@rules_sdist//python/settings:host_tools=platform",
        )
