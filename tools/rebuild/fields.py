"""Checks the types of fields of a document, which may hold anything that JSON can say.

A check takes a value and the name of its field, and raises a UserError that names the field.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable

from common.errors import UserError
from common.names import name_fault, path_fault
from wheel_diff.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

Check = Callable[[Any, str], None]

_MAX_NUMBER = 1 << 50
_FORGED = "Don't use it: no rules_sdist writes this. Get the build information anew from whoever built the wheel."
_VERSION = "Use the rules_sdist that wrote it; the field `version` says which that is."


def record(checks: Mapping[str, Check]) -> Check:
    """An object that has these fields, and no others."""

    def check(value: Any, field: str) -> None:
        mapping(value, field)
        for key in sorted(checks.keys() | value.keys()):
            name = f"{field}.{key}" if field else key
            if key not in value:
                raise UserError(f"The build information lacks {printable(name)}.", where=printable(name), fix=_VERSION)
            if key not in checks:
                raise UserError(
                    f"The build information has {printable(name)}, which this rules_sdist does not know.",
                    where=printable(name),
                    fix=_VERSION,
                )
            checks[key](value[key], name)

    return check


def mapping(value: Any, field: str) -> None:
    """An object, whatever its fields are."""
    if not isinstance(value, dict):
        raise wrong(field, value, "an object")


def list_of(item: Check) -> Check:
    """A list, each entry of which passes a check."""

    def check(value: Any, field: str) -> None:
        if not isinstance(value, (list, tuple)):
            raise wrong(field, value, "a list")
        for one in value:
            item(one, field)

    return check


def map_of(item: Check, key: Check) -> Check:
    """An object of any number of fields: each value passes a check, and each name another one."""

    def check(value: Any, field: str) -> None:
        mapping(value, field)
        for name, one in value.items():
            key(name, field)
            item(one, f"{field}.{name}")

    return check


def optional(item: Check) -> Check:
    """None, or what passes a check."""

    def check(value: Any, field: str) -> None:
        if value is not None:
            item(value, field)

    return check


def text(value: Any, field: str) -> None:
    """A text that can be an argument or a path of a program."""
    if not isinstance(value, str) or re.search("[\0\ud800-\udfff]", value):
        raise wrong(field, value, "a text")


def line(value: Any, field: str) -> None:
    """A text that can be shown as it is."""
    if not isinstance(value, str) or not value.isprintable():
        raise wrong(field, value, "a line of text")


def flag(value: Any, field: str) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise wrong(field, value, "true or false")


def number(value: Any, field: str) -> None:
    """A number that is not negative."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_NUMBER:
        raise wrong(field, value, "a number of at least 0")


def one_of(*allowed: str) -> Check:
    """One of these texts."""

    def check(value: Any, field: str) -> None:
        if not isinstance(value, str) or value not in allowed:
            raise wrong(field, value, " or ".join(map(repr, allowed)))

    return check


def matching(pattern: str, what: str) -> Check:
    """A text that matches a pattern as a whole.

    Args:
        pattern: a regular expression.
        what: what such a text is, for the message.
    """

    def check(value: Any, field: str) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise wrong(field, value, what)

    return check


def path(value: Any, field: str) -> None:
    """A plain path below the execution root."""
    text(value, field)
    if path_fault(value):
        raise false(field, f"is {printable(value)!r}, which {path_fault(value)}")


def name(value: Any, field: str) -> None:
    """A file's plain name."""
    text(value, field)
    if name_fault(value):
        raise false(field, f"has {printable(value)!r}, which {name_fault(value)}, where a file's name belongs")


def wrong(field: str, value: Any, expected: str) -> UserError:
    """The error of a value of another type.

    Args:
        field: its name.
        value: what is there.
        expected: what belongs there.
    """
    return false(field, f"is {printable(_short(value))}, and not {expected}")


def _short(value: Any) -> str:
    """A value for a message; one that holds others may be nested too deep to be shown."""
    return repr(value) if isinstance(value, (str, int, float)) or value is None else f"a {type(value).__name__}"


def false(field: str, problem: str) -> UserError:
    """The error of a field that somebody must have forged.

    Args:
        field: its name.
        problem: the rest of a sentence that starts with the name.
    """
    return UserError(f"The build information's {printable(field)} {problem}.", where=printable(field), fix=_FORGED)
