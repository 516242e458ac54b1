"""Other compilers than GCC's for C: the same bytes at two paths, and neither path in any of them."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from support import CLOSED, Workspace, make_sdist

if TYPE_CHECKING:
    from collections.abc import Callable

MAPPED = CLOSED.replace("closed", "mapped")
PATHS = ("a", "another/and/much/longer/path")
TEXTS = (b"prefix-map", b"/sandbox/", b"/execroot/", b"/build/s/")


def shared_objects(workspace: Workspace, package: str) -> dict[str, bytes]:
    """The native code of all wheels of a package, without a byte of where it was made."""
    found = {}
    for file in sorted((workspace.bin() / package).glob("*.whl")):
        with zipfile.ZipFile(file) as wheel:
            for name in wheel.namelist():
                content = wheel.read(name)
                if content.startswith(b"\x7fELF"):
                    found[name] = content
                for text in (*TEXTS, str(workspace.output_base).encode(), str(workspace.root).encode()):
                    assert text not in content, f"{name}: {text!r}"
    return found


@pytest.mark.parametrize("isolation", [CLOSED, MAPPED])
def test_clang_and_lld(machines: Callable[..., Workspace], isolation: str) -> None:
    """MarkupSafe (C), greenlet (C++)."""
    wheels = ("//wheels:markupsafe_wheel", "//wheels:greenlet_wheel")
    tools = "/usr/bin/python3:/usr/lib/llvm-21/bin/clang"  # the toolchain calls it so
    hashes = []
    for place in PATHS:
        workspace = machines(place, "--repo_env=CC=clang", f"--repo_env=RULES_SDIST_HOST_TOOLS={tools}", isolation)
        workspace.build(*wheels)
        hashes.append(workspace.hashes())
        made = shared_objects(workspace, "wheels")
        assert len(made) >= len(wheels)
        for name, content in made.items():
            assert b"clang version" in content and b"Linker: " in content, name
            assert b"LLD " in content, name
    assert hashes[0] == hashes[1]


SETUP = """
import os, subprocess, sys
from setuptools import setup
from setuptools.dist import Distribution

os.makedirs("demo", exist_ok=True)
open("demo/__init__.py", "w").close()
done = subprocess.run([*COMMAND, "-o", "demo/libadd.so", os.path.abspath(SOURCE)], capture_output=True, text=True)
if done.returncode:
    sys.exit(done.stderr)

class Native(Distribution):
    def has_ext_modules(self):
        return True

setup(name="demo", version="1.0", packages=["demo"], package_data={"demo": ["*.so"]}, distclass=Native)
"""
FORTRAN = {
    "setup.py": 'COMMAND, SOURCE = ["gfortran", "-O2", "-shared", "-fPIC"], "add.f90"\n' + SETUP,
    "add.f90": """
function add(a, b) bind(c) result(c)
  use iso_c_binding
  integer(c_int), value :: a, b
  integer(c_int) :: c
  if (a > 1000000) error stop "in add.f90"
  c = a + b
end function
""",
}
GO = {
    "setup.py": 'COMMAND, SOURCE = ["go", "build", "-buildmode=c-shared", "-trimpath"], "add.go"\n' + SETUP,
    "go.mod": "module demo\n\ngo 1.21\n",
    "add.go": """
package main

// static int twice(int number) { return number + number; }
import "C"

//export Add
func Add(a, b C.int) C.int { return C.twice(a) + b }

func main() {}
""",
}
NATIVE = """
py_sdist_wheel(
    name = "demo",
    sdist = "demo-1.0.tar.gz",
    build_requires = ["@setuptools_wheel//:file"],
    host_files = HOST_FILES,
    wheel_tags = "{python}-{abi}-{platform}",
    env = ENV,
)
"""
GCC_FORTRAN = ["/usr/bin/gfortran", "/usr/bin/gfortran-16", "/usr/bin/x86_64-linux-gnu-gfortran-16"]


@pytest.mark.parametrize(
    ("language", "project", "host_files", "env"),
    [
        ("gfortran", FORTRAN, GCC_FORTRAN, {}),
        (
            "cgo",
            GO,
            ["/usr/bin/go", "/usr/lib/go-1.27/", "/usr/share/go-1.27/"],
            {"GOROOT": "/usr/lib/go-1.27", "GOCACHE": "/build/t/go", "GOTOOLCHAIN": "local"},
        ),
    ],
)
def test_gfortran_and_cgo(
    machines: Callable[..., Workspace],
    language: str,
    project: dict[str, str],
    host_files: list[str],
    env: dict[str, str],
) -> None:
    """A shared library each, compiled at its absolute path."""
    build_file = NATIVE.replace("HOST_FILES", repr(host_files)).replace("ENV", repr(env)).replace("'", '"')
    hashes = []
    for place in PATHS:
        workspace = machines(place, CLOSED, f"--repo_env=RULES_SDIST_HOST_FILES={':'.join(host_files)}")
        make_sdist(project, workspace.package(language, build_file) / "demo-1.0.tar.gz")
        workspace.build(f"//{language}:demo")
        assert shared_objects(workspace, language)
        hashes.append(workspace.hashes(language))
    assert hashes[0] == hashes[1]
