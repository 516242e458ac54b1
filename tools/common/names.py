"""Names that come from strangers: members of archives, files of an index, paths in build information."""

from __future__ import annotations

MAX_DEPTH = 200
"""How many folders deep a file may lie: far more than any project has, far less than breaks a program."""


def path_fault(path: str) -> str:
    """Why a path can't be trusted to lie below the folder that it is joined to.

    Args:
        path: a relative path in its shortest form, if it is a good one.

    Returns:
        such as "is absolute"; "" for a good one.
    """
    parts = path.split("/")
    if path.startswith("/"):
        return "is absolute"
    if ".." in parts:
        return "has `..` in it"
    if "" in parts or "." in parts:
        return "is not a plain path"
    if not path.isprintable():
        return "has control characters in it"
    if len(parts) - 1 > MAX_DEPTH:
        return f"is more than {MAX_DEPTH} folders deep"
    return ""


def name_fault(name: str) -> str:
    """As `path_fault`, for what has to be the plain name of a file."""
    if "/" in name or "\\" in name:
        return "is a path"
    return path_fault(name)
