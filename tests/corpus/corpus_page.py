"""The page that says which packages of the corpus are identical on two machines: docs/reference/corpus.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HEAD = """\
# The corpus

{identical} of {count} real sdists give the same wheel, byte for byte, on two machines that differ in all of the
below. All builds are closed. Interpreter and compiler are the same on both machines, for they are inputs
([reproducibility](../explanation/reproducibility.md)); neither machine sees the other's action cache.

{keys}

```sh
tests/corpus/run              # builds all of them on both, and writes this page
tests/corpus/run --mapped     # ... and once more, mapped
tests/corpus/run --fast       # a dozen, in CI
tests/corpus/run numpy regex  # these; --keep builds only what has changed since the last run
```

| | first machine | second machine |
|---|---|---|
{machines}

`tests/corpus/requirements.txt` pins the sdists, `sdists.lock.json` all that builds them, and `sdists.toml` says in what
the packages need help, with a reason each.

Seconds are the first machine's, with other builds at the same time.

{table}

## Not in the corpus

{reasons}
"""


@dataclass(frozen=True)
class Row:
    """One package.

    Args:
        package: its name, normalised.
        version: its version.
        backend: its PEP 517 backend.
        made_of: languages, generators and build tools, such as "C, Cython, Meson".
        allow_host_files: the files of the machine that it declares.
        identical: "yes", "no" or "not built".
        cause: why not.
        seconds: how long it takes to build.
    """

    package: str
    version: str
    backend: str
    made_of: str
    allow_host_files: tuple[str, ...]
    identical: str
    cause: str
    seconds: float


def table(rows: Sequence[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = [
        "| package | version | backend | made of | files of the machine | identical | cause if not | seconds |",
        "|---|---|---|---|---|---|---|--:|",
    ]
    for row in rows:
        cause = row.cause.replace("|", "\\|").replace("\n", " ")
        seconds = f"{row.seconds:.0f}" if row.seconds >= 10 else f"{row.seconds:.1f}"
        backend = row.backend.replace("setuptools.build_meta:__legacy__", "setup.py")
        lines.append(
            f"| {row.package} | {row.version} | {backend} | {row.made_of} | "
            f"{' '.join(map(_code, row.allow_host_files))} "
            f"| {row.identical} | {cause} | {seconds} |"
        )
    return "\n".join(lines)


def _code(text: str) -> str:
    return f"`{text}`"


def mapped_report(found: Mapping[str, str]) -> list[str]:
    """What is said of mapped builds.

    Args:
        found: by package, "same" or why a mapped build does not give the bytes of the closed one.
    """
    others = {name: cause for name, cause in found.items() if cause != "same"}
    return [
        "",
        f"Mapped, {len(found) - len(others)} of {len(found)} give the same bytes as closed. The others:",
        *(f"- {name}: {cause}" for name, cause in others.items()),
    ]


def page(
    rows: Sequence[Row], reasons: Mapping[str, str], machines: Sequence[tuple[str, str, str]], keys: Sequence[str]
) -> str:
    """The whole page.

    Args:
        rows: the packages.
        reasons: why packages that one would expect are not in the corpus.
        machines: in what the machines differ: what, on the first, on the second.
        keys: what is said of the actions' keys.
    """
    return _HEAD.format(
        identical=sum(row.identical == "yes" for row in rows),
        count=len(rows),
        keys="\n".join(keys),
        machines="\n".join(f"| {what} | {one} | {two} |" for what, one, two in machines),
        table=table(rows),
        reasons="\n".join(f"- {name}: {reason}" for name, reason in reasons.items()),
    )
