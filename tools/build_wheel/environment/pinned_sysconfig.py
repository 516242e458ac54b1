"""A sysconfig data module without the flags that the interpreter itself was compiled with.

Debian's CPython was built with other flags than a container's; setuptools, meson and CMake read them from `sysconfig`
and would compile extensions with them. CPython loads the module that `_PYTHON_SYSCONFIGDATA_NAME` names instead of its
own (Lib/sysconfig), so the build sees the compiler wrappers and no flags at all: those come from the wrappers.
"""

from __future__ import annotations

import importlib
import sys
import sysconfig
from typing import Any

MODULE = "_sysconfigdata__rules_sdist"

_FIXED: dict[str, Any] = {
    "AR": "ar",
    "ARFLAGS": "rcs",
    "BLDSHARED": "cc -shared",
    "CC": "cc",
    "CCSHARED": "-fPIC",
    "CFLAGSFORSHARED": "-fPIC",
    "CPP": "cc -E",
    "CXX": "c++",
    "LDCXXSHARED": "c++ -shared",
    "LDSHARED": "cc -shared",
    "LINKCC": "cc",
    "MAINCC": "cc",
    "NM": "nm",
    "Py_ENABLE_SHARED": 0,
    "RANLIB": "ranlib",
    "READELF": "readelf",
}
"""Programs by the names of their wrappers. No extension links libpython: the interpreter brings its symbols."""

_BUILD_TREE = frozenset({"CONFIG_ARGS", "abs_builddir", "abs_srcdir", "builddir", "srcdir", "BUILDPYTHON"})


def pinned_variables(own: dict[str, Any], *, prefix: str) -> dict[str, Any]:
    """The interpreter's own build variables, with its compilation flags taken out.

    Args:
        own: the interpreter's `build_time_vars`.
        prefix: where the interpreter is now; its own prefix in the values is replaced by it.

    Returns:
        the variables for the pinned module, sorted by name.
    """
    recorded = str(own.get("prefix", ""))
    result = {key: _pinned(value, recorded, prefix) for key, value in own.items() if key not in _BUILD_TREE}
    return dict(sorted({**result, **_FIXED}.items()))


def _pinned(value: Any, recorded: str, prefix: str) -> Any:
    if not isinstance(value, str):
        return value
    if any(word.startswith("-") for word in value.split()):
        return ""
    if recorded and recorded != prefix and (value == recorded or value.startswith(recorded + "/")):
        return prefix + value[len(recorded) :]
    return value


def pinned_module() -> str:
    """The text of the pinned module for the running interpreter."""
    name = sysconfig._get_sysconfigdata_name()  # type: ignore[attr-defined]
    own = importlib.import_module(name).build_time_vars
    return f"build_time_vars = {pinned_variables(own, prefix=sys.base_prefix)!r}\n"
