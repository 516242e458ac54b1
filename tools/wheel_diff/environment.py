"""Compares what two wheels were built with, as their build information tells it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from buildinfo.document import Input, crate_parts
from fingerprint.facts import difference
from wheel_diff.printable import counted, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from buildinfo.document import BuildInfo

_NAMES = ("A", "B")
_MOST_LINES = 40
_WIDEST = 400
_DIGITS = 16


def environment_report(a: BuildInfo, b: BuildInfo, names: tuple[str, str], *, everything: bool = False) -> str:
    """In what the environments of two builds differ; "" if in nothing.

    Args:
        a: the build information of the first wheel.
        b: that of the second.
        names: what the user calls the two.
        everything: whether to leave out nothing.
    """
    parts_a, parts_b = _parts(a), _parts(b)
    sections = [
        (name, list(_lines(parts_a[name], parts_b[name])))
        for name in parts_a
        if _digest(parts_a[name]) != _digest(parts_b[name])
    ]
    if not sections:
        return ""
    text = [f"{names[0]} (A) and {names[1]} (B) were built with other {_listed([name for name, _ in sections])}"]
    for name, lines in sections:
        text += ["", f"{name}: A {_digest(parts_a[name])}, B {_digest(parts_b[name])}"]
        shown = lines if everything else lines[:_MOST_LINES]
        text += [f"  {printable(line, _WIDEST)}" for line in shown]
        if len(shown) < len(lines):
            text.append(f"  ... {counted(len(lines) - len(shown), 'more line')}; --all shows them")
    return "".join(f"{line}\n" for line in text)


def _parts(info: BuildInfo) -> dict[str, Mapping[str, Any]]:
    """What a wheel is built with, by what people call it."""
    recipe = dict(info.recipe)
    compilers = recipe.pop("cc") or {}
    return {
        "interpreter": info.interpreter or {},
        "compiler": info.compiler or {},
        "compiler flags": compilers,
        "build requirements": {_distribution(entry.wheel): entry for entry in info.inputs if entry.wheel},
        "Rust": info.rust or {},
        "crates": dict(map(_crate, (entry for entry in info.inputs if entry.crate))),
        "sources": {entry.path: entry.sha256 for entry in info.inputs if not entry.wheel and not entry.crate},
        "variables": info.environment,
        "attributes": recipe,
        "files of the machine": info.host_files,
        "rules_sdist": {"version": info.version, "sources": info.helper},
    }


def _crate(entry: Input) -> tuple[str, str]:
    """A crate's name, up to what tells it from its other versions in one lock, and its version with its hash."""
    name, version = crate_parts(entry.crate)
    return f"{name} {version.partition('.')[0]}", f"{version} (sha256 {entry.sha256[:_DIGITS]})"


def _distribution(wheel: str) -> str:
    return wheel.partition("-")[0].lower().replace(".", "_")


def _lines(a: Mapping[str, Any], b: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """A line for each value that differs; of lines of flags, and of lists, only the words that one side has."""
    for key in sorted({*a, *b}, key=lambda key: (isinstance(a.get(key, b.get(key)), dict), key)):
        one, two = a.get(key), b.get(key)
        if one == two:
            continue
        words_one, words_two = _words(one), _words(two)
        if isinstance(one, dict) and isinstance(two, dict):
            yield from _lines(one, two, f"{before}{key}: ")
        elif words_one is not None and words_two is not None:
            only = (("A", _without(words_one, words_two)), ("B", _without(words_two, words_one)))
            said = "; ".join(f"only {side}: {' '.join(words)}" for side, words in only if words)
            yield f"{before}{key}: {said or 'the same words in another order'}"
        else:
            yield from (before + line for line in difference({key: _shown(one)}, {key: _shown(two)}, names=_NAMES))


def _words(value: Any) -> list[str] | None:
    """The words of a line of flags, or of a list; None of anything else."""
    if isinstance(value, (list, tuple)):
        return [word if isinstance(word, str) else json.dumps(word) for word in value]
    return value.split() if value == "" or (isinstance(value, str) and (" -" in value or value[0] == "-")) else None


def _without(words: Sequence[str], others: Sequence[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if word not in others]


def _shown(value: Any) -> Any:
    """A value as a line says it; an input by its name and hash."""
    if isinstance(value, Input):
        return f"{value.wheel} (sha256 {value.sha256[:_DIGITS]})"
    return value


def _digest(part: Mapping[str, Any]) -> str:
    text = json.dumps(part, sort_keys=True, default=vars)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS] if part else "none"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
