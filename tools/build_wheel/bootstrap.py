"""What every Python of a build does first: make the standard library's random and host-dependent answers fixed ones.

Copied into the build environment as `rules_sdist_bootstrap` and imported by a `.pth` file, so that it also works in
children started with `-E` or `-I`, which ignore PYTHONPATH and PYTHONHASHSEED. Stands alone: no imports of ours.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder

TYPE_CHECKING = False  # importing typing would cost every Python of a build several milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any


class CountingNames:
    """Stands in for `tempfile._RandomNameSequence`: 00000000, 00000001, ...

    Creation in `tempfile` is exclusive and goes on to the next name, so that processes never share one.
    """

    def __init__(self) -> None:
        self._next = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        name = f"{self._next:08d}"
        self._next += 1
        return name


class SortedEntries:
    """Stands in for `os.scandir`'s iterator: the same entries, sorted by name."""

    def __init__(self, entries: Any) -> None:
        with entries:
            self._entries = iter(sorted(entries, key=lambda entry: entry.name))

    def __iter__(self) -> SortedEntries:
        return self

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> SortedEntries:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing to do: all entries were read at once."""


class _Replacement:
    """A function that, like the built-in one it stands in for, is no method where a class has it as an attribute.

    Python 3.9's and 3.10's `pathlib` keep `os.listdir` and `os.scandir` so.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._function(*arguments, **named)


class _TempfileFinder:
    """Patches `tempfile` when it is first imported, for importing it in every Python start would cost too much."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "tempfile":
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _count_names(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _count_names(tempfile: ModuleType) -> None:
    tempfile._RandomNameSequence = CountingNames  # type: ignore[attr-defined]
    tempfile._name_sequence = None  # type: ignore[attr-defined]


def _install(cpus: int) -> None:
    listdir, scandir, uname = os.listdir, os.scandir, os.uname
    os.listdir = _Replacement(lambda path=".": sorted(listdir(path)))
    os.scandir = _Replacement(lambda path=".": SortedEntries(scandir(path)))
    os.cpu_count = lambda: cpus
    if hasattr(os, "process_cpu_count"):
        os.process_cpu_count = lambda: cpus
    if hasattr(os, "sched_getaffinity"):
        os.sched_getaffinity = lambda _pid: set(range(cpus))
    real = uname()
    # System and machine decide what is built; the name of the host and its kernel must not. Some scripts compare the
    # parts of the release, so it has some.
    fixed = os.uname_result((real.sysname, "localhost", "5.10.0", "0", real.machine))
    os.uname = lambda: fixed
    if "tempfile" in sys.modules:  # by a `.pth` file that comes before ours
        _count_names(sys.modules["tempfile"])
    else:
        sys.meta_path.insert(0, _TempfileFinder())


if "RULES_SDIST_CPUS" in os.environ:
    _install(int(os.environ["RULES_SDIST_CPUS"]))
