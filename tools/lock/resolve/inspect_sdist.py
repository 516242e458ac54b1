"""Looks into an sdist: how it is built, what it needs for that, and what its wheel will be."""

from __future__ import annotations

import configparser
import contextlib
import platform
import sys
import tempfile
import threading
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from packaging.utils import InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

from build_wheel.question import Question, layout
from common.errors import UserError
from common.files import remove_tree
from lock.resolve.ask import Answer, Metadata, ask, question_about
from lock.resolve.own_metadata import check_name, is_static, static_metadata, told_by_sdist
from lock.resolve.select_file import wheel_tags
from source import patches, unpack
from source.project import check_requires_python, read_build_system

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.tags import Tag

    from lock.cargo_locks import Rust
    from lock.lockfile import LockedCrate
    from lock.overrides import Override
    from lock.resolve.ask import Machine
    from lock.resolve.pip import BuildRequirement, Resolver
    from lock.target_platforms import TargetPlatform

_patching = threading.Lock()  # patch_ng has one logger for all

EXTENSION_TAGS = "{python}-{abi}-{platform}"
_LIMITS = unpack.Limits(max_bytes=4 << 30, max_members=200_000)
_NATIVE_SOURCES = {".c", ".cc", ".cpp", ".cxx", ".pyx", ".rs"}


@dataclass(frozen=True)
class Inspection:
    """What an sdist told.

    Args:
        backend: its backend object.
        requires: what its build needs, PEP 518 and PEP 517.
        build_requirements: the wheels that fulfil that on this machine, closed under dependency.
        metadata: its wheel's.
        has_native_sources: whether it brings C, C++, Cython or Rust.
        is_universal: whether a pure wheel of it is for Python 2 too.
        rust: what its build needs of Rust; None where it needs none.
    """

    backend: str
    requires: tuple[str, ...]
    build_requirements: tuple[BuildRequirement, ...]
    metadata: Metadata
    has_native_sources: bool
    is_universal: bool
    rust: Rust | None = None

    def crates(self) -> tuple[LockedCrate, ...]:
        """The crates that its build needs."""
        return self.rust.crates if self.rust else ()


def inspect(
    sdist: Path,
    resolver: Resolver,
    pins: Mapping[str, str],
    override: Override,
    host: TargetPlatform,
    *,
    machine: Machine,
    crates: Callable[[Path, str, Sequence[str]], Rust | None],
) -> Inspection:
    """Unpacks an sdist, resolves its build requirements (PEP 518), and asks its backend for more (PEP 517).

    The backend runs as it will in the build: in the same environment, and, where that is possible, in a closed root.

    Args:
        sdist: the archive.
        resolver: see there.
        pins: versions of build requirements to keep, by normalised name.
        override: what the user says about it.
        host: this machine.
        machine: what of this machine the backend sees.
        crates: finds what a source root, its backend and its build requirements need of Rust.

    Raises:
        UserError: it can't be read, or its requirements can't be met.
    """
    with _unpacked(sdist, override) as (root, source):
        check_requires_python(system := read_build_system(source), platform.python_version(), sdist.name)
        requires = [*system.requires, *override.build_requires]
        requirements = resolver.resolve(requires, sdist.name, pins, host)
        kind = _has_native_sources(source), _is_universal(source)
        rust = crates(source, system.backend, _names(requires, requirements))
        metadata = _known_metadata(source, requires, override)
        own = told_by_sdist(source)
        question = partial(question_about, override=override, machine=machine.seen(compiler=False))
        first = question(source, trees=resolver.trees(requirements), requires=True, metadata=metadata is None)
        answer = _ask(sdist, root, first, override, own, machine)
    if not answer.complete:
        requires += answer.requires
        requirements = resolver.resolve(requires, sdist.name, pins, host)
        with _unpacked(sdist, override) as (root, source):  # once more, for the backend may have changed the first
            rust = rust or crates(source, system.backend, _names(requires, requirements))
            if metadata is None:
                again = question(source, trees=resolver.trees(requirements), requires=False, metadata=True)
                answer = _ask(sdist, root, again, override, own, machine)
    told = metadata or answer.metadata
    assert told
    return Inspection(system.backend, tuple(requires), requirements, told, *kind, rust)


def _has_native_sources(source: Path) -> bool:
    return any(path.suffix in _NATIVE_SOURCES for path in source.rglob("*"))


def _known_metadata(source: Path, requires: Sequence[str], override: Override) -> Metadata | None:
    """What is known of the wheel without asking the backend; None where that is not enough."""
    if override.requires_dist is not None:
        return replace(static_metadata(source), requires_dist=override.requires_dist)
    return static_metadata(source) if is_static(source, requires) else None


def _names(requires: Iterable[str], requirements: Iterable[BuildRequirement]) -> list[str]:
    """All that is there when it is built; one of them may bring setuptools-rust along."""
    return [*requires, *(item.name for item in requirements)]


@contextlib.contextmanager
def _unpacked(sdist: Path, override: Override) -> Iterator[tuple[Path, Path]]:
    """A folder with the directories for a backend that is asked, and in these the patched source root."""
    with temporary_folder() as root:
        layout(root).create()
        source = unpack.unpack(sdist, layout(root).source, _LIMITS)
        check_name(source, sdist.name)
        with _patching:
            patches.apply(override.patches, source, strip=override.patch_strip)
        yield root, source


def _ask(
    sdist: Path, root: Path, question: Question, override: Override, own: Metadata | None, machine: Machine
) -> Answer:
    """Asks a backend; where it fails, once more with a compiler, and then what the user and the sdist say has to do."""
    answer = ask(root, question)
    if answer.failure and machine.compiler:
        with _unpacked(sdist, override) as (again, _):
            answer = ask(again, replace(question, machine=machine.seen(compiler=True), compiler=True))
    failure = answer.failure
    if not failure or override.requires_dist is not None:  # all is said; such a backend may not even run here
        return answer
    table = f"[distributions.{parse_sdist_filename(sdist.name)[0]}]"
    if own:
        why = failure.where or failure.what.splitlines()[-1]
        print(
            f"NOTE: {sdist.name} can't be asked what it needs ({why}), so its own metadata have to do.\n"
            f"      The build says what else it lacks; that goes under {table} of the overrides.",
            file=sys.stderr,
        )
        return replace(answer, metadata=own if question.metadata else None)
    lacks = failure.advice or ("Give what its build lacks: `build_requires`, `env`, `patches`.",)
    raise UserError(
        f"{sdist.name} can't be asked what it needs. {failure.what}",
        where=f"{sdist.name}: {failure.where}" if failure.where else sdist.name,
        fix="\n  ".join(lacks)
        + f"\n  That goes under {table} of the overrides (--overrides FILE). Or say there what it "
        "would answer: `requires_dist`,\n  its run-time dependencies, and `build_requires`.",
    )


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that goes away with all that a backend may have made in it."""
    folder = Path(tempfile.mkdtemp()).resolve()
    try:
        yield folder
    finally:
        remove_tree(folder)


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
    if inspection.rust and inspection.rust.wheel_tags:
        told = inspection.rust.wheel_tags
        is_usable = "-abi3-" not in told or any(tag.abi == "abi3" for tag in tags)
        return told if is_usable else EXTENSION_TAGS
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
