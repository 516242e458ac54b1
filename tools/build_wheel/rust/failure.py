"""What cargo's own messages mean in a build, and what to do about them."""

from __future__ import annotations

import re

from common.errors import UserError

_LOCK = "The hub of a lock has what that lists: make it anew, by its own `command`."
_CRATES = (
    "Add it to `crates`, by a `crate` tag of the extension in MODULE.bazel, or give a `cargo_lock` that fits.\n"
    f"  {_LOCK}"
)
_NEWER = (
    "Take a newer Rust (`rustup update` and `bazel fetch --configure`, RULES_SDIST_RUST, or the setting\n"
    "  @rules_sdist//python/settings:rust_toolchain), or an older release of the package."
)

# What cargo says; what that means, where it is, and what to do: {1} is the first group.
_ADVICE = (
    (
        r"no matching package named `([^`]+)` found(?:\n(?!required).*)*\nrequired by package `([^`(]+?) *(?:\(.*)?`",
        "the crate {1} is not among its crates",
        "Cargo.lock and `crates`: {2} needs it",
        _CRATES,
    ),
    (
        r"failed to select a version for the requirement `(\S+) = [^`]*`(?: \(locked to (\S+)\))?\n"
        r"candidate versions found which didn't match: (.*)",
        "the crate {1} {2} is not among its crates; there is {3}",
        "Cargo.lock and `crates`",
        _CRATES,
    ),
    (
        r"checksum for `(\S+) v([^`\s]+)` changed between lock files",
        "the crate {1} {2} has another checksum in Cargo.lock than the file that Bazel has fetched",
        "`checksum` in Cargo.lock, and `sha256` of the `crate` tag",
        f"Find out who has changed Cargo.lock, or the crate; if nobody has, write Cargo.lock's checksum. {_LOCK}",
    ),
    (
        r"rustc (\S+) is not supported by the following packages?:\n +(.*)",
        "its rustc is {1}, and that is too old",
        "{2}",
        _NEWER,
    ),
    (
        r"this version of Cargo is older than the `(\d+)` edition",
        "its cargo is too old for the edition {1}",
        "`edition` in Cargo.toml",
        _NEWER,
    ),
    (
        r"failed to load source for dependency `([^`]+)`\n\nCaused by:\n +[Uu]nable to update (\S+)",
        "the crate {1} comes from a Git repository, {2}, and there is no network",
        "the dependencies in Cargo.toml",
        "Have it come from the registry, by `patches` for Cargo.toml and a `cargo_lock` made after that.",
    ),
    (
        r"the lock file (\S*Cargo\.lock) needs to be updated but --locked was passed",
        "its Cargo.lock does not fit its Cargo.toml",
        "Cargo.lock",
        f"Give the build a `cargo_lock` that does. {_LOCK}",
    ),
)


def advised(error: UserError, output: str, label: str) -> UserError:
    """The error, with what cargo's messages mean.

    Args:
        error: that of the backend.
        output: what it printed.
        label: the target.

    Returns:
        the same error where cargo has said nothing that is known.
    """
    for pattern, what, where, fix in _ADVICE:
        found = re.search(pattern, output)
        if found:
            groups = [found[0], *(group or "" for group in found.groups())]
            meant, place = what.format(*groups).replace("  ", " "), where.format(*groups)
            return UserError(f"{error.what}\n{label}: {meant}.", where=place, fix=fix)
    return error
