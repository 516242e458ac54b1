"""An interpreter with which rules_python 0.22 starts its pip, or can't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from machine import CERTIFICATES

if TYPE_CHECKING:
    from pathlib import Path

# That pip wants what Python 3.12 removed.
_SHIM = 'import pkgutil\npkgutil.ImpImporter = type("ImpImporter", (), {})\n'


def python_for_pip(folder: Path, *, starts: bool = True) -> Path:
    """Makes a program for `python_interpreter` of `pip.parse`.

    Args:
        folder: where to put it.
        starts: whether it is Python, or a program that fails.
    """
    (folder / "shim").mkdir(parents=True)
    (folder / "shim" / "sitecustomize.py").write_text(_SHIM)
    python = folder / "python"
    variables = f'PYTHONPATH="{folder}/shim:$PYTHONPATH" REQUESTS_CA_BUNDLE={CERTIFICATES}'
    start = f'{variables} exec /usr/bin/python3 "$@"' if starts else "exit 1"
    python.write_text(f"#!/bin/sh\n{start}\n")
    python.chmod(0o755)
    return python
