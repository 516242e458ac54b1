"""The build environment: a virtual environment of links to the installed build requirements, and its variables."""

from __future__ import annotations

import filecmp
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from build_wheel import pinned_sysconfig
from build_wheel.bootstrap import SETTINGS
from build_wheel.layout import plain_executable, remove_tree
from build_wheel.resources import write_bytecode
from errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from build_wheel.layout import Layout

SOURCE_DATE_EPOCH = 315532800
"""1980-01-01, in seconds since 1970: zip can't go below it, and 0 crashes backends."""


def create(layout: Layout, trees: Sequence[str]) -> Path:
    """Makes the virtual environment.

    Links, not copies: a tree is installed once, by its own action. Its Python is the interpreter that runs the helper.

    Args:
        layout: where.
        trees: installed build requirements, each with `site-packages` and perhaps `bin`.

    Returns:
        the environment's `site-packages`.
    """
    site_packages = _site_packages(layout)
    scripts = layout.environment / "bin"
    site_packages.mkdir(parents=True)
    scripts.mkdir()
    interpreter = Path(plain_executable(getattr(sys, "_base_executable", sys.executable)))
    (layout.environment / "pyvenv.cfg").write_text(
        f"home = {interpreter.parent}\ninclude-system-site-packages = false\n", encoding="utf-8"
    )
    for name in ("python", "python3", site_packages.parent.name):
        (scripts / name).symlink_to(interpreter)
    for tree in trees:
        link_tree(layout.path(tree) / "site-packages", site_packages)
        if (layout.path(tree) / "bin").is_dir():
            link_tree(layout.path(tree) / "bin", scripts)
    (site_packages / "rules_sdist.pth").write_text("import rules_sdist_bootstrap\n", encoding="utf-8")
    write_bytecode("bootstrap.py", site_packages / "rules_sdist_bootstrap.pyc")
    (site_packages / f"{pinned_sysconfig.MODULE}.py").write_text(pinned_sysconfig.pinned_module(), encoding="utf-8")
    return site_packages


def _site_packages(layout: Layout) -> Path:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return layout.environment / "lib" / version / "site-packages"


def remove(layout: Layout) -> None:
    """Removes the environment, for another one in its place."""
    remove_tree(layout.environment)


def link_tree(source: Path, target: Path) -> None:
    """Links each entry of `source` into `target`.

    Folders that both have are merged: namespace packages. The `__init__.py` of old-style ones is the same in all.

    Raises:
        UserError: two build requirements install one file with different content.
    """
    for entry in sorted(os.scandir(source), key=lambda entry: entry.name):
        place = target / entry.name
        if not place.exists():
            place.symlink_to(os.path.abspath(entry.path))  # noqa: PTH100 - resolving would lead out of the sandbox
        elif entry.is_dir() and place.is_dir():
            if place.is_symlink():
                shared = place.readlink()
                place.unlink()
                place.mkdir()
                link_tree(shared, place)
            link_tree(Path(entry.path), place)
        elif entry.is_dir() != place.is_dir() or not filecmp.cmp(entry.path, place, shallow=False):
            raise UserError(
                f"Two build requirements install different files as {entry.name}.",
                where=str(source),
                fix="Remove one of them from `build_requires`; perhaps one distribution is listed in two versions.",
            )


def variables(layout: Layout, *, tools: Mapping[str, str], cpus: int, own: Mapping[str, str]) -> dict[str, str]:
    """The backend's whole environment, built from nothing; also for children that lose it, see `bootstrap`.

    Args:
        layout: the directories of this build.
        tools: programs for PATH, by name; linked into the environment.
        cpus: the number of jobs.
        own: the rule's `env`; `${EXECROOT}` in a value is the execution root. It can't replace a fixed variable:
            the rule refuses that at analysis time.

    Returns:
        the variables.
    """
    for name, program in tools.items():
        link = layout.environment / "bin" / name
        if not link.is_symlink():
            link.symlink_to(layout.path(program))
    found = fixed_variables(layout, cpus=cpus, own=own)
    _site_packages(layout).mkdir(parents=True, exist_ok=True)
    text = "".join(f"{name}={value}\0" for name, value in found.items())
    (_site_packages(layout) / SETTINGS).write_bytes(os.fsencode(text))
    return found


def fixed_variables(layout: Layout, *, cpus: int, own: Mapping[str, str]) -> dict[str, str]:
    """As `variables`, but only says what they are."""
    jobs = str(cpus)
    path = [str(layout.compilers), str(layout.environment / "bin"), "/usr/bin", "/bin"]
    return {
        "AR": "ar",
        "CC": "cc",
        "CXX": "c++",
        "RANLIB": "ranlib",
        **_own(own, str(layout.execroot)),
        "CARGO_BUILD_JOBS": jobs,
        "CMAKE_BUILD_PARALLEL_LEVEL": jobs,
        "GIT_CEILING_DIRECTORIES": str(layout.root),
        "HOME": str(layout.home),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "LOGNAME": "builder",
        "MAKEFLAGS": f"-j{jobs}",
        "MAX_JOBS": jobs,
        "NO_COLOR": "1",
        "NPY_NUM_BUILD_JOBS": jobs,
        "PATH": os.pathsep.join(path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INDEX": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "RULES_SDIST_CPUS": jobs,
        "SOURCE_DATE_EPOCH": str(SOURCE_DATE_EPOCH),
        "TERM": "dumb",
        "TMPDIR": str(layout.temporary),
        "TZ": "UTC",
        "USER": "builder",
        "VIRTUAL_ENV": str(layout.environment),
        "ZERO_AR_DATE": "1",
        "_PYTHON_SYSCONFIGDATA_NAME": pinned_sysconfig.MODULE,
    }


def _own(own: Mapping[str, str], execroot: str) -> dict[str, str]:
    found = {key: value.replace("${EXECROOT}", execroot) for key, value in own.items()}
    if " " in execroot and "${EXECROOT}" in own.get("LD_PRELOAD", ""):
        # The loader splits it at blanks, but not the folders in which it then looks for plain names.
        libraries = [library.replace("${EXECROOT}", execroot) for library in own["LD_PRELOAD"].split(":")]
        folders = [os.path.dirname(library) for library in libraries]  # noqa: PTH120 - no paths to be made plain
        found["LD_PRELOAD"] = ":".join(library.rpartition("/")[2] for library in libraries)
        found["LD_LIBRARY_PATH"] = ":".join(filter(None, [*folders, found.get("LD_LIBRARY_PATH")]))
    return found
