"""Makes one wheel in a build root, inside of a closed root or not."""

from __future__ import annotations

import contextlib
import json
import platform
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from build_wheel import checks, sbom
from build_wheel.backend import Backend
from build_wheel.backend_environment import own_variables
from build_wheel.backend_failure import Facts, told
from build_wheel.cc import install_wrappers, native_code, native_deps
from build_wheel.cc.install_pkg_config import install_pkg_config
from build_wheel.compile_log import compilation_error, failed_compilations
from build_wheel.environment.bootstrap import CountingNames
from build_wheel.environment.requirements import check_python, installed_distributions, missing_error, unsatisfied
from build_wheel.environment.variables import variables
from build_wheel.environment.venv import create_venv
from build_wheel.environment.versions import check_versions
from build_wheel.given_tools import check_tools
from build_wheel.host_files.exec_monitor import Programs
from build_wheel.host_files.origin import Origins
from build_wheel.host_files.report import Audit, audit
from build_wheel.leaks import search
from build_wheel.leaks.finding import Build
from build_wheel.leaks.host_secrets import output_bases
from build_wheel.leaks.known_inputs import PublicText
from build_wheel.make_source import make_source
from build_wheel.rust import toolchain
from build_wheel.rust.failure import advised
from build_wheel.rust.own_lock import place_cargo_lock
from build_wheel.rust.prebuilt import check_prebuilt, prebuilt_files
from build_wheel.rust.vendor import vendor
from common import host_errors
from common.errors import UserError
from common.processes import end_children
from formats.canonical_wheel import wheel_metadata, write_canonical_wheel
from isolation.fixed_machine import fixed_answers
from isolation.layout import FINISHED, RECORD, SHELL, SHELL_INSIDE
from source.project import check_requires_python, read_build_system

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from build_wheel.environment.requirements import Installed
    from build_wheel.outside import Outside
    from build_wheel.params import BuildParams
    from fingerprint.content import Contents
    from formats.canonical_wheel import WheelSummary
    from isolation.layout import Layout
    from source.project import BuildSystem

_REFUSED = {"error": ("header", "library", "program"), "libraries": ("header", "library"), "record": ()}
"""Kinds of undeclared files of the machine that a build may not use, by the policy."""


def make_wheel(params: BuildParams, layout: Layout, outside: Outside, tools: Sequence[Contents] = ()) -> None:
    """Builds the wheel in the build root, and checks it: source, environment, backend, checks, canonical wheel.

    It lies there as `FINISHED` then, and beside it, as `RECORD`, which files of the machine were used.

    Args:
        params: the parameters.
        layout: the directories, as the build sees them.
        outside: what it does not see.
        tools: where it is mapped, the files of the machine that its key knows.
    """
    tempfile.tempdir = str(layout.root)
    tempfile._name_sequence = CountingNames()  # type: ignore[attr-defined]
    build = _Build(params, layout, outside, tuple(tools))
    source = _source(build)
    environment = _environment(build, source.system)
    built = _built(build, source, environment)
    used = _used(build, source, environment)
    _finish(build, source, environment, built)
    record = layout.root / RECORD
    with host_errors.naming(record):
        record.write_text(json.dumps(used.as_json(), indent=1, sort_keys=True) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _Build:
    """What every stage knows; see `make_wheel`."""

    params: BuildParams
    layout: Layout
    outside: Outside
    tools: tuple[Contents, ...]

    @property
    def is_closed(self) -> bool:
        return self.params.isolation == "closed"

    @property
    def bundle(self) -> str:
        return native_deps.bundle_folder(self.params.expected.distribution)

    def told(self, error: UserError, output: str, source: _Source) -> UserError:
        """The error of a backend or compiler, with what its output tells of the reason, and what to type."""
        by_cargo = advised(error, output, self.params.label) if self.params.rust else error
        if by_cargo is not error:
            return by_cargo
        roots = () if self.is_closed else (str(self.layout.root), str(self.layout.execroot), *self.layout.linked)
        own = frozenset(name.partition("/")[0].removesuffix(".py") for name in source.shipped)
        facts = Facts(self.params.label, self.is_closed, self.params.allow_host_files, roots, own)
        return told(error, output, facts, look=not self.params.keep_build_root)


@dataclass(frozen=True)
class _Source:
    """The unpacked and patched sdist: its root, its files' names, and its build system."""

    root: Path
    shipped: frozenset[str]
    system: BuildSystem


@dataclass(frozen=True)
class _Environment:
    """What the backend runs in.

    Args:
        site_packages: the virtual environment's.
        installed: the distributions in it.
        variables: the backend's.
        libraries: shared libraries that the wheel brings along, by their names in it.
        programs: watches which programs of the machine are started, in a mapped build.
    """

    site_packages: Path
    installed: Mapping[str, Installed]
    variables: Mapping[str, str]
    libraries: Mapping[str, Path]
    programs: Programs


@dataclass(frozen=True)
class _Built:
    """The backend's wheel, what it says of itself, and what the backend printed."""

    wheel: Path
    metadata: WheelSummary
    output: str


def _source(build: _Build) -> _Source:
    root = make_source(build.params, build.layout, build.layout.source)
    shipped = frozenset(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    system = read_build_system(root)
    if build.params.rust and build.params.rust.cargo_lock:
        place_cargo_lock(build.layout.path(build.params.rust.cargo_lock), root, system)
    check_requires_python(system, platform.python_version(), build.params.label)
    return _Source(root, shipped, system)


def _environment(build: _Build, system: BuildSystem) -> _Environment:
    params, layout = build.params, build.layout
    check_tools(params, layout)
    check_versions(layout, params.build_requires, params.label)
    with host_errors.naming(layout.environment):
        site_packages = create_venv(layout, params.build_requires)
    installed = installed_distributions(site_packages)
    check_python(installed.values(), platform.python_version(), params.label)
    problems = unsatisfied(system.requires, installed)
    if problems:
        raise missing_error(problems, params.label, from_lock=params.from_lock)
    with host_errors.naming(layout.compilers):
        install_wrappers.write_wrappers(
            layout,
            params.cc,
            params.native,
            tags=params.expected.tags,
            bundle=build.bundle,
            audited=not build.is_closed,
            rust=_rust(params, layout),
        )
        install_pkg_config(layout, params.native, params.tools)
    libraries = native_deps.bundled_libraries(layout, params.native, build.bundle)
    native_code.check_bundle(libraries, params)
    return _Environment(
        site_packages,
        installed,
        variables(layout, tools=params.tools, cpus=params.cpus, own=own_variables(layout, params)),
        libraries,
        Programs(own=str(layout.compilers)),
    )


def _rust(params: BuildParams, layout: Layout) -> tuple[Mapping[str, tuple[str, str]], Sequence[str]] | None:
    if not params.rust:
        return None
    vendor(layout, params.rust)
    if params.rust.allow_prebuilt is not None:
        check_prebuilt(prebuilt_files(layout.crates), params.rust.allow_prebuilt, params.label)
    maps = install_wrappers.mapped_paths(layout)
    return toolchain.programs(layout, params.rust), toolchain.fields(layout, params.rust, maps)


def _built(build: _Build, source: _Source, environment: _Environment) -> _Built:
    params, layout = build.params, build.layout
    watch = (lambda: fixed_answers(params.cpus)) if build.is_closed else environment.programs.watch
    backend = Backend(layout, source.root, source.system, environment.variables, watch)
    if params.keep_build_root:
        backend.keep_shell(layout.root / (SHELL_INSIDE if build.is_closed else SHELL), params.label)
    try:
        wheels = backend.build_wheel(params.config_settings)
    except UserError as error:
        # Only now: a backend's dynamic requirements cost a process that a build which works does not need.
        dynamic: list[str] = []
        with contextlib.suppress(UserError):  # the first failure is the one to tell
            dynamic = backend.dynamic_requirements(params.config_settings)
        problems = unsatisfied(dynamic, environment.installed)
        if problems:
            raise missing_error(problems, params.label, from_lock=params.from_lock) from None
        raise build.told(error, backend.output(), source) from None
    finally:
        end_children()  # what the backend left running must not change its wheel any more
    install_wrappers.check_log(layout)
    wheel, output = checks.one_wheel(wheels, params), backend.output()
    log = layout.compilers / "log"
    failed = failed_compilations(log, source.root, source.shipped, params.allow_compile_failures)
    if failed:
        reason = "" if params.cc else install_wrappers.no_compiler(params.expected.tags)
        raise build.told(compilation_error(failed, params.label, output, reason), output, source)
    metadata = wheel_metadata(wheel)
    checks.check_identity(wheel, metadata, params, output, source.shipped)
    return _Built(wheel, metadata, output)


def _used(build: _Build, source: _Source, environment: _Environment) -> Audit:
    """Which files of the machine the build has used; in a closed one those that it declares."""
    params, layout = build.params, build.layout
    if build.is_closed:
        return Audit(build.outside.host_files, ())
    inputs = (*layout.linked, *sorted(output_bases(layout)))
    if params.rust:
        inputs += toolchain.real_files(layout, params.rust)
    origins = Origins(layout, layout, inputs, params.cc, source.root, build.tools)
    found = audit(layout.compilers / "audit", environment.programs, origins)
    kinds = _REFUSED[params.undeclared_host_files]
    if kinds:
        found.check(params.label, params.allow_host_files, kinds)
    if params.keep_build_root:
        print(f"Host files: {json.dumps(found.as_json(), indent=2)}", file=sys.stderr)
    return found


def _finish(build: _Build, source: _Source, environment: _Environment, built: _Built) -> None:
    """Writes the canonical wheel, and looks at what is in it."""
    params, layout = build.params, build.layout
    extra = dict(environment.libraries)
    if params.sbom:
        bill = layout.root / "sbom.json"
        linked = [layout.path(library.path) for library in params.native.libraries]
        crates = params.rust.crates if params.rust else ()
        bill.write_text(sbom.sbom(built.metadata, linked, crates), encoding="utf-8")
        extra[f"{built.metadata.dist_info}/{sbom.NAME}"] = bill
    finished = layout.root / FINISHED
    write_canonical_wheel(built.wheel, finished, compression=params.compression, extra_members=extra)
    brought = native_code.Source(source.root, source.shipped)
    native_code.check_wheel(
        finished, params, layout, environment.site_packages, brought, environment.libraries, built.output
    )
    _check_leaks(build, finished, source.system.backend)


def _check_leaks(build: _Build, wheel: Path, backend: str) -> None:
    params, layout, outside = build.params, build.layout, build.outside
    if params.leak_policy == "off":
        return
    shared = frozenset(Path(library.path).name for library in params.native.libraries if library.shared)
    facts = Build.until_now(outside.started, shared)
    found = search.find_leaks(wheel, outside.secrets, PublicText(params, layout), facts)
    if not found:
        return
    error = search.leak_error(found, Path(params.output).name, backend, accepted=params.leak_policy == "warn")
    if params.leak_policy == "error":
        raise error
    print(f"WARNING: {error}", file=sys.stderr)
