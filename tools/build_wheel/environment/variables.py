"""The backend's variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from build_wheel.environment import pinned_sysconfig
from build_wheel.environment.bootstrap import SETTINGS
from build_wheel.environment.venv import site_packages_folder
from common.times import SOURCE_DATE_EPOCH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isolation.layout import Layout


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
    site_packages_folder(layout).mkdir(parents=True, exist_ok=True)
    text = "".join(f"{name}={value}\0" for name, value in found.items())
    (site_packages_folder(layout) / SETTINGS).write_bytes(os.fsencode(text))
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
        "BUILD_PATH_PREFIX_MAP": f"/build={_encoded(str(layout.root))}",
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


def _encoded(path: str) -> str:
    """A path as https://reproducible-builds.org/specs/build-path-prefix-map/ wants it."""
    return path.replace("%", "%#").replace("=", "%+").replace(":", "%.")


def _own(own: Mapping[str, str], execroot: str) -> dict[str, str]:
    found = {key: value.replace("${EXECROOT}", execroot) for key, value in own.items()}
    if " " in execroot and "${EXECROOT}" in own.get("LD_PRELOAD", ""):
        # The loader splits it at blanks, but not the folders in which it then looks for plain names.
        libraries = [library.replace("${EXECROOT}", execroot) for library in own["LD_PRELOAD"].split(":")]
        folders = [os.path.dirname(library) for library in libraries]  # noqa: PTH120 - no paths to be made plain
        found["LD_PRELOAD"] = ":".join(library.rpartition("/")[2] for library in libraries)
        found["LD_LIBRARY_PATH"] = ":".join(filter(None, [*folders, found.get("LD_LIBRARY_PATH")]))
    return found
