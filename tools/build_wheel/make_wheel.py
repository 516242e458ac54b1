"""Makes one wheel in a build root, inside of a closed root or not."""

from __future__ import annotations

import contextlib
import json
import platform
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import machine
from build_wheel import checks, compilers, environment, leaks, native_code, sbom
from build_wheel.audit import Audit, audit
from build_wheel.audit_origin import Origins
from build_wheel.audit_programs import Programs
from build_wheel.backend import Backend
from build_wheel.bootstrap import CountingNames
from build_wheel.fixed_machine import fixed_answers
from build_wheel.host_secrets import output_bases
from build_wheel.layout import FINISHED, RECORD, SHELL, SHELL_INSIDE
from build_wheel.leak_facts import Build
from build_wheel.make_source import make_source
from build_wheel.missing_files import explained
from build_wheel.project import check_requires_python, read_build_system
from build_wheel.public_text import PublicText
from build_wheel.requirements import check_python, installed_distributions, missing_error, unsatisfied
from errors import UserError
from processes import end_children
from wheel_file.canonical import wheel_metadata, write_canonical_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from build_wheel.layout import Layout
    from build_wheel.outside import Outside
    from build_wheel.params import BuildParams
    from fingerprint.content import Contents

_REFUSED = {"error": ("header", "library", "program"), "libraries": ("header", "library"), "record": ()}
"""Kinds of undeclared files of the machine that a build may not use, by the policy."""


def make_wheel(params: BuildParams, layout: Layout, outside: Outside, tools: Sequence[Contents] = ()) -> None:
    """Builds the wheel in the build root, and checks it: unpack, patch, environment, backend, checks, canonical wheel.

    It lies there as `FINISHED` then, and beside it, as `RECORD`, which files of the machine were used.

    Args:
        params: the parameters.
        layout: the directories, as the build sees them.
        outside: what it does not see.
        tools: where it is mapped, the files of the machine that its key knows.
    """
    is_closed = params.isolation == "closed"
    tempfile.tempdir = str(layout.root)
    tempfile._name_sequence = CountingNames()  # type: ignore[attr-defined]
    source = make_source(params, layout, layout.source)
    shipped = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    system = read_build_system(source)
    check_requires_python(system, platform.python_version(), params.label)

    with machine.naming(layout.environment):
        site_packages = environment.create(layout, params.build_requires)
    installed = installed_distributions(site_packages)
    check_python(installed.values(), platform.python_version(), params.label)
    problems = unsatisfied(system.requires, installed)
    if problems:
        raise missing_error(problems, params.label)
    tags, bundle = params.expected.tags, compilers.bundle_folder(params.expected.distribution)
    with machine.naming(layout.compilers):
        compilers.write_wrappers(
            layout,
            params.cc,
            params.native,
            machine=platform.machine(),
            tags=tags,
            bundle=bundle,
            audited=not is_closed,
        )
    libraries = compilers.bundled_libraries(layout, params.native, bundle)
    native_code.check_bundle(libraries, params)

    own = {**compilers.search_paths(layout, params.native), **params.env}
    variables = environment.variables(layout, tools=params.tools, cpus=params.cpus, own=own)
    programs = Programs(own=str(layout.compilers / compilers.WRAPPER))
    watch = (lambda: fixed_answers(params.cpus)) if is_closed else programs.watch
    backend = Backend(layout, source, system, variables, watch)
    if params.keep_build_root:
        backend.write_shell(layout.root / (SHELL_INSIDE if is_closed else SHELL), params.label)
        print(f"The build root stays; for a shell in it run: {outside.root}/{SHELL}", file=sys.stderr)
    try:
        wheels = backend.build_wheel(params.config_settings)
    except UserError as error:
        # Only now: a backend's dynamic requirements cost a process that a build which works does not need.
        dynamic: list[str] = []
        with contextlib.suppress(UserError):  # the first failure is the one to tell
            dynamic = backend.dynamic_requirements(params.config_settings)
        problems = unsatisfied(dynamic, installed)
        if problems:
            raise missing_error(problems, params.label) from None
        raise explained(error, backend.output(), params.host_files) if is_closed else error from None
    finally:
        end_children()  # what the backend left running must not change its wheel any more

    compilers.check_log(layout)
    wheel = checks.one_wheel(wheels, params)
    failed = checks.failed_compilations(layout.compilers / "log", source, shipped, params.allow_compile_failures)
    if failed:
        reason = "" if params.cc else compilers.no_compiler(tags)
        refused = checks.compilation_error(failed, params.label, backend.output(), reason)
        raise explained(refused, backend.output(), params.host_files) if is_closed else refused
    metadata = wheel_metadata(wheel)
    checks.check_identity(wheel, metadata, params, backend.output())
    found = Audit(outside.host_files, ()) if is_closed else _audited(params, layout, source, programs, tools)
    extra = dict(libraries)
    if params.sbom:
        bill = layout.root / "sbom.json"
        linked = [layout.path(library.path) for library in params.native.libraries]
        bill.write_text(sbom.sbom(metadata, linked), encoding="utf-8")
        extra[f"{metadata.dist_info}/{sbom.NAME}"] = bill
    finished = layout.root / FINISHED
    write_canonical_wheel(wheel, finished, compression=params.compression, extra_members=extra)
    brought = native_code.Source(source, shipped)
    native_code.check_wheel(finished, params, layout, site_packages, brought, libraries, backend.output())
    _check_leaks(params, layout, outside, finished)
    record = layout.root / RECORD
    with machine.naming(record):
        record.write_text(json.dumps(found.as_json(), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _audited(params: BuildParams, layout: Layout, source: Path, programs: Programs, tools: Sequence[Contents]) -> Audit:
    inputs = (*layout.linked, *sorted(output_bases(layout)))
    origins = Origins(layout, layout, inputs, params.cc, source, tuple(tools))
    found = audit(layout.compilers / "audit", programs, origins)
    kinds = _REFUSED[params.host_files_policy]
    if kinds:
        found.check(params.label, params.host_files, kinds)
    if params.keep_build_root:
        print(f"Host files: {json.dumps(found.as_json(), indent=2)}", file=sys.stderr)
    return found


def _check_leaks(params: BuildParams, layout: Layout, outside: Outside, wheel: Path) -> None:
    if params.leak_policy == "off":
        return
    shared = frozenset(Path(library.path).name for library in params.native.libraries if library.shared)
    facts = Build.until_now(outside.started, shared)
    found = leaks.find_leaks(wheel, outside.secrets, PublicText(params, layout), facts)
    if not found:
        return
    error = leaks.leak_error(found, Path(params.output).name)
    if params.leak_policy == "error":
        raise error
    print(f"WARNING: {error}", file=sys.stderr)
