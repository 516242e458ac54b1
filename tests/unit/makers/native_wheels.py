"""Wheels with native code, compiled to measure, and checked."""

from __future__ import annotations

import subprocess
import sysconfig
from typing import TYPE_CHECKING

import pytest
from actions import build_params, toolchain
from archives import make_wheel

from build_wheel.cc.native_code import Source, check_wheel
from build_wheel.params import Expected
from common.errors import UserError
from formats.canonical_wheel import write_canonical_wheel
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

    from build_wheel.params import BuildParams

TAGS = "cp311-cp311-linux_x86_64"
MODULE = """
#include <Python.h>
{code}
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "{name}", NULL, -1, NULL}};
PyMODINIT_FUNC PyInit_{name}(void) {{ {call}; return PyModule_Create(&module); }}
"""


def params(**own: object) -> BuildParams:
    """The parameters of a build of `demo` 1.0 for a platform."""
    return build_params(**{"expected": Expected("demo", "1.0", TAGS, None), "cc": toolchain(), **own})


def compiled(folder: Path, name: str, code: str, *flags: str, compiler: str = "gcc") -> bytes:
    """A shared object, or with `-c` an object file, or with `-pie` a program."""
    folder.mkdir(parents=True, exist_ok=True)
    source, place = folder / f"{name}.{'cc' if 'std::' in code else 'c'}", folder / name
    source.write_text(code)
    kind = [] if {"-c", "-pie"} & set(flags) else ["-shared"]
    include = f"-I{sysconfig.get_path('include')}"
    line = [compiler, "-fPIC", include, *kind, str(source), "-o", str(place), f"-L{folder}", *flags]
    subprocess.run(line, check=True, capture_output=True)
    return place.read_bytes()


def extension(folder: Path, code: str, call: str, *flags: str, name: str = "_demo", compiler: str = "gcc") -> bytes:
    """An extension module with this code, which calls something when it is imported."""
    return compiled(folder, f"{name}.so", MODULE.format(code=code, call=call, name=name), *flags, compiler=compiler)


def library(folder: Path, name: str = "libhelp.so.1", code: str = "void help(void) {}", *flags: str) -> bytes:
    """A shared library, which calls itself by its name."""
    return compiled(folder, name, code, f"-Wl,-soname,{name}", *flags)


def check(
    folder: Path,
    files: dict[str, str | bytes],
    *,
    compression: str = "stored",
    site_packages: Path | None = None,
    source: Source | None = None,
    bundle: tuple[str, ...] = (),
    **own: object,
) -> None:
    """Checks a wheel with these files, as after a build whose output ends with an error of CMake."""
    wheel = make_wheel(folder / "made", files)
    write_canonical_wheel(wheel, folder / "finished.whl", compression=compression)
    check_wheel(
        folder / "finished.whl",
        params(**own),
        Layout(folder, folder / "root"),
        site_packages or folder / "nothing",
        source or Source(folder, ()),
        bundle,
        "a line\nerror: cmake is not there\n",
    )


def refused(folder: Path, files: dict[str, str | bytes], **own: object) -> str:
    """What the check of a wheel with these files says against it."""
    with pytest.raises(UserError) as caught:
        check(folder, files, **own)  # type: ignore[arg-type]
    return str(caught.value)
