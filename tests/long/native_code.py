"""What two machines with different paths make of native code."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from support import Workspace

PATHS = ("a", "another/and/much/longer/path")
_TEXTS = (b"prefix-map", b"/sandbox/", b"/execroot/", b"/build/s/")


def native_code(wheels: Iterable[Path], workspace: Workspace) -> dict[str, bytes]:
    """The native code of wheels, without a byte of where it was made.

    Args:
        wheels: the files.
        workspace: where they were built.
    """
    found = {}
    for file in wheels:
        with zipfile.ZipFile(file) as wheel:
            for name in wheel.namelist():
                content = wheel.read(name)
                if content.startswith(b"\x7fELF"):
                    found[name] = content
                for text in (*_TEXTS, str(workspace.output_base).encode(), str(workspace.root).encode()):
                    assert text not in content, f"{name}: {text!r}"
    return found
