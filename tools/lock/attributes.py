"""The attributes of `py_sdist_wheel` that an entry of a lock has besides its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lock.workspace import label_of

if TYPE_CHECKING:
    from lock.cargo_locks import Rust
    from lock.overrides import Override


def attributes_of(override: Override, rust: Rust | None) -> dict[str, Any]:
    """The attributes.

    Args:
        override: what the user says about the distribution.
        rust: what its build needs of Rust.
    """
    found = dict(override.attributes)
    if override.patches:
        found["patches"] = [label_of(patch) for patch in override.patches]
        found["patch_strip"] = override.patch_strip
    if override.config_settings:
        found["config_settings"] = override.config_settings
    if override.env:
        found["env"] = override.env
    if rust and rust.cargo_lock:
        found["cargo_lock"] = label_of(rust.cargo_lock)
    return found
