"""Wheels that would be silently wrong: without their extension, or with one that can't be loaded."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from support import backend_project, make_sdist

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support import Workspace

ATTRIBUTES = 'build_requires = ["@setuptools_wheel//:file"], wheel_tags = "{python}-{abi}-{platform}",'

# As real ones do: without the tool there is no extension, and nobody hears of it.
SETUP_WITHOUT_CMAKE = """
import shutil
from setuptools import Distribution, Extension, setup

class Binary(Distribution):
    def has_ext_modules(self):
        return True

extensions = [Extension("demo._demo", ["_demo.c"])] if shutil.which("no-such-cmake") else []
setup(name="demo", version="1.0", packages=["demo"], ext_modules=extensions, distclass=Binary)
"""
SETUP = """
from setuptools import Extension, setup
setup(name="demo", version="1.0", packages=["demo"], ext_modules=[Extension("demo._demo", ["_demo.c"])])
"""
MODULE = """
#include <Python.h>
int outside(void);
static PyObject *value(PyObject *self, PyObject *unused) { return PyLong_FromLong(outside()); }
static PyMethodDef methods[] = {{"value", value, METH_NOARGS, ""}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_demo", NULL, -1, methods};
PyMODINIT_FUNC PyInit__demo(void) { return PyModule_Create(&module); }
"""


def project(setup: str = SETUP, **files: str) -> dict[str, bytes | str]:
    return {"setup.py": setup, "demo/__init__.py": "", "_demo.c": MODULE, **files}


def add(workspace: Workspace, name: str, files: Mapping[str, bytes | str], **wheels: str) -> None:
    """A package with one wheel of these files for each name, with more attributes."""
    rules = (
        f'py_sdist_wheel(name = "{wheel}", sdist = "demo-1.0.tar.gz", {ATTRIBUTES} {more})\n'
        for wheel, more in wheels.items()
    )
    make_sdist(files, workspace.package(name, "".join(rules)) / "demo-1.0.tar.gz")


def test_a_wheel_whose_extension_was_left_out_is_an_error(workspace: Workspace) -> None:
    add(workspace, "left_out", project(SETUP_WITHOUT_CMAKE), wheel="")
    message = workspace.error("//left_out:wheel")
    assert "//left_out:wheel: the wheel has the tags cp" in message
    assert "and no native code" in message
    assert "allow_no_native_code = True," in message
    add(workspace, "left_out", project(SETUP_WITHOUT_CMAKE), wheel="allow_no_native_code = True")
    workspace.build("//left_out:wheel")


def test_an_extension_that_can_not_be_loaded_is_an_error(workspace: Workspace) -> None:
    add(workspace, "not_loaded", project(), wheel="", accepted='allow_unresolved = ["out*"]')
    message = workspace.error("//not_loaded:wheel")
    assert "can't be loaded: nothing that it is linked with, nor the interpreter, has the symbols outside." in message
    assert "native_deps = [" in message
    assert 'allow_unresolved = ["outside"],' in message
    workspace.build("//not_loaded:accepted")


LIBRARIES = """
load("@rules_cc//cc:cc_binary.bzl", "cc_binary")
load("@rules_cc//cc:cc_import.bzl", "cc_import")
load("@rules_python//python:py_test.bzl", "py_test")

cc_binary(name = "libldap.so", srcs = ["ldap.c"], linkshared = True, linkopts = ["-Wl,-soname,libldap.so.2"])
cc_binary(name = "libpq.so", srcs = ["pq.c"], linkshared = True, additional_linker_inputs = [":libldap.so"],
          linkopts = ["-Wl,-soname,libpq.so.5", "$(location :libldap.so)"])
cc_import(name = "ldap", shared_library = ":libldap.so")
cc_import(name = "pq", shared_library = ":libpq.so")

[py_sdist_wheel(
    name = name,
    sdist = name + "-1.0.tar.gz",
    build_requires = ["@setuptools_wheel//:file"],
    native_deps = deps,
    wheel_tags = "{python}-{abi}-{platform}",
) for name, deps in {"alone": [":pq"], "first_one": [":pq", ":ldap"], "second": [":pq", ":ldap"]}.items()]

[py_wheel_library(name = name + "_library", wheel = name) for name in ["first_one", "second"]]
py_test(name = "load_test", size = "small", srcs = ["load_test.py"],
        deps = [":first_one_library", ":second_library"])
"""


def test_libraries_of_the_wheel_have_theirs_and_a_folder_of_the_distributions_own(workspace: Workspace) -> None:
    """As libpq and libldap: both in the wheel, and where no other wheel has its own."""
    files = {
        "ldap.c": "int ldap(void) { return 42; }\n",
        "pq.c": "int ldap(void);\nint outside(void) { return ldap(); }\n",
        "load_test.py": "import first_one._demo, second._demo\n"
        "assert (first_one._demo.value(), second._demo.value()) == (42, 42)\n",
    }
    folder = workspace.package("bundled", LIBRARIES, files)
    for name in ("alone", "first_one", "second"):
        setup = SETUP.replace('name="demo"', f'name="{name}"').replace('"demo', f'"{name}')
        sources = {"setup.py": setup, f"{name}/__init__.py": "", "_demo.c": MODULE}
        make_sdist(sources, folder / f"{name}-1.0.tar.gz")
    message = workspace.error("//bundled:alone")
    assert "the library libpq.so.5 needs libldap.so.2, and no target in `native_deps` brings that" in message
    assert "# libldap.so.2" in message

    workspace.run("test", "//bundled:load_test")
    members = {}
    for name in ("first_one", "second"):
        (wheel,) = (workspace.bin() / "bundled").glob(f"{name}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            members[name] = set(archive.namelist())
        assert {f"{name}.libs/libpq.so.5", f"{name}.libs/libldap.so.2"} <= members[name]
    assert not members["first_one"] & members["second"]


def test_an_sdist_for_other_pythons_is_refused_before_its_code_runs(workspace: Workspace) -> None:
    files = backend_project("raise SystemExit('it ran')")
    files["PKG-INFO"] = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: >=3.4,<3.8\n"
    folder = workspace.package("pythons", 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz")')
    make_sdist(files, folder / "demo-1.0.tar.gz")
    message = workspace.error("//pythons:wheel")
    assert "//pythons:wheel: this sdist is for Python >=3.4,<3.8, and this is Python 3." in message
    assert 'python.toolchain(python_version = "3.7")' in message
    assert "it ran" not in message
