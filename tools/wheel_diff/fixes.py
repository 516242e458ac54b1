"""What to do about causes: the answers that several of them share."""

from __future__ import annotations

SAME_TOOLS = "Build both with the same build requirements: pin them in `build_requires` or in the lock."
SAME_COMPILER = "Build both with the same C and C++ toolchain; py_sdist_wheel makes its flags and version an input."
MAP_PATHS = (
    "Build it with py_sdist_wheel, whose compiler wrapper maps the path to /build; "
    "by hand, compile with -ffile-prefix-map=<build path>=/build."
)
KEEP_OUT = "Keep the package from recording it, with `patches`, `env` or `config_settings`."
