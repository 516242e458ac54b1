"""Checks what build information says of Rust: see `rebuild.checks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rebuild import fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildinfo.document import BuildInfo

_HASH = fields.matching("[0-9a-f]{64}", "a sha256")
CRATE: dict[str, fields.Check] = {
    "name": fields.matching("[A-Za-z0-9_-]{1,64}", "a crate's name"),
    "version": fields.matching(r"[0-9]+\.[0-9A-Za-z.+-]{1,100}", "a crate's version"),
    "sha256": _HASH,
    "root": fields.path,
    "renamed": fields.list_of(fields.path),
}
RUST: dict[str, fields.Check] = {
    "cargo": fields.path,
    "rustc": fields.path,
    "allow_prebuilt": fields.optional(fields.list_of(fields.line)),
    "cargo_lock": fields.optional(fields.path),
    "crates": fields.list_of(fields.record(CRATE)),
}
FACTS: dict[str, fields.Check] = {
    "version": fields.line,
    "host": fields.line,
    "llvm": fields.line,
    "files": fields.map_of(_HASH, fields.path),
}


def archive_name(value: Any, field: str) -> None:
    """The name of a crate's archive, or "" for what is none."""
    if value != "":
        fields.name(value, field)


def toolchain_folder(recipe: Mapping[str, Any]) -> str:
    """Where the Rust toolchain is in the execution root: above the folder `bin` of rustc."""
    return str(recipe["rust"]["rustc"]).rpartition("/")[0].rpartition("/")[0]


def check_rust(info: BuildInfo) -> None:
    """Whether crates, inputs and toolchain fit each other.

    Args:
        info: the build information, of which the types are right.

    Raises:
        UserError: names the field.
    """
    crates = [entry for entry in info.inputs if entry.crate]
    rust = info.recipe["rust"]
    if (rust is None) != (info.rust is None):
        raise fields.false("rust", "is there without recipe.rust, or that without it")
    if rust is None or info.rust is None:
        if crates:
            raise fields.false("inputs.crate", "is there, for a wheel that was built without Rust")
        return
    folder = toolchain_folder(info.recipe)
    for name in ("cargo", "rustc"):
        if not folder or rust[name] != f"{folder}/bin/{name}" or f"bin/{name}" not in info.rust["files"]:
            raise fields.false(f"recipe.rust.{name}", f"is {rust[name]}, which is no program of its toolchain")
    known = {(entry.path, entry.sha256, entry.crate) for entry in crates}
    named = {(crate["root"], crate["sha256"], f"{crate['name']}-{crate['version']}.crate") for crate in rust["crates"]}
    for root, _, file in sorted(known ^ named):
        raise fields.false("recipe.rust.crates", f"and its inputs don't have the same {file} in {root}")


def rust_places(info: BuildInfo) -> Iterator[tuple[str, str]]:
    """What is written for Rust: the toolchain's folder, with the name of its field."""
    if info.recipe["rust"] is not None:
        yield toolchain_folder(info.recipe), "recipe.rust.rustc"
