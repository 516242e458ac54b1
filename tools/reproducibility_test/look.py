"""What a build in a closed root sees: a wheel of a project whose backend looks around, built as any other."""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

_WHEEL = "looked_around-1.0-py3-none-any.whl"
_FACTS = "facts.json"
_PROJECT = '[build-system]\nrequires = []\nbuild-backend = "reproducibility_test.look"\nbackend-path = ["."]\n'
_LOOK_AROUND = """
import json, sys
from pathlib import Path
sys.path.append(sys.argv[1])
from reproducibility_test.facts import facts
found = facts(jobs=sys.argv[3])
found["address_layout"] += f", an object at {id(object()):#x}"  # which libraries move
Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")
"""
_MODULES = ("__init__.py", "facts.py", "look.py", "system.py")


def source_files() -> dict[str, bytes]:
    """The project's files, by their names."""
    modules = {f"{__package__}/{name}": pkgutil.get_data(__package__, name) or b"" for name in _MODULES}
    return {"pyproject.toml": _PROJECT.encode(), **modules}


def parameters(build_params: dict[str, Any], sources: dict[str, str]) -> dict[str, Any]:
    """Parameters to build that project as a wheel is built, but for what only concerns the wheel.

    Args:
        build_params: the wheel's.
        sources: paths of the project's files below the execution root, by their names.
    """
    native = ("defines", "includes", "quote_includes", "system_includes", "libraries", "link_flags")
    return {
        **build_params,
        "build_requires": [],
        "cc": None,
        "config_settings": {},
        "env": {},
        "expected": {"distribution": "looked_around", "version": "1.0", "tags": "py3-none-any", "requires_dist": None},
        "fixed": [],
        "keep_build_root": False,
        "leak_policy": "off",
        "native": {name: [] for name in native},
        "output": _WHEEL,
        "patches": [],
        "preload": None,
        "sbom": False,
        "sdist": None,
        "sources": [[path, name] for name, path in sources.items()],
        "tools": {},
    }


def facts_in(execroot: Path) -> dict[str, str]:
    """What the wheel says that was built in an execution root."""
    with zipfile.ZipFile(execroot / _WHEEL) as wheel:
        found: dict[str, str] = json.loads(wheel.read(_FACTS))
    return found


def build_wheel(
    wheel_directory: str, config_settings: object = None, metadata_directory: str | None = None
) -> str:  # as PEP 517 has it
    """The backend: makes a wheel of what a process sees that has not been told to sort folders and the like."""
    del config_settings, metadata_directory
    command = [sys.executable, "-I", "-S", "-c", _LOOK_AROUND, str(Path.cwd()), _FACTS, os.environ["MAX_JOBS"]]
    subprocess.run(command, check=True)
    folder = "looked_around-1.0.dist-info"
    with zipfile.ZipFile(Path(wheel_directory) / _WHEEL, "w") as wheel:
        for name, text in {
            _FACTS: Path(_FACTS).read_text(encoding="utf-8"),
            f"{folder}/METADATA": "Metadata-Version: 2.1\nName: looked_around\nVersion: 1.0\n",
            f"{folder}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }.items():
            wheel.writestr(zipfile.ZipInfo(name), text)
    return _WHEEL
