"""Undeclared files of the machine: expat and git, which each machine that runs these tests has in its Debian root."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from machine import cache_folder
from support import CLOSED, backend_project, make_sdist

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support import Workspace

MAPPED = "--@rules_sdist//python/settings:isolation=mapped"
STRICT = "--@rules_sdist//python/settings:undeclared_host_files=error"
RECORD = "--@rules_sdist//python/settings:undeclared_host_files=record"
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


def declared(message: str) -> tuple[str, str]:
    """The two lines that a message says to write: the attribute, and the flag of .bazelrc."""
    attribute = re.search(r"^ +(allow_host_files = .*),$", message, re.MULTILINE)
    flag = re.search(r"common (--repo_env=RULES_SDIST_HOST_FILES=\S+)", message)
    assert attribute and flag, message
    return attribute[1], flag[1]


def test_what_a_closed_build_does_not_declare_is_not_there_until_it_does(workspace: Workspace) -> None:
    """Each message says what to write, up to a wheel; and that is the same where builds are mapped."""
    add(workspace, "host", EXTENSION, f"py_sdist_wheel({ATTRIBUTES})")
    first = workspace.error("//host:wheel", CLOSED)
    assert "A closed build has no program git of the machine" in first
    assert 'tools = [..., "//:git"],' in first
    git, _ = declared(first)
    assert git == 'allow_host_files = ["/usr/bin/git"]'

    names = ["/usr/bin/git", "/usr/include/expat*.h", "/usr/include/*/expat_config.h", "/usr/lib/*/libexpat.so"]
    add(workspace, "host", EXTENSION, f"py_sdist_wheel({ATTRIBUTES} allow_host_files = {json.dumps(names[:1])})")
    unknown = workspace.build("//host:wheel", CLOSED, expect=1).err
    assert "`allow_host_files` names /usr/bin/git, a file of the machine that Bazel does not know of" in unknown
    flag = f"--repo_env=RULES_SDIST_HOST_FILES={':'.join(names)}"
    assert "common --repo_env=RULES_SDIST_HOST_FILES=" in unknown

    second = workspace.error("//host:wheel", CLOSED, flag)
    assert "A closed build sees no expat.h of the machine" in second
    assert 'native_deps = [..., "@expat//:expat"],' in second

    add(workspace, "host", EXTENSION, f"py_sdist_wheel({ATTRIBUTES} allow_host_files = {json.dumps(names)})")
    workspace.build("//host:wheel", CLOSED, flag)
    wheels = workspace.hashes("host")
    record = json.loads((workspace.bin() / "host" / "wheel.host_files.json").read_text())
    assert record["programs"] == ["/usr/bin/git"]
    assert "/usr/include/expat.h" in record["headers"]
    assert [name.rpartition("/")[2] for name in record["libraries"]] == ["libexpat.so"]
    workspace.build("//host:wheel", MAPPED, STRICT, flag)
    assert workspace.hashes("host") == wheels


def test_mapped_builds_may_use_no_undeclared_header_or_library(workspace: Workspace) -> None:
    """By default; programs they may use. The setting forbids these, too, or allows all."""
    add(workspace, "mapped", EXTENSION, f"py_sdist_wheel({ATTRIBUTES})")
    message = workspace.error("//mapped:wheel", MAPPED)
    assert "header  /usr/include/expat.h  (used by _demo.c)" in message
    assert re.search(r"library /\S+/libexpat\.so", message)
    assert "/usr/bin/git" not in message
    assert "native_deps" in message
    message = workspace.error("//mapped:wheel", MAPPED, STRICT)
    assert "program /usr/bin/git  (used by python3" in message
    attribute, flag = declared(message)
    add(workspace, "mapped", EXTENSION, f"py_sdist_wheel({ATTRIBUTES} {attribute})")
    workspace.build("//mapped:wheel", MAPPED, STRICT, flag)
    strict = workspace.hashes("mapped")
    add(workspace, "mapped", EXTENSION, f"py_sdist_wheel({ATTRIBUTES})")
    workspace.build("//mapped:wheel", MAPPED, RECORD)
    assert workspace.hashes("mapped") == strict


def test_what_is_declared_is_no_host_file(workspace: Workspace) -> None:
    """A library of another repository, Python's headers, the C library's, and all that setuptools starts."""
    names = ["//wheels:markupsafe_wheel", "//wheels:pyyaml_wheel", "//wheels:greenlet_wheel"]
    workspace.build(MAPPED, STRICT, *names)
    mapped = workspace.hashes()
    workspace.build(CLOSED, *names)
    assert workspace.hashes().items() >= {name: mapped[name] for name in workspace.hashes() if name in mapped}.items()


def test_what_was_found_is_shown_to_whom_looks_into_a_build(workspace: Workspace) -> None:
    add(workspace, "shown", EXTENSION, f"py_sdist_wheel({ATTRIBUTES})")
    output = workspace.build("//shown:wheel", MAPPED, RECORD, *KEEP).err
    shown = json.JSONDecoder().raw_decode(output.partition("Host files: ")[2])[0]
    assert "/usr/include/expat.h" in shown["headers"]
    assert shown["not_audited"] == []
    assert shown["programs"] == ["/usr/bin/git"]


@pytest.mark.parametrize("pattern", ["expat.h", "*/git"])
def test_a_pattern_that_is_no_path_is_refused(workspace: Workspace, pattern: str) -> None:
    add(workspace, "relative", EXTENSION, f'py_sdist_wheel({ATTRIBUTES} allow_host_files = ["{pattern}"])')
    output = workspace.build("//relative:wheel", expect=1).err
    assert f'`allow_host_files` has absolute paths and globs of them, and "{pattern}" is none.' in output


def test_a_declared_file_that_is_not_there_is_an_error_of_those_that_declare_it(workspace: Workspace) -> None:
    """And not of loading, by which no wheel could be built."""
    missing = "/usr/include/expat_config.h"  # Debian has it in a folder below
    add(workspace, "absent", EXTENSION, f'py_sdist_wheel({ATTRIBUTES} allow_host_files = ["{missing}"])')
    flag = f"--repo_env=RULES_SDIST_HOST_FILES={missing}:/usr/bin/nosuch"
    workspace.build("//wheels:six_wheel", CLOSED, flag)
    said = workspace.build("//absent:wheel", CLOSED, flag, expect=1).err
    assert re.search(rf"{missing}.*there is no such file; /usr/include/\S+/expat_config.h is there", said, re.DOTALL), (
        said
    )
    assert "fix:   Install it, or correct its path, here and in RULES_SDIST_HOST_FILES of .bazelrc." in said


def test_a_declared_file_that_is_installed_later_is_seen(workspace: Workspace) -> None:
    folder = Path(tempfile.mkdtemp(dir=cache_folder()))  # a closed build has a /tmp of its own
    file = folder / "later.txt"
    try:
        body = f'return write_wheel(wheel_directory, {{"later.txt": open("{file}").read()}})'
        build_file = f'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", allow_host_files = ["{file}"])'
        add(workspace, "later", backend_project(body), build_file)
        flag = f"--repo_env=RULES_SDIST_HOST_FILES={file}"
        assert "there is no such file" in workspace.build("//later:wheel", CLOSED, flag, expect=1).err
        file.write_text("installed")
        workspace.build("//later:wheel", CLOSED, flag)
    finally:
        shutil.rmtree(folder)


def test_programs_of_a_backend_without_a_compiler(workspace: Workspace) -> None:
    body = 'import subprocess\nsubprocess.run(["make", "-v"], check=True)\nwrite_wheel(wheel_directory)\n'
    files = backend_project(body + 'return "demo-1.0-py3-none-any.whl"')
    add(workspace, "pure", files, 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz")')
    workspace.build("//pure:wheel", MAPPED)
    message = workspace.error("//pure:wheel", MAPPED, STRICT)
    assert "program /usr/bin/make" in message
    assert "`tools`" in message
    assert "native_deps" not in message
    assert "A closed build has no program make" in workspace.error("//pure:wheel", CLOSED)
    listed = 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", allow_host_files = ["/usr/bin/make"])'
    add(workspace, "pure", files, listed)
    workspace.build("//pure:wheel", CLOSED, "--repo_env=RULES_SDIST_HOST_FILES=/usr/bin/make")
