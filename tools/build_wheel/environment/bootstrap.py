"""What every Python of a build does first: make the standard library's random and host-dependent answers fixed ones.

Copied into the build environment as `rules_sdist_bootstrap` and imported by a `.pth` file, so that it also works in
children started with `-E` or `-I`, which ignore PYTHONPATH and PYTHONHASHSEED, or with an environment of their own: the
build's variables are in a file beside it. Stands alone: no imports of ours. Only `-S` keeps it away.
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

SETTINGS = "rules_sdist_environment"
"""The file beside this one: the backend's variables, each ended by a NUL, as in /proc/PID/environ."""

_AGAIN = "RULES_SDIST_AGAIN"
_HIDDEN = "RULES_SDIST_HIDDEN_"


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


def _settings() -> dict[str, str]:
    """The build's variables; none where this is not a build environment's copy."""
    try:
        with open(os.path.join(os.path.dirname(__file__), SETTINGS), "rb") as file:
            text = os.fsdecode(file.read())
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in text.split("\0") if line)


def _start(settings: dict[str, str]) -> None:
    """Gives this process the build's variables where it lost them, and starts it again where its hash seed is random.

    Args:
        settings: the variables.
    """
    again = os.environ.pop(_AGAIN, "")
    for name in [name for name in os.environ if name.startswith(_HIDDEN)]:
        os.environ[name[len(_HIDDEN) :]] = os.environ.pop(name)
    if "RULES_SDIST_CPUS" not in os.environ:  # somebody emptied it
        for name, value in settings.items():
            os.environ.setdefault(name, value)
    if again == "isolated" and sys.version_info < (3, 11):
        _leave_out_first_path()
    elif not again and _has_random_seed():
        _start_again(settings)


def _has_random_seed() -> bool:
    chosen = "" if sys.flags.ignore_environment else os.environ.get("PYTHONHASHSEED", "")
    # 0 would have switched it off, but for -R.
    return bool(sys.flags.hash_randomization) and (chosen == "0" or not chosen.isdigit())


def _start_again(settings: dict[str, str]) -> None:
    """The same command in the same process, but with our hash seed; comes back only where that can't be done."""
    try:
        with open("/proc/self/cmdline", "rb") as file:  # sys.orig_argv, which Python 3.9 doesn't have
            words = os.fsdecode(file.read()).split("\0")[1:-1]
        if not os.path.samefile("/proc/self/exe", sys.executable):
            return  # a program with a Python in it
        environment = dict(os.environ)
        if sys.flags.ignore_environment:  # it sees all variables, but they have to mean nothing to Python
            for name in [name for name in environment if name.startswith("PYTHON") and name != "PYTHONHASHSEED"]:
                environment[_HIDDEN + name] = environment.pop(name)
            environment.update((name, value) for name, value in settings.items() if name.startswith("PYTHON"))
        environment["PYTHONHASHSEED"] = "0"
        environment[_AGAIN] = "isolated" if sys.flags.isolated else "yes"
        safe = ["-s", "-P"] if sys.version_info >= (3, 11) else ["-s"]
        own = safe if sys.flags.isolated else []
        os.execve(sys.executable, [sys.executable, *own, *heeding_variables(words)], environment)
    except OSError:
        return


def heeding_variables(words: Sequence[str]) -> list[str]:
    """A command line of Python without the options that have it ignore variables: -E, -I, -R.

    Args:
        words: the command line without the program.
    """
    result: list[str] = []
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] not in ("-", "--"):
        word, with_value = rest.pop(0), ""
        if word.startswith("--"):
            takes_next = word == "--check-hash-based-pycs"
        else:
            # Letters up to one with a value, which is the word's rest or the next word.
            end = next((place for place, letter in enumerate(word) if letter in "cmWX"), len(word))
            with_value = word[end : end + 1]
            takes_next = end == len(word) - 1
            word = "-" + "".join(letter for letter in word[1:end] if letter not in "EIR") + word[end:]
        result += [word] if word != "-" else []
        result += rest[:takes_next]
        rest = rest[takes_next:]
        if with_value in ("c", "m"):
            break
    return [*result, *rest]


def _leave_out_first_path() -> None:
    """What `-P` does from Python 3.11 on: neither the script's folder nor the working directory is searched."""
    done: list[str] = []

    def leave_out(event: str, arguments: tuple[Any, ...]) -> None:
        if not done and event.startswith("cpython.run_"):
            done.append(event)
            if event != "cpython.run_module" or arguments != ("__main__",):  # that is a folder or a zip
                del sys.path[0]

    sys.addaudithook(leave_out)


_variables = _settings()
if _variables:
    _start(_variables)
if "RULES_SDIST_CPUS" in os.environ:
    _install(int(os.environ["RULES_SDIST_CPUS"]))
