"""The audit of host files. expat and git are on every machine that runs these tests, in its Debian root."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from support import backend_project, make_sdist

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support import Workspace

STRICT = "--@rules_sdist//python/settings:host_files=error"
KEEP = ("--spawn_strategy=local", "--@rules_sdist//python/settings:keep_build_root=true")
ATTRIBUTES = """
    name = "wheel",
    build_requires = ["@setuptools_wheel//:file"],
    sdist = "demo-1.0.tar.gz",
    wheel_tags = "{python}-{abi}-{platform}",
"""
EXTENSION = {
    "setup.py": """
import subprocess
from setuptools import Extension, setup
subprocess.run(["git", "--version"], check=True)
subprocess.run("expr 1 + 1 | cat", shell=True, check=True)
setup(name="demo", version="1.0", packages=[], ext_modules=[Extension("_demo", ["_demo.c"], libraries=["expat"])])
""",
    "_demo.c": """
#include <Python.h>
#include <sys/stat.h>
#include <expat.h>
static struct PyModuleDef demo = {PyModuleDef_HEAD_INIT, "_demo"};
PyMODINIT_FUNC PyInit__demo(void) { XML_ExpatVersion(); return PyModule_Create(&demo); }
""",
}


def add(workspace: Workspace, case: str, files: Mapping[str, bytes | str], build_file: str) -> None:
    make_sdist(files, workspace.package(case, build_file) / "demo-1.0.tar.gz")


def test_host_files_fail_in_strict_mode_until_they_are_listed(workspace: Workspace) -> None:
    """Also with the strategy of a sandbox, in which inputs are links; without the setting the wheel is the same."""
    add(workspace, "host", EXTENSION, f"py_sdist_wheel({ATTRIBUTES})")
    workspace.build("//host:wheel")
    before = workspace.hashes("host")
    message = workspace.error("//host:wheel", STRICT)
    assert "header  /usr/include/expat.h  (used by _demo.c)" in message
    assert re.search(r"library /\S+/libexpat\.so", message)
    assert "program /usr/bin/git  (used by python3" in message
    assert "native_deps" in message
    listed = re.search(r"^ +(host_files = .*),$", message, re.MULTILINE)
    assert listed, message
    names = json.loads(listed[1].partition(" = ")[2])
    assert {name.rpartition("/")[2] for name in names} == {"expat.h", "expat_external.h", "libexpat.so", "git"}
    add(workspace, "listed", EXTENSION, f"py_sdist_wheel({ATTRIBUTES} {listed[1]})")
    workspace.build("//listed:wheel", STRICT)
    assert workspace.hashes("listed") == before


def test_what_is_declared_is_no_host_file(workspace: Workspace) -> None:
    """A library of another repository, Python's headers, the C library's, and all that setuptools starts."""
    names = ["//wheels:markupsafe_wheel", "//wheels:pyyaml_wheel", "//wheels:greenlet_wheel"]
    workspace.build(STRICT, *names)


def test_what_was_found_is_shown_to_whom_looks_into_a_build(workspace: Workspace) -> None:
    add(workspace, "shown", EXTENSION, f"py_sdist_wheel({ATTRIBUTES})")
    output = workspace.build("//shown:wheel", *KEEP).err
    shown = json.JSONDecoder().raw_decode(output.partition("Host files: ")[2])[0]
    assert shown["headers"] == ["/usr/include/expat.h", "/usr/include/expat_external.h"]
    assert shown["not_audited"] == []
    assert shown["programs"] == ["/usr/bin/git"]


def test_a_pattern_that_could_match_nothing_is_refused(workspace: Workspace) -> None:
    add(workspace, "relative", EXTENSION, f'py_sdist_wheel({ATTRIBUTES} host_files = ["expat.h"])')
    output = workspace.build("//relative:wheel", expect=1).err
    assert '`host_files` has absolute paths and globs of them, and "expat.h" is none: write "*/expat.h"' in output


def test_programs_of_a_backend_without_a_compiler(workspace: Workspace) -> None:
    body = 'import subprocess\nsubprocess.run(["make", "-v"], check=True)\nwrite_wheel(wheel_directory)\n'
    files = backend_project(body + 'return "demo-1.0-py3-none-any.whl"')
    add(workspace, "pure", files, 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz")')
    workspace.build("//pure:wheel")
    message = workspace.error("//pure:wheel", STRICT)
    assert "program /usr/bin/make" in message
    assert "`tools`" in message
    assert "native_deps" not in message
