"""Says for a target that a lock has made what to write: TOML for the lock's overrides, where else it is Starlark."""

from __future__ import annotations

import re

from common.errors import UserError

_ATTRIBUTE = re.compile(r" {4}(?P<name>[a-z_]+) = (?P<value>.*?),?(?P<comment> +#.*)?")
_NOT_TO_OVERRIDE = {"distribution", "version"}
_REPOSITORY = re.compile(r'"@([\w.-]+)//')
_WHEEL = re.compile(r"@([\w.-]+)_wheel//:file")
_WORDS = {"True": "true", "False": "false", "[..., ": "[", '": ': '" = '}


def for_lock(error: UserError, distribution: str) -> UserError:
    """The same error for a target that a lock made: nobody can write attributes on it.

    Args:
        error: its fix has attributes on lines of their own, after four blanks.
        distribution: the distribution's name.
    """
    fix = in_overrides(error.fix)
    repositories = sorted({name for line in fix.splitlines() for name in _repositories(line)})
    if repositories:
        # Bazel shows an extension's repositories no others, https://bazel.build/rules/lib/globals/module#inject_repo
        fix += f"\n  and in MODULE.bazel, for the hub to see them: inject_repo(sdists, {', '.join(repositories)})"
    place = (
        f"\n  A lock made this target: what is to be written goes under [distributions.{distribution}] of the lock's "
        "overrides (--overrides FILE);\n  then make the lock anew."
    )
    return UserError(error.what, where=error.where, fix=fix + place)


def _repositories(line: str) -> list[str]:
    """The repositories that a line of `native_deps` names, quoted."""
    return [f'"{name}"' for name in _REPOSITORY.findall(line)] if line.startswith("    native_deps = ") else []


def in_overrides(fix: str) -> str:
    """A fix with its attributes as TOML."""
    lines = [_line(line) for line in fix.splitlines()]
    return "\n".join(lines).replace("on the py_sdist_wheel", "into the overrides")


def _line(line: str) -> str:
    found = _ATTRIBUTE.fullmatch(line)
    if not found or found["name"] in _NOT_TO_OVERRIDE:
        return line
    value = found["value"]
    for starlark, toml in _WORDS.items():
        value = value.replace(starlark, toml)
    value = _WHEEL.sub(r"\1", value)
    return f"    {found['name']} = {value}{found['comment'] or ''}"
