"""What to do about causes: the answers that several of them share."""

from __future__ import annotations

SAME_TOOLS = "Build both with the same build requirements: pin them in `build_requires` or in the lock."
SAME_COMPILER = "Build both with the same C and C++ toolchain; py_sdist_wheel makes its flags and version an input."
MAP_PATHS = (
    "Build it with py_sdist_wheel, whose compiler wrapper maps the path to /build; "
    "by hand, compile with -ffile-prefix-map=<build path>=/build."
)
SAME_RUST = "Build both with the same rustc and cargo, the same profile and the same RUSTFLAGS, as py_sdist_wheel does."
SAME_CRATES = "Build both with the same Cargo.lock: put it into the source, or lock the crates with `lock`."
MAP_RUST_PATHS = (
    "Build it with py_sdist_wheel, whose rustc wrapper maps the path to a fixed one; "
    "by hand, compile with RUSTFLAGS=--remap-path-prefix=<path>=/build, for the project and for cargo's home."
)
KEEP_OUT = "Keep the package from recording it, with `patches`, `env` or `config_settings`."
