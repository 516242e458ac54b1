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

_FOLDERS = ("bin", "data", "include", "site-packages")

_SHOWN = 300


@dataclass(frozen=True)
class InstallParams:
    """The parameters of one PyWheelInstall action; paths are relative to the execution root.

    Args:
        wheel: the wheel.
        tree: the folder to install into: `site-packages`, `bin`, `data`, `include`.
        bytecode: whether to compile to unchecked-hash bytecode (PEP 552).
        dist_info: the folder in which the files of the `.dist-info` folder are put once more, or None.
        entry_points: where its entry_points.txt is put once more, or an empty one where it has none; or None.
        has_entry_points: whether the wheel has one, or None where nobody knows.
        label: the target's, for messages.
    """

    wheel: str
    tree: str
    bytecode: bool
    dist_info: str | None = None
    entry_points: str | None = None
    has_entry_points: bool | None = None
    label: str = ""

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
    """Installs the wheel (PEP 427, PEP 376) and copies what is declared out of its `.dist-info`.

    Args:
        params: what and where.

    Raises:
        UserError: the wheel is not a valid one, or has entry points where it should have none, or the reverse.
    """
    os.umask(0o022)
    tree = Path(params.tree)
    if tree.is_dir():  # Bazel makes it; whoever was killed in the middle has left something in it
        shutil.rmtree(tree)
    for name in _FOLDERS:
        (tree / name).mkdir(parents=True)
    site_packages = tree / "site-packages"
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
    _copy_dist_info(params, dist_info)
    if params.bytecode:
        compile_tree(site_packages)


def _copy_dist_info(params: InstallParams, dist_info: Path) -> None:
    """What is wanted of the `.dist-info` folder, in its own place."""
    if params.dist_info:
        shutil.copytree(dist_info, params.dist_info, dirs_exist_ok=True)
    file = dist_info / "entry_points.txt"
    there = file.is_file()
    if params.has_entry_points not in (None, there):
        has, said = ("has", "lack") if there else ("lacks", "have")
        raise UserError(
            f"{Path(params.wheel).name} {has} the entry_points.txt that it was said to {said}.",
            where=f"`entry_points` of {params.label}",
            fix=f"Write `entry_points = {str(there).lower()}` for it into the lock's overrides and make the lock anew; "
            "of a py_wheel_library leave `entry_points` out.",
        )
    if params.entry_points and there:
        shutil.copyfile(file, params.entry_points)
    elif params.entry_points:
        Path(params.entry_points).touch()


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
