"""Compares the tools of this machine with those that built the wheel."""

from __future__ import annotations

import pkgutil
import sys
import zipimport
from pathlib import Path
from typing import TYPE_CHECKING

from buildinfo.helper import sources_hash
from errors import UserError
from fingerprint.compiler import compiler_fingerprint
from fingerprint.content import difference
from fingerprint.interpreter import interpreter_fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from buildinfo.document import BuildInfo

_SHOWN = 12
_PACKAGES = ("build_wheel", "install_wheel", "wheel_file")


def check_tools(info: BuildInfo, toolchain: Path | None) -> None:
    """Compares the interpreter that runs this, and the compiler, with the recorded ones.

    Args:
        info: the build information.
        toolchain: the folder in which the compiler is, where it is no tool of the machine.

    Raises:
        UserError: one is another one.
    """
    if info.interpreter:
        here = interpreter_fingerprint(sys.executable).facts
        _compare("interpreter", sys.executable, info.interpreter, here, "Run rebuild with the recorded interpreter")
    if info.compiler:
        compiler = str(Path(toolchain or "", info.recipe["cc"]["c_compiler"]))
        try:
            here = compiler_fingerprint(compiler).facts
        except (OSError, ValueError) as error:
            raise UserError(
                f"The wheel was built with {info.compiler['version']}; {compiler} gives no answer: {error}.",
                where=info.wheel,
                fix="Install that compiler, or name the folder of the toolchain with --toolchain.",
            ) from error
        _compare("compiler", compiler, info.compiler, here, "Install the recorded compiler")


def _compare(kind: str, tool: str, recorded: Mapping[str, Any], here: Mapping[str, Any], fix: str) -> None:
    lines = difference(recorded, here, names=("recorded", "here"))
    if not lines:
        return
    shown = "\n".join(f"  {line}" for line in lines[:_SHOWN])
    more = f"\n  and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    raise UserError(
        f"The {kind} {tool} is not the one that built the wheel:\n{shown}{more}",
        where=f"the {kind} of this machine",
        fix=f"{fix}: the same release of the same distribution, or the image that the build ran in.",
    )


def check_helper(info: BuildInfo) -> list[str]:
    """Warnings, if another version of rules_sdist built the wheel."""
    if helper_hash() == info.helper:
        return []
    return [f"WARNING: this is not the rules_sdist that built the wheel ({info.version}, sources {info.helper[:12]})."]


def helper_hash() -> str:
    """See `sources_hash`: that of the helper which is part of this program."""
    sources = {}
    for package in _PACKAGES:
        for name in _files(package):
            content = pkgutil.get_data(package, name)
            assert content is not None, name
            sources[f"{package}/{name}"] = content
    return sources_hash(sources)


def _files(package: str) -> list[str]:
    """The names of a package's sources, also inside of a zip."""
    module = __import__(package)
    loader = module.__spec__.loader if module.__spec__ else None
    if isinstance(loader, zipimport.zipimporter):
        import zipfile

        with zipfile.ZipFile(loader.archive) as archive:
            names = archive.namelist()
        return [name.partition("/")[2] for name in names if name.startswith(package + "/") and name.endswith(".py")]
    return [path.name for path in Path(str(module.__file__)).parent.glob("*.py")]
