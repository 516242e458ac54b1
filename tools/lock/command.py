"""The command `lock`."""

from __future__ import annotations

import difflib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import DIFFERENT, UserError
from common.libraries import OF_LOCK, library_path
from lock.cargo_locks import FOLDER, CargoLocks, cargo_lock_digests, unused_cargo_locks
from lock.inputs.build_options import build_options
from lock.inputs.own_target import own_project
from lock.inputs.read import own_projects, versions_apart
from lock.left_to_pip import left_to_pip
from lock.lockfile import DamagedLockError, Lock, read_lock, write_whole
from lock.make import make_lock
from lock.merge import merge
from lock.options import Options, parse_options
from lock.overrides import Overrides, read_overrides
from lock.resolve.dependencies import cycles
from lock.shut_in import why_not_shut_in
from lock.swap import module_text
from lock.target_platforms import target_platform_names
from lock.typed import check_typed
from lock.variants import with_variants
from lock.wanted import left_out
from lock.workspace import digests, relative

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lock.lockfile import Entry

_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


def lock(arguments: Sequence[str]) -> int:
    """Makes or checks a lock.

    Args:
        arguments: the command line.

    Returns:
        0, or 1 when `--check` finds a difference.

    Raises:
        UserError: what is wrong with the inputs, the index, an sdist or the old lock; the old lock stays as it was.
    """
    options = parse_options(arguments, Path(os.environ.get("BUILD_WORKING_DIRECTORY", ".")))
    old = _old_lock(options)
    left = left_to_pip(options)
    overrides = read_overrides(options.overrides) if options.overrides else Overrides()
    check_typed(options, overrides, old)
    if options.part:
        os.environ.pop("PYTHONPATH", None)  # for this process only, not for pip
        write_whole(options.part, make_lock(options, overrides, old, options.part.parent / FOLDER).text())
        return 0
    # A check trusts nothing: the lock may have been edited.
    current = old is not None and not options.check and _is_current(old, options, overrides)
    with tempfile.TemporaryDirectory() as folder:
        made = old if old and current else _make(options, overrides, old, arguments, Path(folder))
        texts = {**CargoLocks(options, Path(folder) / FOLDER).texts(), options.output: made.text()}
    if options.swap:
        swap, module_file = options.swap
        texts[module_file] = module_text(made, swap, options.output, left, versions_apart(options.inputs))
    if options.check:
        return _check({**texts, options.output: _as_made_then(made, old, options).text()}, options)
    for place, text in texts.items():
        place.parent.mkdir(exist_ok=True)
        write_whole(place, text)
    if options.swap and not made.sdists:
        print("Nothing is swapped: the requirements allow a wheel for everything.")
    _print_summary(made, options)
    for name in unused_cargo_locks(old, made) if old else ():
        print(f"{name} is no longer needed; delete it.")
    for name, reason in left.items():
        print(f"{name} is left to rules_python: {reason}")
    own = {} if made is old else own_projects(options.inputs)
    locked = made.built() | {wheel.distribution for wheel in made.wheels}
    for name in own:
        print(own_project(name, own, locked))
    return 0


def _old_lock(options: Options) -> Lock | None:
    try:
        return read_lock(options.output) if options.output.exists() else None
    except DamagedLockError as error:
        if options.check:
            raise
        if not options.part:
            print(f"NOTE: {error.what} So it is made from nothing: build requirements may change.", file=sys.stderr)
        return None


def _is_current(old: Lock, options: Options, overrides: Overrides) -> bool:
    """Whether nothing that a lock is made from has changed; then nobody need ask the index."""
    pythons = [_version_of(python) for python in options.pythons] or [_running()]
    names = tuple(sorted({name for python in pythons for name in target_platform_names(python, options.platforms)}))
    same = (old.environments, old.command) == (names, options.command()) and not options.upgrade
    same = same and old.build_options == build_options(options.inputs)
    same = same and not old.lacks_crates(overrides.without_rust())
    crates = cargo_lock_digests(old, options)
    return same and old.inputs in [{**digests(options, whole=whole), **crates} for whole in (False, True)]


def _check(texts: Mapping[Path, str], options: Options) -> int:
    """Compares all files with what they should be."""
    found = max(_compare(place, text) for place, text in texts.items())
    if found == DIFFERENT:
        print(f"To make it anew, type:\n  {_command_anew(options)}", file=sys.stderr)
    return found


def _as_made_then(made: Lock, old: Lock | None, options: Options) -> Lock:
    """A lock as an older rules_sdist would have written it, if one wrote the old one; what there is of that holds."""
    if not old:
        return made
    made = replace(made, answers=old.answers, overrides=made.overrides if old.answers else {})
    if not old.lacks_names():
        return made
    inputs = old.inputs if old.inputs == digests(options, whole=True) else made.inputs
    return replace(made, inputs=inputs).without_names()


def _running() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _version_of(python: str) -> str:
    program = shutil.which(python)
    done = program and subprocess.run([program, "-I", "-c", _VERSION], capture_output=True, text=True, check=False)
    if not done or done.returncode:
        raise UserError(
            f"There is no interpreter {python!r} on PATH.",
            where="--python",
            fix="Write one that is there, such as python3.12, or the path of one.",
        )
    return done.stdout.strip()


def _make(options: Options, overrides: Overrides, old: Lock | None, arguments: Sequence[str], folder: Path) -> Lock:
    """Makes a lock for all interpreters: backends, markers and pip are to be asked in each of them."""
    if not options.pythons:
        return _finished(make_lock(options, overrides, old, folder / FOLDER), options, overrides, old)
    why_not_shut_in(tell=True)
    by_version = {_version_of(python): python for python in options.pythons}
    parts = []
    for version, python in sorted(by_version.items()):
        part = folder / f"{version}.json"
        line = [str(shutil.which(python)), *this_program(), *arguments, f"--part={part}"]
        done = subprocess.run(line, env={**os.environ, "PYTHONPATH": library_path(OF_LOCK)}, check=False)
        if done.returncode:
            raise UserError(f"There is no lock for {python}.", where="--python", fix="See its message above.")
        parts.append(read_lock(part))
    return _finished(merge(parts), options, overrides, old)


def _finished(lock: Lock, options: Options, overrides: Overrides, old: Lock | None) -> Lock:
    """A lock for all target platforms: with who needs each other, names of variants, and what is left out."""
    entries: list[Entry] = [*lock.sdists, *lock.wheels]
    edges = {(entry.distribution, needed) for entry in entries for needed in entry.requires}
    locked = {entry.distribution for entry in entries}
    groups = [[name for name in group if name in locked] for group in overrides.cycles]
    left = {} if options.swap else left_out(options.inputs, locked)  # where pip.parse is kept, its hub has them
    return with_variants(replace(lock, cycles=cycles(edges, groups), left_out=left), old)


def this_program() -> list[str]:
    """What starts this program again: the folder or the zip it runs from."""
    here = Path(__file__).resolve().parent
    return [str(here)] if here.is_dir() else [str(here.parent)]


def _compare(place: Path, text: str) -> int:
    before = place.read_text(encoding="utf-8") if place.exists() else ""
    if before == text:
        return 0
    lines = difflib.unified_diff(before.splitlines(), text.splitlines(), place.name, "renewed", lineterm="")
    print("\n".join(lines))
    print(f"\n{place.name} is stale.", file=sys.stderr)
    return DIFFERENT


def _command_anew(options: Options) -> str:
    """What makes a lock anew that is there; it knows its own command."""
    folder = os.environ.get("BUILD_WORKING_DIRECTORY")
    program = ["bazel", "run", "@rules_sdist//tools/lock", "--"] if folder else ["python3", sys.argv[0]]
    lock = relative(options.output, Path(folder or ".").resolve())
    return shlex.join([*program, lock, *(f"--upgrade={name}" for name in sorted(options.upgrade))])


def _print_summary(made: Lock, options: Options) -> None:
    rows = sorted({(item.distribution, item.version, item.backend, item.wheel_tags) for item in made.sdists})
    width = max((len(name) for name, *_ in rows), default=0)
    for name, version, backend, tags in rows:
        print(f"{name:<{width}}  {version:<10} {backend:<32} {tags}")
    print(
        f"{len(rows)} from source, {len({item.distribution for item in made.wheels})} from wheels; "
        f"build requirements: {len({item.filename for item in made.build_sdists})} from source, "
        f"{len(made.build_files)} from wheels; for {', '.join(made.environments)} -> {options.output.name}"
    )
    if made.wheels and not (options.build or options.wheel or options.build_all or any(made.build_options.no_binary)):
        print("`--build NAME` or `--build-all` builds from source what comes from wheels.")
