"""Wheels made to measure, searched for leaks."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sample_wheels import wheel_members, write_wheel

from build_wheel.leaks.finding import Build, as_word
from build_wheel.leaks.search import Leak, find_leaks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from build_wheel.leaks.secret import Secret

NOON = 1_600_000_000
"""2020-09-13 12:26:40 UTC, when all builds of these tests happen."""
BUILD = Build(NOON - 5, NOON + 5, frozenset({4711}))
NAME = "demo/data"


@dataclass(frozen=True)
class Known:
    """The inputs of a build: files with these contents, and times of build requirements."""

    files: Sequence[bytes] = ()
    times: frozenset[int] = frozenset()

    def contains(self, token: bytes) -> bool:
        return any(as_word(token).search(file) for file in self.files)

    def known_texts(self, texts: Collection[bytes]) -> set[bytes]:
        return {text for text in texts for file in self.files if text in file}

    def has_file(self, content: bytes) -> bool:
        return content in self.files

    def modification_times(self) -> frozenset[int]:
        return self.times


def search(
    folder: Path,
    content: bytes,
    name: str = NAME,
    *,
    secrets: Iterable[Secret] = (),
    inputs: Sequence[bytes] = (),
    build: Build = BUILD,
    times: Iterable[int] = (),
) -> list[Leak]:
    """The leaks of a wheel with one member that matters."""
    wheel = write_wheel(folder / "demo.whl", {**wheel_members(), name: content})
    return find_leaks(wheel, list(secrets), Known(inputs, frozenset(times)), build)


def told(leaks: Iterable[Leak]) -> list[tuple[str, str]]:
    """What leaks are, and what they say."""
    return [(leak.kind, leak.value) for leak in leaks]


def compiled(folder: Path, *flags: str, source: str = "int demo(int x) { return x + 1; }\n") -> bytes:
    """A shared library."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.c").write_text(source)
    subprocess.run(["gcc", "-shared", "-fPIC", "demo.c", *flags, "-o", "demo.so"], cwd=folder, check=True)
    return (folder / "demo.so").read_bytes()
