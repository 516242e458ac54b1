"""What users ask of a wheel with native code: flags, debug information, libraries."""

from __future__ import annotations

import zipfile

from demo import contents
from support import Workspace, make_sdist

PY_TEST = 'load("@rules_python//python:py_test.bzl", "py_test")\n'


def test_toolchain_flags_reach_setuptools_and_make(workspace: Workspace) -> None:
    program = """
import make_ext, sys
optimized, ndebug, here = make_ext.flags()
opt = sys.argv[1] == "opt"
assert (optimized, ndebug) == (int(opt), int(opt)), (optimized, ndebug)
assert here.endswith("make_ext.c redacted redacted"), here
# Make was given the absolute path; it reads the same on every machine.
assert make_ext.where() == "/build/s/make_ext-1.0/csrc/where.c redacted redacted", make_ext.where()
"""
    build_file = (
        PY_TEST
        + """
py_wheel_library(name = "make_ext", wheel = "//wheels:make_ext_wheel")
[
    py_test(name = mode, size = "small", srcs = ["flags_test.py"], main = "flags_test.py", args = [mode],
            deps = [":make_ext"])
    for mode in ["opt", "dbg"]
]
"""
    )
    workspace.package("flags", build_file, {"flags_test.py": program})
    for mode in ("opt", "dbg"):
        workspace.run("test", f"//flags:{mode}", "-c", mode)
    assert contents_of_debug_info(workspace, "make_ext")


def contents_of_debug_info(workspace: Workspace, name: str) -> bool:
    """Whether the dbg build of a wheel has debug information, with mapped paths only."""
    (wheel,) = (workspace.bin() / "wheels").glob(f"{name}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (extension,) = (archive.read(member) for member in archive.namelist() if member.endswith(".so"))
    return (
        b".debug_info\0" in extension
        and b"/build/s/" in extension
        and str(workspace.output_base).encode() not in extension
    )


def test_user_flags_reach_the_compiler(workspace: Workspace) -> None:
    files = {
        "setup.py": "from setuptools import Extension, setup\n"
        'setup(name="demo", version="1.0", packages=[], ext_modules=[Extension("demo", ["demo.c"])])\n',
        "demo.c": "const char *text = WORDS;\n",
    }
    build_file = """
    py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", build_requires = ["@setuptools_wheel//:file"],
                   wheel_tags = "{python}-{abi}-{platform}")
    """
    folder = workspace.package("copts", build_file)
    make_sdist(files, folder / "demo-1.0.tar.gz")
    workspace.build("//copts:wheel", '--copt=-DWORDS="two words"')
    (wheel,) = (workspace.bin() / "copts").glob("*.whl")
    assert any("two words" in text for text in contents(wheel).values())


# native_deps

NATIVE = """
load("@rules_cc//cc:cc_binary.bzl", "cc_binary")
load("@rules_cc//cc:cc_import.bzl", "cc_import")
load("@rules_cc//cc:cc_library.bzl", "cc_library")
load("@rules_python//python:py_test.bzl", "py_test")

# upper needs lower: they link in this order only.
cc_library(name = "upper", srcs = ["upper.c"], hdrs = ["include/upper.h"], includes = ["include"],
           defines = ["UPPER='\\"with words\\"'"], deps = [":lower"])
cc_library(name = "lower", srcs = ["lower.c"])
# One that is loaded by its file's name, one by another, its SONAME.
cc_binary(name = "libshared_one.so", srcs = ["shared.c"], linkshared = True)
cc_import(name = "shared", shared_library = ":libshared_one.so")
cc_binary(name = "libversioned.so", srcs = ["versioned.c"], linkshared = True,
          additional_linker_inputs = [":libdeeper.so"],
          linkopts = ["-Wl,-soname,libversioned.so.7", "$(location :libdeeper.so)"])
cc_import(name = "versioned", shared_library = ":libversioned.so")
# One that only another library asks for, which does not say where it is.
cc_binary(name = "libdeeper.so", srcs = ["deeper.c"], linkshared = True, linkopts = ["-Wl,-soname,libdeeper.so.1"])
cc_import(name = "deeper", shared_library = ":libdeeper.so")

py_sdist_wheel(
    name = "wheel",
    sdist = "demo-1.0.tar.gz",
    build_requires = ["@setuptools_wheel//:file"],
    native_deps = [":upper", ":shared", ":versioned", ":deeper"],
    wheel_tags = "{python}-{abi}-{platform}",
)
py_wheel_library(name = "demo", wheel = ":wheel")
py_test(name = "native_test", size = "small", srcs = ["native_test.py"], deps = [":demo"])
"""
NATIVE_FILES = {
    "include/upper.h": "int upper(void);\n",
    "upper.c": "int lower(void);\nint upper(void) { return lower() + 1; }\n",
    "lower.c": "int lower(void) { return 40; }\n",
    "shared.c": "int shared(void) { return 1; }\n",
    "versioned.c": "int deeper(void);\nint versioned(void) { return deeper(); }\n",
    "deeper.c": "int deeper(void) { return 0; }\n",
    "native_test.py": 'from demo import _demo\nassert _demo.value() == 42\nassert _demo.words() == "with words"\n',
}
NATIVE_PROJECT = {
    "setup.py": "from setuptools import Extension, setup\n"
    'setup(name="demo", version="1.0", packages=["demo"], ext_modules=[Extension("demo._demo", ["_demo.c"])])\n',
    "demo/__init__.py": "",
    "_demo.c": """
#include <Python.h>
#include <upper.h>
int shared(void);
int versioned(void);
static PyObject *value(PyObject *self, PyObject *unused) { return PyLong_FromLong(upper() + shared() + versioned()); }
static PyObject *words(PyObject *self, PyObject *unused) { return PyUnicode_FromString(UPPER); }
static PyMethodDef methods[] = {{"value", value, METH_NOARGS, ""}, {"words", words, METH_NOARGS, ""}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_demo", NULL, -1, methods};
PyMODINIT_FUNC PyInit__demo(void) { return PyModule_Create(&module); }
""",
}


def test_native_deps_bring_headers_defines_static_and_shared_libraries(workspace: Workspace) -> None:
    folder = workspace.package("native_deps", NATIVE, NATIVE_FILES)
    make_sdist(NATIVE_PROJECT, folder / "demo-1.0.tar.gz")
    workspace.run("test", "//native_deps:native_test")
    (wheel,) = (workspace.bin() / "native_deps").glob("*.whl")
    assert {"demo.libs/libshared_one.so", "demo.libs/libversioned.so.7"} <= set(contents(wheel))


def test_libyaml_is_the_declared_one(workspace: Workspace) -> None:
    """No header or library of the host's: without native_deps there is no C extension, and that is an error."""
    build_file = """
    py_sdist_wheel(
        name = "wheel",
        build_requires = ["@cython_wheel//:file", "@setuptools_wheel//:file"],
        sdist = "@pyyaml_sdist//:file",
        wheel_tags = "{python}-{abi}-{platform}",
    )
    """
    workspace.package("no_libyaml", build_file)
    message = workspace.error("//no_libyaml:wheel")
    assert "fatal error: yaml.h: No such file or directory" in message
    assert "native_deps" in message
