"""Installs a wheel into a folder that a py_library, or a build environment, can use."""

from __future__ import annotations

import json
import os
import py_compile
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from installer import install as install_files
from installer.destinations import SchemeDictionaryDestination
from installer.exceptions import InstallerError
from installer.scripts import Script
from installer.sources import WheelFile
from installer.utils import Scheme

from common import host_errors
from common.errors import UserError
from common.names import path_fault

if TYPE_CHECKING:
    from installer.records import RecordEntry
    from installer.scripts import ScriptSection

_INTERPRETER = "/usr/bin/env python3"
"""Scripts find their interpreter on PATH: the tree can be anywhere."""

_SHOWN = 300


@dataclass(frozen=True)
class InstallParams:
    """The parameters of one PyWheelInstall action; paths are relative to the execution root.

    Args:
        wheel: the wheel.
        tree: the folder to install into: `site-packages`, `bin`, `data`, `include`.
        dist_info: files of the `.dist-info` folder that are outputs of their own, by name; empty ones are written
            for those that the wheel lacks.
        bytecode: whether to compile to unchecked-hash bytecode (PEP 552).
    """

    wheel: str
    tree: str
    dist_info: dict[str, str]
    bytecode: bool

    @classmethod
    def read(cls, file: Path) -> InstallParams:
        """Reads the JSON file that Starlark wrote."""
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return cls(**data)


class _PortableDestination(SchemeDictionaryDestination):
    def write_to_fs(self, scheme: Scheme, path: str, stream: BinaryIO, is_executable: bool) -> RecordEntry:
        """As the base class, but nothing is written elsewhere, and scripts are executable whatever their mode.

        Raises:
            ValueError: the path, which comes from the wheel, leads out of the scheme's folder, or too deep.
        """
        if path_fault(path):
            raise ValueError(f"{path[:_SHOWN]!r} {path_fault(path)}")
        return super().write_to_fs(scheme, path, stream, is_executable or scheme == "scripts")

    def write_script(self, name: str, module: str, attr: str, section: ScriptSection) -> RecordEntry:
        """As the base class, but with a first line that installer would quote."""
        import io

        _, data = Script(name, module, attr, section).generate("python", "posix")
        body = data.partition(b"\n")[2]
        script = f"#!{_INTERPRETER}\n".encode() + body
        return self.write_to_fs(Scheme("scripts"), name, io.BytesIO(script), is_executable=True)


def install(params: InstallParams) -> None:
    """Installs the wheel (PEP 427, PEP 376) and copies the declared files out of its `.dist-info`.

    Args:
        params: what and where.

    Raises:
        UserError: the wheel is not a valid one.
    """
    os.umask(0o022)
    tree = Path(params.tree)
    if tree.is_dir():  # Bazel makes it; whoever was killed in the middle has left something in it
        shutil.rmtree(tree)
    site_packages = tree / "site-packages"
    site_packages.mkdir(parents=True, exist_ok=True)
    destination = _PortableDestination(
        {
            "purelib": str(site_packages),
            "platlib": str(site_packages),
            "scripts": str(tree / "bin"),
            "data": str(tree / "data"),
            "headers": str(tree / "include"),
        },
        interpreter=_INTERPRETER,
        script_kind="posix",
    )
    try:
        with WheelFile.open(Path(params.wheel)) as wheel:
            wheel.validate_record()
            install_files(wheel, destination, additional_metadata={"INSTALLER": b"rules_sdist\n"})
            dist_info = site_packages / wheel.dist_info_dir
    except (InstallerError, zipfile.BadZipFile, OSError, KeyError, ValueError, AssertionError) as error:
        if isinstance(error, OSError) and host_errors.is_to_blame(error):
            raise host_errors.failure(error, params.tree) from error
        raise UserError(
            f"{Path(params.wheel).name} can't be installed: {str(error) or repr(error)}",
            where=params.wheel,
            fix="Check that the file is an unmodified wheel; `pip download` it anew, or rebuild it.",
        ) from error
    for name, output in params.dist_info.items():
        if (dist_info / name).is_file():
            shutil.copyfile(dist_info / name, output)
        else:
            Path(output).touch()
    if params.bytecode:
        compile_tree(site_packages)


def compile_tree(site_packages: Path) -> None:
    """Compiles every module; the names in the bytecode are relative to `site-packages`.

    Unchecked-hash bytecode (PEP 552) has no time in it. A file that does not compile, such as a template or a test
    for another Python, is left alone, as pip does.
    """
    for file in sorted(site_packages.rglob("*.py")):
        try:
            py_compile.compile(
                str(file),
                dfile=str(file.relative_to(site_packages)),
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except (py_compile.PyCompileError, ValueError):
            continue
