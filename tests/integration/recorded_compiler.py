"""A project whose extension says which compiler made it."""

SETUP = "from setuptools import Extension, setup\nsetup(ext_modules=[Extension('demo', ['demo.c'])])\n"
PROJECT = {
    "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    '[project]\nname = "demo"\nversion = "1.0"\n',
    "setup.py": SETUP,
    "demo.c": """
#include <Python.h>
#ifndef COMPILER
#define COMPILER "as it is"
#endif
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "demo", COMPILER, -1};
PyMODINIT_FUNC PyInit_demo(void) { return PyModule_Create(&module); }
""",
}
