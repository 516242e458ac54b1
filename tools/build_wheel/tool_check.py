"""Checks that the tools of an action are those that Bazel knows of."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build_wheel.host_files.report import HostFile
from common.errors import UserError
from common.files import sha256
from fingerprint.content import Contents
from fingerprint.facts import difference
from fingerprint.remembered import own_folder

if TYPE_CHECKING:
    from build_wheel.params import BuildParams
    from isolation.layout import Layout

_MOST_LINES = 3


def known_tools(params: BuildParams, layout: Layout) -> list[Contents]:
    """Compares the tools of this machine with the fingerprints that are inputs of the action.

    They differ where an action runs on another machine than the one on which Bazel loaded, or where a tool was replaced
    while Bazel was at work.

    Args:
        params: the build's parameters.
        layout: its real directories.

    Returns:
        the files of the machine that a build sees. Where there are no fingerprints, for the execution platform is
        trusted to name the machine, those that the tools have here.

    Raises:
        UserError: one is not the tool of which the fingerprint tells, or is not there.
    """
    found = []
    for name in params.fingerprints.all():
        facts = json.loads(layout.path(name).read_text(encoding="utf-8"))
        if facts.get("input"):
            continue  # Bazel knows it
        contents = Contents.read(facts)
        if not _is_as_it_was(contents, layout.path(name)):
            _compare(contents, facts, layout.path(name), params.cc.c_compiler if params.cc else "")
        found.append(contents)
    if _is_unknown(params):
        found += _unknown_tools(params, layout)
    return found


def declared_files(params: BuildParams, layout: Layout) -> tuple[HostFile, ...]:
    """The files of the machine that a build sees because it declares them, sorted.

    Args:
        params: the build's parameters.
        layout: its real directories.

    Raises:
        UserError: one is not there.
    """
    listed = [json.loads(layout.path(name).read_text(encoding="utf-8")) for name in params.fingerprints.host_files]
    paths = {path for facts in listed for path in facts["named"]}
    if _is_unknown(params):
        paths |= {path for pattern in _patterns(params) for path in _host_files(pattern)[1]}
    return tuple(HostFile(path, _kind(path)) for path in sorted(paths))


def _kind(path: str) -> str:
    if path.endswith(("/", ".h", ".hpp")) or "/include/" in path:
        return "header"
    return "program" if os.access(path, os.X_OK) and ".so" not in path.rpartition("/")[2] else "library"


def _is_as_it_was(contents: Contents, fingerprint: Path) -> bool:
    """Whether no file has changed since the fingerprint was taken, as far as this machine is the one where it was.

    Beside it, where a sandbox's link leads to, is the state of that time; on a worker there is none.
    """
    state = Path(os.path.realpath(fingerprint) + ".state")
    known = state if state.exists() else _worker_cache(fingerprint)
    try:
        return known is not None and known.read_text(encoding="ascii") == contents.state()
    except OSError:
        return False


def _compare(contents: Contents, facts: dict[str, Any], fingerprint: Path, compiler: str) -> None:
    """Compares the content of all files, and remembers on a worker that it was done."""
    try:
        now = contents.hashed()
    except OSError as error:
        lines = [f"{error.filename}: {error.strerror}"]
    else:
        known = {key: facts[key] for key in now}
        lines = difference(known, now, names=("known", "here"))
    if not lines:
        cache = _worker_cache(fingerprint)
        if cache:
            cache.write_text(contents.state(), encoding="ascii")
        return
    more = [f"and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
    named = {
        "base": "base utilities",
        "compiler": f"compiler {compiler}",
        "host_files": "declared files",
        "interpreter": f"interpreter {sys.executable}",
    }
    tool = named.get(facts["kind"], facts["kind"])
    version = f": {facts['version'].splitlines()[0]}" if "version" in facts else ""
    raise UserError(
        f"This machine's {tool}: not what Bazel found when it loaded{version}.\n  "
        + "\n  ".join([*lines[:_MOST_LINES], *more]),
        where=fingerprint.name,
        fix="If it was replaced just now, build again. If actions run elsewhere, register toolchains whose files "
        "are inputs, or say that the execution platform names that machine's image:\n"
        "    build --@rules_sdist//python/settings:host_tools=platform",
    )


def _worker_cache(fingerprint: Path) -> Path | None:
    """A file for what was compared already, or None where there can't be one."""
    folder = own_folder()
    return folder / sha256(fingerprint) if folder else None


def _is_unknown(params: BuildParams) -> bool:
    """Whether the build sees files of the machine of which nobody has said what they are."""
    return params.isolation == "closed" and not params.fingerprints.base


def _unknown_tools(params: BuildParams, layout: Layout) -> list[Contents]:
    from fingerprint.base import base_contents
    from fingerprint.compiler import compiler_contents
    from fingerprint.interpreter import BASE, own_contents

    found = [own_contents(), base_contents()]
    found += [_host_files(pattern)[0] for pattern in _patterns(params)]
    inputs = [f"{layout.execroot}/", *_where_inputs_are(os.path.relpath(BASE, layout.execroot), layout)]
    if params.cc:
        compiler = params.cc.c_compiler
        try:
            found.append(compiler_contents(str(layout.path(compiler))))
        except (OSError, ValueError) as error:
            raise UserError(
                f"The compiler {compiler} gives no answer: {error}.",
                where=params.label,
                fix="Install that compiler, or register another C++ toolchain.",
            ) from error
        inputs += _where_inputs_are(compiler, layout)
    for prefix in inputs:
        found = [contents.without(prefix) for contents in found]
    return found


def _where_inputs_are(program: str, layout: Layout) -> list[str]:
    """The folder to which links in the execution root lead, where it has a toolchain's program."""
    folder = str(Path(program).parent)
    real = os.path.realpath(layout.path(folder))
    first = program.split("/")[0]
    return [f"{real[: -len(folder)]}{first}/"] if first and real.endswith(f"/{folder}") else []


def _patterns(params: BuildParams) -> list[str]:
    """The files that a build declares; other entries of `allow_host_files` are for mapped builds."""
    return [pattern for pattern in params.allow_host_files if pattern.startswith("/")]


def _host_files(pattern: str) -> tuple[Contents, list[str]]:
    from fingerprint.host_files import host_files_contents

    try:
        return host_files_contents(pattern)
    except ValueError as error:
        raise UserError(
            f"{pattern} of the machine, which the build declares, is not there.",
            where="`allow_host_files`",
            fix="Install it here, or build where it is installed.",
        ) from error
