"""Checks build information before anything is done with it: somebody may have forged it.

What passes has the types that rules_sdist writes, and its paths are plain ones below the execution root. Programs of
the machine are for `rebuild.tools`; whether all of it is true, `rebuild.command` finds out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable

from packaging.utils import canonicalize_name

from common.errors import UserError
from common.names import name_fault, path_fault
from isolation.closed import HELPER
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

_Check = Callable[[Any, str], None]
"""Takes a value and the name of its field; raises UserError."""

_MAX_NESTING = 6
_MAX_NUMBER = 1 << 50
_FORGED = "Don't use it: no rules_sdist writes this. Get the build information anew from whoever built the wheel."
_VERSION = "Use the rules_sdist that wrote it; the field `version` says which that is."


def check_document(info: BuildInfo) -> None:
    """Checks the types of all fields, that paths stay below the execution root, and that fields fit each other.

    Raises:
        UserError: names the field.
    """
    _fields(DOCUMENT)({**vars(info), "inputs": [vars(entry) for entry in info.inputs]}, "")
    _check_wheel_name(info)
    _check_places(info)
    _check_inputs(info)
    if info.compiler is not None and info.recipe["cc"] is None:
        raise _false("compiler", "is recorded, for a wheel that was built without one")


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
    places = [("inputs.path", entry.path) for entry in info.inputs if entry.wheel]
    places += [("recipe.build_root", recipe["build_root"]), ("recipe.output", recipe["output"])]
    places += [(field, path) for field, path in _read_paths(recipe) if path not in files]
    places += [(field, path) for field, path in _include_paths(recipe) if path not in folders]
    for field, path in places:
        if any((root / place).is_symlink() for place in (path, *_above(path))):
            raise _false(field, f"is {path}, which goes through a link out of the build's folder")


def _fields(checks: Mapping[str, _Check]) -> _Check:
    """An object that has these fields, and no others."""

    def check(value: Any, field: str) -> None:
        _object(value, field)
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


def _object(value: Any, field: str) -> None:
    if not isinstance(value, dict):
        raise _wrong(field, value, "an object")


def _list(item: _Check) -> _Check:
    def check(value: Any, field: str) -> None:
        if not isinstance(value, (list, tuple)):
            raise _wrong(field, value, "a list")
        for one in value:
            item(one, field)

    return check


def _map(item: _Check, key: _Check) -> _Check:
    def check(value: Any, field: str) -> None:
        _object(value, field)
        for name, one in value.items():
            key(name, field)
            item(one, f"{field}.{name}")

    return check


def _optional(item: _Check) -> _Check:
    def check(value: Any, field: str) -> None:
        if value is not None:
            item(value, field)

    return check


def _text(value: Any, field: str) -> None:
    if not isinstance(value, str) or re.search("[\0\ud800-\udfff]", value):
        raise _wrong(field, value, "a text")


def _line(value: Any, field: str) -> None:
    if not isinstance(value, str) or not value.isprintable():
        raise _wrong(field, value, "a line of text")


def _flag(value: Any, field: str) -> None:
    if not isinstance(value, bool):
        raise _wrong(field, value, "true or false")


def _number(value: Any, field: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_NUMBER:
        raise _wrong(field, value, "a number of at least 0")


def _one_of(*allowed: str) -> _Check:
    def check(value: Any, field: str) -> None:
        if not isinstance(value, str) or value not in allowed:
            raise _wrong(field, value, " or ".join(map(repr, allowed)))

    return check


def _matching(pattern: str, what: str) -> _Check:
    def check(value: Any, field: str) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise _wrong(field, value, what)

    return check


def _path(value: Any, field: str) -> None:
    _text(value, field)
    if path_fault(value):
        raise _false(field, f"is {printable(value)!r}, which {path_fault(value)}")


def _name(value: Any, field: str) -> None:
    _text(value, field)
    if name_fault(value):
        raise _false(field, f"has {printable(value)!r}, which {name_fault(value)}, where a file's name belongs")


def _wheel(value: Any, field: str) -> None:
    if value != "":
        _name(value, field)


def _folder(value: Any, field: str) -> None:
    if value != ".":
        _path(value, field)


def _program(value: Any, field: str) -> None:
    """A path below a toolchain's folder, or an absolute one: see `rebuild.tools`."""
    _line(value, field)
    if ".." in value.split("/") or not value.startswith("/"):
        _path(value, field)


def _source(value: Any, field: str) -> None:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise _wrong(field, value, "two paths")
    for path in value:
        _path(path, field)


def _facts(value: Any, field: str) -> None:
    """A fingerprint: besides these two fields anything that JSON can say, but not nested without end."""
    _object(value, field)
    _text(value.get("version"), f"{field}.version")
    _map(_hash, _text)(value.get("files"), f"{field}.files")
    level = [value]
    for _ in range(_MAX_NESTING):
        level = [child for item in level for child in _children(item)]
    if level:
        raise _wrong(field, value, "a fingerprint")


def _children(value: Any) -> list[Any]:
    return [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []


_hash = _matching("[0-9a-f]{64}", "a sha256")
_lines = _list(_line)
_paths = _list(_path)
_texts = _list(_text)
_variables = _map(_text, _matching("[A-Za-z_][A-Za-z0-9_]*", "a variable's name"))

EXPECTED: dict[str, _Check] = {
    "distribution": _matching("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", "a distribution's name"),
    "version": _matching("[A-Za-z0-9.!+_-]+", "a version"),
    "tags": _matching("[A-Za-z0-9_.]+-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+", "three tags"),
    "requires_dist": _optional(_lines),
}
CC: dict[str, _Check] = {
    **dict.fromkeys(("c_compiler", "cxx_compiler", "archiver", "linker"), _program),
    **dict.fromkeys(("c_flags", "cxx_flags", "shared_link_flags", "executable_link_flags"), _texts),
    "other_tools": _map(_program, _name),
    "env": _variables,
}
NATIVE: dict[str, _Check] = {
    "defines": _texts,
    **dict.fromkeys(("includes", "quote_includes", "system_includes"), _list(_folder)),
    "libraries": _list(_fields({"path": _path, "shared": _flag, "whole": _flag})),
    "link_flags": _texts,
}
RECIPE: dict[str, _Check] = {
    "label": _line,
    "sdist": _optional(_path),
    "sources": _list(_source),
    "build_root": _path,
    "output": _path,
    "expected": _fields(EXPECTED),
    "build_requires": _paths,
    "patches": _paths,
    "patch_strip": _number,
    "config_settings": _map(_text, _text),
    "env": _variables,
    "tools": _map(_path, _name),
    "cpus": _number,
    "compression": _one_of("stored", "deflated"),
    "leak_policy": _one_of("error", "warn", "off"),
    "allow_compile_failures": _texts,
    "host_files": _texts,
    "host_files_policy": _one_of("error", "libraries", "record"),
    "max_unpacked_bytes": _number,
    "cc": _optional(_fields(CC)),
    "native": _fields(NATIVE),
    "sbom": _flag,
    "allow_no_native_code": _flag,
    "allow_unresolved": _texts,
    "fixed": _texts,
    "isolation": _one_of("closed", "mapped"),
    "preload": _optional(_path),
    "runfiles": _map(_path, _path),
}
DOCUMENT: dict[str, _Check] = {
    "wheel": _name,
    "sha256": _hash,
    "size": _number,
    "inputs": _list(_fields({"path": _path, "sha256": _hash, "wheel": _wheel})),
    "recipe": _fields(RECIPE),
    "interpreter": _optional(_facts),
    "compiler": _optional(_facts),
    "environment": _variables,
    "host_files": _fields(dict.fromkeys(("headers", "libraries", "programs", "not_audited"), _lines)),
    "version": _line,
    "helper": _hash,
}


def _check_wheel_name(info: BuildInfo) -> None:
    """The rules compute the name from these fields, see python/private/wheel_name.bzl, and the build compares them."""
    expected = info.recipe["expected"]
    name = canonicalize_name(expected["distribution"]).replace("-", "_")
    made = f"{name}-{expected['version'].replace('-', '_')}-{expected['tags']}.whl"
    for field, found in (("wheel", info.wheel), ("recipe.output", info.recipe["output"].rpartition("/")[2])):
        if found != made:
            raise _false(field, f"names the wheel {printable(found)}; by recipe.expected it is {made}")


def _check_places(info: BuildInfo) -> None:
    """Of all that is written, nothing lies in the place of something else, or below it."""
    recipe = info.recipe
    places = [(entry.path, "inputs.path") for entry in info.inputs]
    places += [(recipe["build_root"], "recipe.build_root"), (recipe["output"], "recipe.output")]
    places.append((recipe["output"] + HOST_FILES, "recipe.output"))
    places += [(PARAMETERS, "rebuild's parameters"), (HELPER, "rebuild itself")]
    taken: dict[str, str] = {}
    for path, field in places:
        if path in taken:
            raise _false(field, f"has {path} in the place of something else ({taken[path]})")
        taken[path] = field
    for path, field in places:
        for above in _above(path):
            if above in taken:
                raise _false(field, f"has {path} in the place of something else ({taken[above]}: {above})")


def _check_inputs(info: BuildInfo) -> None:
    """What the build reads is among the inputs, which have hashes."""
    trees = {entry.path for entry in info.inputs if entry.wheel}
    files, folders = _input_places(info)
    for field, path in _read_paths(info.recipe):
        if path not in (trees if field == "recipe.build_requires" else files | folders):
            raise _false(field, f"is {path}, which is none of its inputs")


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


def _include_paths(recipe: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field in ("includes", "quote_includes", "system_includes"):
        yield from ((f"recipe.native.{field}", path) for path in recipe["native"][field])


def _input_places(info: BuildInfo) -> tuple[set[str], set[str]]:
    """The files among the inputs, and the folders that these are in."""
    files = {entry.path for entry in info.inputs if not entry.wheel}
    return files, {above for path in files for above in _above(path)}


def _above(path: str) -> Iterator[str]:
    """The folders above a path."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _wrong(field: str, value: Any, expected: str) -> UserError:
    return _false(field, f"is {printable(_short(value))}, and not {expected}")


def _short(value: Any) -> str:
    """A value for a message; one that holds others may be nested too deep to be shown."""
    return repr(value) if isinstance(value, (str, int, float)) or value is None else f"a {type(value).__name__}"


def _false(field: str, problem: str) -> UserError:
    return UserError(f"The build information's {printable(field)} {problem}.", where=printable(field), fix=_FORGED)
