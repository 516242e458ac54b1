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
    place = (
        f"\n  A lock made this target: what is to be written goes under [distributions.{distribution}] of the lock's "
        "overrides (--overrides FILE);\n  then make the lock anew."
    )
    return UserError(error.what, where=error.where, fix=in_overrides(error.fix) + place)


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
    written = f"    {found['name']} = {value}{found['comment'] or ''}"
    repositories = [f'"{name}"' for name in _REPOSITORY.findall(value)] if found["name"] == "native_deps" else []
    if not repositories:
        return written
    # Bazel shows an extension's repositories no others, https://bazel.build/rules/lib/globals/module#inject_repo
    return f"{written}\n  and in MODULE.bazel, for the hub to see it: inject_repo(sdists, {', '.join(repositories)})"
