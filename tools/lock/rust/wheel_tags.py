"""The tags of wheels that maturin and setuptools-rust make, from what Cargo.toml and pyproject.toml say."""

from __future__ import annotations

import configparser
import contextlib
import re
import sys
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from source.project import read_tool
from source.rust import MANIFEST, MATURIN, SETUPTOOLS_RUST, strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from source.cargo import Package
    from source.rust import RustProject

EXTENSION, PROGRAM = "{python}-{abi}-{platform}", "py3-none-{platform}"
_BINDINGS = ("pyo3-ffi", "pyo3")
_STABLE = re.compile(r"abi3-py(\d)(\d+)")
_IN_SETUP_PY = re.compile(r"""py_limited_api["']?\s*[:=]\s*["'](cp3\d+)["']""")
_NO_TAGS = {"bin", "cffi", "uniffi"}


def rust_wheel_tags(project: RustProject, source: Path, packages: Sequence[Package]) -> str:
    """The tags, as far as files tell.

    Args:
        project: see there.
        source: the source root.
        packages: those of its workspaces.

    Returns:
        a value for `wheel_tags`, or "" where they do not tell.
    """
    if project.tool == SETUPTOOLS_RUST and project.manifests:
        limited = _limited_api(source)
        return f"{limited}-abi3-{{platform}}" if limited else EXTENSION
    if project.tool != MATURIN or not project.manifests:
        return ""
    settings = read_tool(source, "maturin")
    bindings = settings.get("bindings")
    own = next((item for item in packages if item.folder / MANIFEST == project.manifests[0].resolve()), None)
    if own is None:
        return ""
    names = {item.name for package in packages for item in package.dependencies}
    is_program = (own.folder / "src" / "main.rs").is_file() and "cdylib" not in own.library_types
    if bindings in _NO_TAGS or (bindings is None and (is_program or not names & set(_BINDINGS))):
        return PROGRAM
    stable = _stable_abi(_features(own, packages, settings))
    return f"{stable}-abi3-{{platform}}" if stable else EXTENSION


def _features(own: Package, packages: Iterable[Package], settings: dict[str, Any]) -> dict[str, set[str]]:
    """The features of pyo3 and pyo3-ffi that a build has."""
    found: dict[str, set[str]] = {name: set() for name in _BINDINGS}
    for package in packages:
        for item in package.dependencies:
            if item.name in found and not item.development and not item.build:
                found[item.name].update(item.features)
    asked = [*_asked(settings), *([] if settings.get("no-default-features") else ["default"])]
    seen: set[str] = set()
    while asked:
        feature = asked.pop()
        if feature in seen:
            continue
        seen.add(feature)
        crate, _, name = feature.rpartition("/")
        if crate.removesuffix("?") in found:
            found[crate.removesuffix("?")].add(name)
        elif not crate:
            asked += own.features.get(feature, [])
    return found


def _asked(settings: dict[str, Any]) -> list[str]:
    """The features that [tool.maturin] asks for; some of them only for some Pythons."""
    given = settings.get("features")
    found = strings(given)
    for item in given if isinstance(given, list) else []:
        if isinstance(item, dict) and isinstance(item.get("feature"), str) and _is_for_this(item):
            found.append(item["feature"])
    return found


def _is_for_this(condition: dict[str, Any]) -> bool:
    implementation = condition.get("python-implementation", sys.implementation.name)
    try:
        wanted = SpecifierSet(str(condition.get("python-version", "")))
    except InvalidSpecifier:
        return False
    return implementation == sys.implementation.name and wanted.contains(
        f"{sys.version_info.major}.{sys.version_info.minor}"
    )


def _stable_abi(features: dict[str, set[str]]) -> str:
    """The Python tag of a wheel of the stable ABI, or "": the lowest that is named, else the Python that builds."""
    for name in _BINDINGS:
        named = [(int(found[1]), int(found[2])) for item in features[name] if (found := _STABLE.fullmatch(item))]
        if named:
            return f"cp{min(named)[0]}{min(named)[1]}"
        if "abi3" in features[name]:
            return "{python}"
    return ""


def _limited_api(source: Path) -> str:
    """What bdist_wheel is told in pyproject.toml, setup.cfg or setup.py, such as "cp38", or ""."""
    distutils = read_tool(source, "distutils").get("bdist_wheel")
    for key in ("py-limited-api", "py_limited_api"):
        if isinstance(distutils, dict) and isinstance(distutils.get(key), str):
            return str(distutils[key])
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    with contextlib.suppress(OSError, ValueError, configparser.Error):
        parser.read_string((source / "setup.cfg").read_text(encoding="utf-8"))
        for key in ("py_limited_api", "py-limited-api"):
            if parser.has_option("bdist_wheel", key):
                return parser.get("bdist_wheel", key)
    with contextlib.suppress(OSError, ValueError):
        found = _IN_SETUP_PY.search((source / "setup.py").read_text(encoding="utf-8"))
        return found.group(1) if found else ""
    return ""
