"""Makes text from a stranger's file fit to be shown."""

from __future__ import annotations

SHOWN = 200


def printable(text: str, limit: int = SHOWN) -> str:
    r"""One line without control characters, at most `limit` characters long.

    Terminal sequences, characters that change the direction of writing and lone surrogates become `\x1b` and the like.
    """
    kept = "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text[: limit + 1]
    )
    return kept if len(text) <= limit else f"{kept[:limit]}... ({len(text)} characters)"


def counted(number: int, noun: str) -> str:
    """The number with the noun, in the plural where needed: "1 byte", "2 bytes"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: list[str], limit: int = 3) -> str:
    """The first few of a list, and how many more there are."""
    shown = ", ".join(printable(name, 100) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
