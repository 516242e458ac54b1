"""Checks build information before anything is done with it: somebody may have forged it.

What passes has the types that rules_sdist writes, and its paths are plain ones below the execution root. Programs of
the machine are for `rebuild.tools`; whether all of it is true, `rebuild.command` finds out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from isolation.closed import HELPER
from rebuild import fields, wrapper
from rebuild.rust_checks import FACTS, RUST, archive_name, check_rust, rust_places
from wheel_diff.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from buildinfo.document import BuildInfo

NOT_RECORDED = {"fingerprints", "from_lock", "host_files_output", "keep_build_root"}
"""The parameters of a build that are not in a recipe."""

HOST_FILES = ".host_files.json"
"""What `rebuild` adds to the wheel's path, for the list of host files that the build writes."""

PARAMETERS = ".build_wheel.json"
"""Where `rebuild` puts the parameters of the build, in the execution root."""

_MAX_NESTING = 6


def check_document(info: BuildInfo) -> None:
    """Checks the types of all fields, that paths stay below the execution root, and that fields fit each other.

    Raises:
        UserError: names the field.
    """
    fields.record(DOCUMENT)({**vars(info), "inputs": [vars(entry) for entry in info.inputs]}, "")
    _check_wheel_name(info)
    check_rust(info)
    _check_places(info)
    _check_inputs(info)
    if info.compiler is not None and info.recipe["cc"] is None:
        raise fields.false("compiler", "is recorded, for a wheel that was built without one")


def refuse_links(info: BuildInfo, root: Path) -> None:
    """Sees to it that nothing is written to where links of the execution root lead.

    Args:
        info: the build information, checked.
        root: the execution root, with the links to a toolchain's repositories.

    Raises:
        UserError: a path goes through such a link, and nothing vouches for what is there.
    """
    files, folders = _input_places(info)
    recipe = info.recipe
    places = [("inputs.path", entry.path) for entry in info.inputs if entry.wheel or entry.crate]
    places += [("recipe.build_root", recipe["build_root"]), ("recipe.output", recipe["output"])]
    places += [(field, path) for field, path in _read_paths(recipe) if path not in files]
    places += [(field, path) for field, path in _include_paths(recipe) if path not in folders]
    for field, path in places:
        if any((root / place).is_symlink() for place in (path, *_above(path))):
            raise fields.false(field, f"is {path}, which goes through a link out of the build's folder")


def _wheel(value: Any, field: str) -> None:
    if value != "":
        fields.name(value, field)


def _folder(value: Any, field: str) -> None:
    if value != ".":
        fields.path(value, field)


def _program(value: Any, field: str) -> None:
    """A path below a toolchain's folder, or an absolute one: see `rebuild.tools`."""
    fields.line(value, field)
    if ".." in value.split("/") or not value.startswith("/"):
        fields.path(value, field)


def _source(value: Any, field: str) -> None:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise fields.wrong(field, value, "two paths")
    for path in value:
        fields.path(path, field)


def _facts(value: Any, field: str) -> None:
    """A fingerprint: besides these two fields anything that JSON can say, but not nested without end."""
    fields.mapping(value, field)
    fields.text(value.get("version"), f"{field}.version")
    fields.map_of(_hash, fields.text)(value.get("files"), f"{field}.files")
    level = [value]
    for _ in range(_MAX_NESTING):
        level = [child for item in level for child in _children(item)]
    if level:
        raise fields.wrong(field, value, "a fingerprint")


def _children(value: Any) -> list[Any]:
    return [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []


_hash = fields.matching("[0-9a-f]{64}", "a sha256")
_lines = fields.list_of(fields.line)
_paths = fields.list_of(fields.path)
_texts = fields.list_of(fields.text)
_variables = fields.map_of(fields.text, fields.matching("[A-Za-z_][A-Za-z0-9_]*", "a variable's name"))

EXPECTED: dict[str, fields.Check] = {
    "distribution": fields.matching("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", "a distribution's name"),
    "version": fields.matching("[A-Za-z0-9.!+_-]+", "a version"),
    "tags": fields.matching("[A-Za-z0-9_.]+-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+", "three tags"),
    "requires_dist": fields.optional(_lines),
}
CC: dict[str, fields.Check] = {
    **dict.fromkeys(("c_compiler", "cxx_compiler", "archiver", "linker"), _program),
    **dict.fromkeys(("c_flags", "cxx_flags", "shared_link_flags", "executable_link_flags"), _texts),
    "other_tools": fields.map_of(_program, fields.name),
    "env": _variables,
}
NATIVE: dict[str, fields.Check] = {
    "defines": _texts,
    **dict.fromkeys(("includes", "quote_includes", "system_includes"), fields.list_of(_folder)),
    "libraries": fields.list_of(fields.record({"path": fields.path, "shared": fields.flag, "whole": fields.flag})),
    "link_flags": _texts,
}
RECIPE: dict[str, fields.Check] = {
    "label": fields.line,
    "sdist": fields.optional(fields.path),
    "sources": fields.list_of(_source),
    "build_root": fields.path,
    "output": fields.path,
    "expected": fields.record(EXPECTED),
    "build_requires": _paths,
    "patches": _paths,
    "patch_strip": fields.number,
    "config_settings": fields.map_of(fields.text, fields.text),
    "env": _variables,
    "tools": fields.map_of(fields.path, fields.name),
    "cpus": fields.number,
    "compression": fields.one_of("stored", "deflated"),
    "leak_policy": fields.one_of("error", "warn", "off"),
    "allow_compile_failures": _texts,
    "allow_host_files": _texts,
    "undeclared_host_files": fields.one_of("error", "libraries", "record"),
    "max_unpacked_bytes": fields.number,
    "cc": fields.optional(fields.record(CC)),
    "native": fields.record(NATIVE),
    "sbom": fields.flag,
    "allow_no_native_code": fields.flag,
    "allow_unresolved": _texts,
    "fixed": _texts,
    "isolation": fields.one_of("closed", "mapped"),
    "preload": fields.optional(fields.path),
    "runfiles": fields.map_of(fields.path, fields.path),
    "rust": fields.optional(fields.record(RUST)),
}
DOCUMENT: dict[str, fields.Check] = {
    "wheel": fields.name,
    "sha256": _hash,
    "size": fields.number,
    "inputs": fields.list_of(
        fields.record({"path": fields.path, "sha256": _hash, "wheel": _wheel, "crate": archive_name})
    ),
    "recipe": fields.record(RECIPE),
    "interpreter": fields.optional(_facts),
    "compiler": fields.optional(_facts),
    "environment": _variables,
    "host_files": fields.record(dict.fromkeys(("headers", "libraries", "programs", "not_audited"), _lines)),
    "version": fields.line,
    "helper": _hash,
    "rust": fields.optional(fields.record(FACTS)),
}


def _check_wheel_name(info: BuildInfo) -> None:
    """The rules compute the name from these fields, see `wheel_file_name`, and the build compares them."""
    expected = info.recipe["expected"]
    name = canonicalize_name(expected["distribution"]).replace("-", "_")
    made = f"{name}-{expected['version'].replace('-', '_')}-{expected['tags']}.whl"
    for field, found in (("wheel", info.wheel), ("recipe.output", info.recipe["output"].rpartition("/")[2])):
        if found != made:
            raise fields.false(field, f"names the wheel {printable(found)}; by recipe.expected it is {made}")


def _check_places(info: BuildInfo) -> None:
    """Of all that is written, nothing lies in the place of something else, or below it."""
    recipe = info.recipe
    places = [(entry.path, "inputs.path") for entry in info.inputs]
    places += [(recipe["build_root"], "recipe.build_root"), (recipe["output"], "recipe.output")]
    places.append((recipe["output"] + HOST_FILES, "recipe.output"))
    places += rust_places(info)
    places += [(PARAMETERS, "rebuild's parameters"), (HELPER, "rebuild itself"), (wrapper.FOLDER, "rebuild itself")]
    taken: dict[str, str] = {}
    for path, field in places:
        if path in taken:
            raise fields.false(field, f"has {path} in the place of something else ({taken[path]})")
        taken[path] = field
    for path, field in places:
        for above in _above(path):
            if above in taken:
                raise fields.false(field, f"has {path} in the place of something else ({taken[above]}: {above})")


def _check_inputs(info: BuildInfo) -> None:
    """What the build reads is among the inputs, which have hashes."""
    trees = {entry.path for entry in info.inputs if entry.wheel}
    files, folders = _input_places(info)
    for field, path in _read_paths(info.recipe):
        if path not in (trees if field == "recipe.build_requires" else files | folders):
            raise fields.false(field, f"is {path}, which is none of its inputs")


def _read_paths(recipe: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The files and folders that the build reads, with the names of their fields."""
    if recipe["sdist"] is not None:
        yield "recipe.sdist", recipe["sdist"]
    yield from (("recipe.sources", path) for path, _ in recipe["sources"])
    yield from (("recipe.build_requires", path) for path in recipe["build_requires"])
    yield from (("recipe.patches", path) for path in recipe["patches"])
    yield from ((f"recipe.tools.{name}", path) for name, path in recipe["tools"].items())
    yield from ((f"recipe.runfiles.{place}", place) for place in recipe["runfiles"])  # as inputs they lie there
    if recipe["preload"] is not None:
        yield "recipe.preload", recipe["preload"]
    yield from (("recipe.native.libraries.path", library["path"]) for library in recipe["native"]["libraries"])
    if recipe["rust"] is not None and recipe["rust"]["cargo_lock"] is not None:
        yield "recipe.rust.cargo_lock", recipe["rust"]["cargo_lock"]


def _include_paths(recipe: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field in ("includes", "quote_includes", "system_includes"):
        yield from ((f"recipe.native.{field}", path) for path in recipe["native"][field])


def _input_places(info: BuildInfo) -> tuple[set[str], set[str]]:
    """The files among the inputs, and the folders that these are in."""
    files = {entry.path for entry in info.inputs if not entry.wheel and not entry.crate}
    return files, {above for path in files for above in _above(path)}


def _above(path: str) -> Iterator[str]:
    """The folders above a path."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
