"""Looks into an sdist: how it is built, what it needs for that, and what its wheel will be."""

from __future__ import annotations

import configparser
import contextlib
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from build_wheel import compilers, patches, unpack
from build_wheel import environment as build_environment
from build_wheel.backend import Backend, BackendError
from build_wheel.layout import Layout, remove_tree
from build_wheel.params import Native
from build_wheel.project import read_build_system
from build_wheel.requirements import installed_distributions, unsatisfied
from errors import UserError
from lock.choose import wheel_tags
from wheel_file.canonical import metadata_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.tags import Tag

    from lock.environments import Environment
    from lock.overrides import Override
    from lock.resolver import BuildRequirement, Resolver

_patching = threading.Lock()  # patch_ng has one logger for all

EXTENSION_TAGS = "{python}-{abi}-{platform}"
_LIMITS = unpack.Limits(max_bytes=4 << 30, max_members=200_000)
_NATIVE_SOURCES = {".c", ".cc", ".cpp", ".cxx", ".pyx", ".rs"}
_NO_NATIVE = Native((), (), (), (), (), ())


@dataclass(frozen=True)
class Inspection:
    """What an sdist told.

    Args:
        backend: its backend object.
        requires: what its build needs, PEP 518 and PEP 517.
        build_requirements: the wheels that fulfil that on this machine, closed under dependency.
        requires_dist: its wheel's dependencies.
        has_native_sources: whether it brings C, C++, Cython or Rust.
        is_universal: whether a pure wheel of it is for Python 2 too.
    """

    backend: str
    requires: tuple[str, ...]
    build_requirements: tuple[BuildRequirement, ...]
    requires_dist: tuple[str, ...]
    has_native_sources: bool
    is_universal: bool


def inspect(
    sdist: Path, resolver: Resolver, pins: Mapping[str, str], override: Override, host: Environment, *, isolated: bool
) -> Inspection:
    """Unpacks an sdist, resolves its build requirements (PEP 518), and asks its backend for more (PEP 517).

    The backend runs as it will in the build: in the same environment, and without a network where that is possible.

    Args:
        sdist: the archive.
        resolver: see there.
        pins: versions of build requirements to keep, by normalised name.
        override: what the user says about it.
        host: this machine.
        isolated: whether the backend can be kept from the network, see `can_leave_network`.

    Raises:
        UserError: it can't be read, or its requirements can't be met.
    """
    with temporary_folder() as root:
        layout = Layout(root, root / "build")
        layout.create()
        source = unpack.unpack(sdist, layout.source, _LIMITS)
        check_name(source, sdist.name)
        with _patching:
            patches.apply(override.patches, source, strip=override.patch_strip)
        system = read_build_system(source)
        requires = [*system.requires, *override.build_requires]
        requirements = resolver.resolve(requires, sdist.name, pins, host)
        kind = any(path.suffix in _NATIVE_SOURCES for path in source.rglob("*")), _is_universal(source)
        if override.requires_dist is not None:  # all is said; such a backend may not even run here
            return Inspection(system.backend, tuple(requires), requirements, override.requires_dist, *kind)
        try:
            backend, site_packages = _backend(layout, source, requirements, resolver, override, isolated)
            dynamic = backend.dynamic_requirements(override.config_settings)
            if unsatisfied(dynamic, installed_distributions(site_packages)):
                requires += dynamic
                requirements = resolver.resolve(requires, sdist.name, pins, host)
                backend, _ = _backend(layout, source, requirements, resolver, override, isolated)
            requires_dist = _requires_dist(backend, source, override)
        except BackendError as error:
            raise UserError(
                f"{sdist.name} can't be asked what it needs. {error.what}",
                where=error.where,
                fix=f"Under [distributions.{parse_sdist_filename(sdist.name)[0]}] of the overrides give what its build "
                "lacks (`build_requires`, `env`, `patches`), or say what it would answer: `requires_dist`, its "
                "run-time dependencies, and `build_requires`; then it is not asked.",
            ) from error
        return Inspection(system.backend, tuple(requires), requirements, requires_dist, *kind)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that goes away with all that a backend may have made in it."""
    folder = Path(tempfile.mkdtemp()).resolve()
    try:
        yield folder
    finally:
        remove_tree(folder)


def check_name(source: Path, sdist: str) -> None:
    """Compares the sdist's metadata, where it has any, with its file name.

    Args:
        source: the source root.
        sdist: the file's name.

    Raises:
        UserError: it is another distribution.
    """
    if not (source / "PKG-INFO").is_file():
        return
    fields = metadata_fields((source / "PKG-INFO").read_text(encoding="utf-8", errors="replace"))
    found = canonicalize_name("".join(fields.get("Name", ())[:1]))
    expected, _ = parse_sdist_filename(sdist)
    if found != expected:
        raise UserError(
            f"{sdist} says that it is the distribution {found!r}.",
            where="Name in PKG-INFO",
            fix="Don't build it; find out who put it on the index under this name.",
        )


def _backend(
    layout: Layout,
    source: Path,
    requirements: Sequence[BuildRequirement],
    resolver: Resolver,
    override: Override,
    isolated: bool,
) -> tuple[Backend, Path]:
    system = read_build_system(source)
    build_environment.remove(layout)
    site_packages = build_environment.create(layout, [str(tree) for tree in resolver.trees(requirements)])
    compilers.write_wrappers(layout, None, _NO_NATIVE, machine="x86_64", tags="py3-none-any", bundle="")
    variables = build_environment.variables(layout, tools={}, cpus=1, own=override.env)
    return Backend(layout, source, system, variables, isolated=isolated), site_packages


def _requires_dist(backend: Backend, source: Path, override: Override) -> tuple[str, ...]:
    static = source / "PKG-INFO"
    if static.is_file():
        fields = metadata_fields(static.read_text(encoding="utf-8", errors="replace"))
        dynamic = {name.lower() for name in fields.get("Dynamic", ())}
        version = _metadata_version(fields)
        # PEP 643: from 2.2 on, what is not dynamic holds for the wheel too.
        if version >= Version("2.2") and "requires-dist" not in dynamic:
            return tuple(fields.get("Requires-Dist", ()))
    return tuple(metadata_fields(backend.metadata(override.config_settings)).get("Requires-Dist", ()))


def _metadata_version(fields: Mapping[str, Sequence[str]]) -> Version:
    try:
        return Version(fields.get("Metadata-Version", ["1.0"])[0])
    except ValueError:  # InvalidVersion is one, and so is a number of thousands of digits
        return Version("1.0")


def guess_tags(version: str, other_files: Iterable[str], inspection: Inspection, tags: Sequence[Tag]) -> str:
    """The tags that the wheel will have, as far as can be told without building it.

    Args:
        version: the sdist's, normalised.
        other_files: the files that the index has of the same distribution: its wheels of this version tell most, those
            for this Python and platform first, then those for this Python.
        inspection: decides where there are none.
        tags: those of wheels for this Python and platform, the best first.

    Returns:
        a value for `wheel_tags`; a wrong guess fails the build with the value to write.
    """
    most = len(tags)
    order = {tag: place for place, tag in enumerate(tags)}
    elsewhere = {(tag.interpreter, tag.abi): place for place, tag in reversed(list(enumerate(tags)))}

    def distance(name: str) -> tuple[int, int, str]:
        found = wheel_tags(name)
        here = min((order.get(tag, most) for tag in found), default=most)
        return here, min((elsewhere.get((tag.interpreter, tag.abi), most) for tag in found), default=most), name

    for name in sorted(other_files, key=distance):
        try:
            _, wheel_version, _, _ = parse_wheel_filename(name)
        except InvalidWheelFilename:
            continue
        if str(wheel_version) != version:
            continue
        python, abi, platform = name[: -len(".whl")].split("-")[-3:]
        if platform == "any":
            return f"{python}-{abi}-any"
        if abi == "abi3":
            return f"{python}-abi3-{{platform}}"
        if abi == "none":
            return f"{python}-none-{{platform}}"
        return EXTENSION_TAGS
    if inspection.has_native_sources:
        return EXTENSION_TAGS
    return "py2.py3-none-any" if inspection.is_universal else "py3-none-any"


def _is_universal(source: Path) -> bool:
    """Whether setup.cfg asks for a wheel for Python 2 too, as old projects do."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string((source / "setup.cfg").read_text(encoding="utf-8"))
        return any(parser.getboolean(section, "universal", fallback=False) for section in ("bdist_wheel", "wheel"))
    except (OSError, ValueError, configparser.Error):
        return False
