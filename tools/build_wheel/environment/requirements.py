"""Compares what a build asks for with what its environment has, before the backend finds out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from common.errors import UserError
from formats.canonical_wheel import metadata_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Installed:
    """One distribution of the build environment.

    Args:
        name: as its METADATA spells it.
        version: likewise.
        requires_dist: its own requirements.
        requires_python: the Pythons it is made for, "" for any.
    """

    name: str
    version: str
    requires_dist: tuple[str, ...]
    requires_python: str = ""


def installed_distributions(site_packages: Path) -> dict[str, Installed]:
    """The distributions in a `site-packages`, by PEP 503 name."""
    found: dict[str, Installed] = {}
    for folder in sorted(site_packages.glob("*.dist-info")):
        fields = metadata_fields((folder / "METADATA").read_text(encoding="utf-8", errors="replace"))
        distribution = Installed(
            fields["Name"][0],
            fields["Version"][0],
            tuple(fields.get("Requires-Dist", ())),
            "".join(fields.get("Requires-Python", ())[:1]),
        )
        found[canonicalize_name(distribution.name)] = distribution
    return found


def unsatisfied(requires: Iterable[str], installed: Mapping[str, Installed]) -> list[str]:
    """The requirements, and theirs in turn, that the environment does not meet.

    Args:
        requires: PEP 508 requirements.
        installed: see `installed_distributions`.

    Returns:
        one line per unmet requirement, such as "Cython>=3.0 (found Cython 0.29.37), asked for by meson-python".

    Raises:
        UserError: a requirement is not of PEP 508's form.
    """
    problems: list[str] = []
    seen: set[tuple[str, str]] = set()
    queue = [(text, "pyproject.toml", "") for text in requires]
    while queue:
        text, asker, extra = queue.pop(0)
        requirement = _parse(text, asker)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        found = installed.get(name)
        wanted = f"{requirement.name}{requirement.specifier}"
        if found is None:
            problems.append(f"{wanted} (missing), asked for by {asker}")
            continue
        if not requirement.specifier.contains(found.version, prereleases=True):
            problems.append(f"{wanted} (found {found.name} {found.version}), asked for by {asker}")
        for wanted_extra in ["", *sorted(requirement.extras)]:
            if (name, wanted_extra) not in seen:
                seen.add((name, wanted_extra))
                queue += [(line, found.name, wanted_extra) for line in found.requires_dist]
    return list(dict.fromkeys(problems))


def check_python(installed: Iterable[Installed], python: str, label: str) -> None:
    """Compares what the build requirements ask of Python with the one that there is.

    Args:
        installed: see `installed_distributions`.
        python: its version, "3.14.1".
        label: the target.

    Raises:
        UserError: one is for other Pythons.
    """
    for distribution in installed:
        if not SpecifierSet(distribution.requires_python).contains(python, prereleases=True):
            name = f"{distribution.name} {distribution.version}"
            raise UserError(
                f"The build requirement {name} needs Python {distribution.requires_python}, this is Python {python}.",
                where=f"`build_requires` of {label}",
                fix=f"Take another version of {distribution.name}, or register another Python toolchain.",
            )


def _parse(text: str, asker: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise UserError(
            f"{text!r} is not a requirement that PEP 508 knows: {error}.", where=asker, fix="Correct it with `patches`."
        ) from error


def missing_error(problems: Iterable[str], label: str, *, from_lock: bool = False) -> UserError:
    """The error for unmet build requirements: what to add, in the syntax of the attribute.

    Args:
        problems: see `unsatisfied`.
        label: the target.
        from_lock: whether a lock made it, whose overrides are TOML.
    """
    problems = list(problems)
    names = [canonicalize_name(Requirement(line.split(" (")[0]).name) for line in problems]
    lines = "".join(f'\n      "@{name}_wheel//:file",  # {line}' for name, line in zip(names, problems))
    fix = "Add (or replace) these wheels, by whatever names they have in your workspace:"
    fix += f"\n    build_requires = [..., {lines}\n    ]"
    if from_lock:
        wanted = json.dumps([line.split(" (")[0] for line in problems])
        fix = f"Have the lock add (or replace) them:\n    build_requires = {wanted}"
    return UserError(
        f"{len(problems)} build requirement(s) of {label} are missing or have the wrong version:\n  "
        + "\n  ".join(problems),
        where=f"`build_requires` of {label}",
        fix=fix,
    )
