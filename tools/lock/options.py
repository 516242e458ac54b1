"""The command line of `lock`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lock.recorded import recorded_command, recorded_lock
from lock.swap import NAMES, Swap
from lock.workspace import relative, root_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lock.inputs.build_options import BuildOptions

_DOC = "Locks what a project needs, and what building it needs, by hash."


@dataclass(frozen=True)
class Options:
    """What the command line says.

    Args:
        inputs: pinned requirements.
        output: the lock.
        overrides: the TOML file with what nobody can find out, or None.
        build: names that are built from source although there are wheels.
        build_all: the same for all.
        build_requires_from_source: build the build requirements too.
        wheel: names of those that are wheels nevertheless.
        upgrade: build requirements and crates that may change.
        pythons: the interpreters to lock for, as typed; () for the running one.
        platforms: platform tags to lock for; () for this machine's.
        check: only compare.
        swap: what is swapped, and the file to write, or None.
        leave_to_pip: names of those that are not swapped.
        part: where to write the lock for the running interpreter, as one of several; or None.
    """

    inputs: tuple[Path, ...]
    output: Path
    overrides: Path | None
    build: frozenset[str]
    build_all: bool
    build_requires_from_source: bool
    wheel: frozenset[str]
    upgrade: frozenset[str]
    pythons: tuple[str, ...]
    platforms: tuple[str, ...]
    check: bool
    swap: tuple[Swap, Path] | None
    leave_to_pip: frozenset[str]
    part: Path | None

    def builds(self, name: str, said: BuildOptions) -> bool:
        """Whether a distribution is built though there are wheels.

        Args:
            name: its name, normalised.
            said: what the inputs say; what is typed goes before it.
        """
        if name in self.wheel or name in self.build or self.build_all:
            return name not in self.wheel
        return said.builds(name)

    def command(self) -> tuple[str, ...]:
        """The command line that makes the same lock, to be typed in the root of the lock's workspace."""
        root = root_of(self.output)
        line = [relative(path, root) for path in self.inputs] + ["-o", relative(self.output, root)]
        line += ["--overrides", relative(self.overrides, root)] if self.overrides else []
        line += [f"--build={name}" for name in sorted(self.build)]
        line += ["--build-all"] if self.build_all else []
        line += ["--build-requires-from-source"] if self.build_requires_from_source else []
        line += [f"--wheel={name}" for name in sorted(self.wheel)]
        line += [f"--python={Path(python).name}" for python in self.pythons]
        line += [f"--platform={tag}" for tag in self.platforms]
        if self.swap:
            swap, module_file = self.swap
            line += ["--swap", relative(module_file, root), f"--pip-hub={swap.pip_hub}", f"--hub={swap.hub}"]
            line += [] if swap.names == "digest" else [f"--pip-names={swap.names}"]
            line += [f"--pip-names={name}={names}" for name, names in swap.other_names]
            line += [f"--leave-to-pip={name}" for name in sorted(self.leave_to_pip)]
        return tuple(line)


def parse_options(arguments: Sequence[str], folder: Path) -> Options:
    """Reads the command line; paths are relative to `folder`.

    Without requirements it is that of a lock which is there, with what is typed behind it.

    Raises:
        UserError: there is no such lock, or there are several.
    """
    parser = _parser()
    parsed = parser.parse_args(arguments)
    if not parsed.output or not parsed.inputs:
        lock = recorded_lock(parsed.inputs, parsed.output, folder)
        if not lock:
            parser.error("-o LOCK is missing: the lock to write, such as -o sdists.lock.json")
        typed = [word for word in arguments if word not in parsed.inputs]
        made = replace(parse_options([*recorded_command(lock), *typed], root_of(lock)), output=lock)
        if parsed.swap and made.swap:
            made = replace(made, swap=(made.swap[0], folder / parsed.swap))
        return replace(made, overrides=folder / parsed.overrides) if parsed.overrides else made
    if parsed.leave_to_pip and not parsed.swap:
        parser.error("--leave-to-pip is for --swap; without that, leave the distribution out of the requirements")
    return Options(
        inputs=tuple(folder / name for name in parsed.inputs),
        output=folder / parsed.output,
        overrides=folder / parsed.overrides if parsed.overrides else None,
        build=_names(parsed.build),
        build_all=parsed.build_all,
        build_requires_from_source=parsed.build_requires_from_source,
        wheel=_names(parsed.wheel),
        upgrade=_names(parsed.upgrade),
        pythons=tuple(parsed.python),
        platforms=tuple(parsed.platform),
        check=parsed.check,
        swap=(_swap(parsed), folder / parsed.swap) if parsed.swap else None,
        leave_to_pip=_names(parsed.leave_to_pip),
        part=Path(parsed.part) if parsed.part else None,
    )


def _pip_names(typed: str) -> tuple[str, str]:
    name, _, kind = typed.rpartition("=")
    if kind not in NAMES:
        raise argparse.ArgumentTypeError(f"{kind!r} is none of {', '.join(NAMES)}")
    return str(canonicalize_name(name)), kind


def _swap(parsed: argparse.Namespace) -> Swap:
    kinds = dict(parsed.pip_names)
    names = kinds.pop("", "digest")
    return Swap(parsed.pip_hub, parsed.hub, names, tuple(sorted(kinds.items())))


def _names(typed: Iterable[str]) -> frozenset[str]:
    return frozenset(map(canonicalize_name, typed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lock", description=_DOC)
    add = parser.add_argument
    files = "requirements.txt with hashes, pylock.toml or uv.lock; or a lock, which knows how it was made; default: %s"
    add("inputs", nargs="*", metavar="FILE", help=files % "the only *.lock.json here")
    add("-o", "--output", default="", metavar="LOCK", help="the lock to write")
    add("--overrides", metavar="FILE", help="TOML with what an sdist does not tell: native dependencies, patches ...")
    add("--build", action="append", default=[], metavar="NAME", help="build it though it has wheels")
    add("--build-all", action="store_true", help="build everything from source")
    add("--build-requires-from-source", action="store_true", help="build the build requirements from their sdists too")
    add("--wheel", action="append", default=[], metavar="NAME", help="but take this one as a wheel")
    add("--upgrade", action="append", default=[], metavar="NAME", help="let a build requirement, or a crate, change")
    add(
        "--python",
        action="append",
        default=[],
        metavar="PYTHON",
        help="an interpreter to lock for, such as python3.12; repeat it for several; default: the one that runs this",
    )
    add(
        "--platform",
        action="append",
        default=[],
        metavar="TAG",
        help="a platform to lock for, such as manylinux_2_28_aarch64; repeat it for several; default: this one",
    )
    add("--check", action="store_true", help="write nothing; fail with a diff when the lock is stale")
    add("--part", help=argparse.SUPPRESS)
    swap = parser.add_argument_group("the swap", "write the lines of MODULE.bazel that swap rules_python's sdists")
    swap.add_argument("--swap", metavar="FILE", help="the file to include, ending in .MODULE.bazel")
    swap.add_argument("--pip-hub", default="pypi", metavar="NAME", help="hub_name of pip.parse; %(default)s")
    swap.add_argument("--hub", default="sdists_hub", metavar="NAME", help="the name of our hub; %(default)s")
    swap.add_argument("--leave-to-pip", action="append", default=[], metavar="NAME", help="do not swap this one")
    swap.add_argument(
        "--pip-names",
        action="append",
        default=[],
        type=_pip_names,
        metavar="[NAME=]KIND",
        help=f"how rules_python names its repositories: {'; '.join(f'{key}: {what}' for key, what in NAMES.items())}",
    )
    return parser
