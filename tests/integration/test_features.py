"""What users ask of a wheel: native libraries, tools, patches, settings, trees, libraries that import."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from support import Workspace, backend_project, make_sdist, project_files, spawns

PY_TEST = 'load("@rules_python//python:py_test.bzl", "py_test")\n'


def contents(wheel: Path) -> dict[str, str]:
    """The text of a wheel's members."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name).decode("latin-1") for name in archive.namelist()}


def build_demo(workspace: Workspace, name: str, build_file: str, body: str) -> dict[str, str]:
    """Builds //NAME:wheel from demo-1.0.tar.gz with a backend of the given body; returns the wheel's members."""
    folder = workspace.package(name, build_file)
    make_sdist(backend_project(body), folder / "demo-1.0.tar.gz")
    workspace.build(f"//{name}:wheel")
    return contents(workspace.bin() / name / "demo-1.0-py3-none-any.whl")


# The flags of C and C++


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


# Attributes


def test_tools_data_and_env(workspace: Workspace) -> None:
    build_file = """
    py_sdist_wheel(
        name = "wheel",
        sdist = "demo-1.0.tar.gz",
        tools = ["shout.sh"],
        data = ["data.txt"],
        env = {"DATA": "$(execpath data.txt)", "PLAIN": "as it is"},
    )
    """
    folder = workspace.package("tools", build_file, {"shout.sh": "#!/bin/sh\necho LOUD $1\n", "data.txt": "the data"})
    (folder / "shout.sh").chmod(0o755)
    body = """
    import subprocess
    said = subprocess.run(["shout.sh", "word"], capture_output=True, text=True, check=True).stdout
    text = said + open(os.environ["DATA"]).read() + os.environ["PLAIN"]
    return write_wheel(wheel_directory, {"demo.txt": text})
    """
    make_sdist(backend_project(body), folder / "demo-1.0.tar.gz")
    workspace.build("//tools:wheel")
    members = contents(workspace.bin() / "tools" / "demo-1.0-py3-none-any.whl")
    assert members["demo.txt"] == "LOUD word\nthe dataas it is"


def test_fixed_variables_cannot_be_set(workspace: Workspace) -> None:
    workspace.package("fixed", 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", env = {"TZ": "UTC"})')
    (workspace.root / "fixed" / "demo-1.0.tar.gz").touch()
    assert "`env` can't set TZ" in workspace.build("//fixed:wheel", expect=1).err


def test_config_settings(workspace: Workspace) -> None:
    build_file = 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", config_settings = {"--option": "value"})'
    body = 'return write_wheel(wheel_directory, {"demo.txt": str(config_settings)})'
    members = build_demo(workspace, "settings", build_file, body)
    assert members["demo.txt"] == "{'--option': 'value'}"


def test_compression(workspace: Workspace) -> None:
    sizes = {}
    for compression in ("stored", "deflated"):
        attributes = f'sdist = "demo-1.0.tar.gz", compression = "{compression}"'
        name = f"compression_{compression}"
        build_demo(
            workspace,
            name,
            f'py_sdist_wheel(name = "wheel", {attributes})',
            'return write_wheel(wheel_directory, {"demo.txt": "x" * 100000})',
        )
        sizes[compression] = (workspace.bin() / name / "demo-1.0-py3-none-any.whl").stat().st_size
    assert sizes["stored"] > 100_000 > sizes["deflated"]


def test_zip_sdist(workspace: Workspace) -> None:
    folder = workspace.package("zipped", 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.zip")')
    with zipfile.ZipFile(folder / "demo-1.0.zip", "w") as archive:
        for name, text in backend_project("return write_wheel(wheel_directory)").items():
            archive.writestr(f"demo-1.0/{name}", text)
    workspace.build("//zipped:wheel")


def test_first_party_source_tree(workspace: Workspace) -> None:
    build_file = """
    py_sdist_wheel(
        name = "wheel",
        srcs = glob(["**"], exclude = ["BUILD.bazel"]),
        distribution = "make_ext",
        version = "1.0",
        build_requires = ["@setuptools_wheel//:file"],
        allow_host_files = ["/usr/bin/make"],
        wheel_tags = "{python}-{abi}-{platform}",
    )
    """
    workspace.package("tree", build_file, project_files("make_ext"))
    workspace.build("//tree:wheel")
    (wheel,) = (workspace.bin() / "tree").glob("make_ext-1.0-*.whl")
    assert any(name.startswith("make_ext.cpython-") for name in contents(wheel))


def test_build_requirements_bring_their_closure_and_console_scripts(workspace: Workspace) -> None:
    build_file = """
    py_sdist_wheel(name = "lower", sdist = "lower-1.0.tar.gz")
    py_sdist_wheel(name = "upper", sdist = "upper-1.0.tar.gz", deps = [":lower"])
    py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz",
                   build_requires = [":upper", "@setuptools_wheel//:file", "@cython_wheel//:file"])
    """
    folder = workspace.package("closure", build_file)
    lower = 'return write_wheel(wheel_directory, {"space/lower.py": "VALUE = 1"}, name="lower")'
    upper = 'return write_wheel(wheel_directory, {"space/upper.py": ""}, name="upper", requires=["lower"])'
    demo = """
    import shutil, subprocess
    import space.lower, space.upper
    version = subprocess.run(["cython", "--version"], capture_output=True, text=True, check=True)
    return write_wheel(wheel_directory, {"demo.txt": version.stderr or version.stdout})
    """
    make_sdist(backend_project(lower), folder / "lower-1.0.tar.gz")
    make_sdist(backend_project(upper), folder / "upper-1.0.tar.gz")
    make_sdist(backend_project(demo, requires=["upper"]), folder / "demo-1.0.tar.gz")
    workspace.build("//closure:wheel")
    members = contents(workspace.bin() / "closure" / "demo-1.0-py3-none-any.whl")
    assert members["demo.txt"].strip() == "Cython version 3.3.1"


def test_http_file_is_an_sdist_too(tmp_path: Path) -> None:
    archive = make_sdist(backend_project("return write_wheel(wheel_directory)"), tmp_path / "demo-1.0.tar.gz")
    own = Workspace(tmp_path / "w", tmp_path / "o")
    with (own.root / "MODULE.bazel").open("a") as module:
        module.write(
            'http_file = use_repo_rule("@bazel_tools//tools/build_defs/repo:http.bzl", "http_file")\n'
            'http_file(name = "demo_sdist", downloaded_file_path = "demo-1.0.tar.gz", '
            f'urls = ["file://{archive}"])\n'
        )
    own.package("http", 'py_sdist_wheel(name = "wheel", sdist = "@demo_sdist//file")')
    own.build("//http:wheel")
    assert (own.bin() / "http" / "demo-1.0-py3-none-any.whl").is_file()
    own.shutdown()


def test_wheel_is_an_output_group_of_pywheelinfo_rules(workspace: Workspace) -> None:
    """rules_python's PyWheelInfo comes along."""
    rule = """
load("@rules_python//python:packaging.bzl", "PyWheelInfo")

def _impl(ctx):
    print("wheel is", ctx.attr.wheel[PyWheelInfo].wheel.basename)
    return [DefaultInfo(files = depset([ctx.attr.wheel[PyWheelInfo].name_file]))]

show = rule(implementation = _impl, attrs = {"wheel": attr.label(providers = [PyWheelInfo])})
"""
    build_file = 'load(":show.bzl", "show")\nshow(name = "show", wheel = "//wheels:six_wheel")\n'
    workspace.package("info", build_file, {"show.bzl": rule})
    assert "wheel is six-1.17.0-py2.py3-none-any.whl" in workspace.build("//info:show").err


# Libraries


LIBRARY_TEST = """
import importlib.metadata, pathlib, subprocess, sys
import space.one, space.two
distribution = importlib.metadata.distribution("one")
files = {str(file): file.locate() for file in distribution.files}
assert "space/one.py" in files, files
assert all(pathlib.Path(place).exists() for place in files.values()), files
assert [entry.name for entry in distribution.entry_points] == ["say-one"]
"""


def test_libraries_with_namespaces_metadata_and_entry_points(workspace: Workspace) -> None:
    build_file = (
        PY_TEST
        + """
[py_sdist_wheel(name = name + "_wheel", sdist = name + "-1.0.tar.gz") for name in ["one", "two"]]
[py_wheel_library(name = name, wheel = name + "_wheel", bytecode = True) for name in ["one", "two"]]
py_test(name = "library_test", size = "small", srcs = ["library_test.py"], deps = [":one", ":two"])
genrule(
    name = "entry_points",
    srcs = [":one.dist_info"],
    outs = ["found.txt"],
    cmd = "for file in $(SRCS); do case $$file in */entry_points.txt) cat $$file > $@;; esac; done",
)
"""
    )
    folder = workspace.package("library", build_file, {"library_test.py": LIBRARY_TEST})
    for name in ("one", "two"):
        entry = f"[console_scripts]\\nsay-{name} = space.{name}:main\\n"
        body = f"""
        files = {{"space/{name}.py": "def main(): print('{name}')", "{name}-1.0.dist-info/entry_points.txt": "{entry}"}}
        return write_wheel(wheel_directory, files, name="{name}")
        """
        make_sdist(backend_project(body), folder / f"{name}-1.0.tar.gz")
    workspace.run("test", "//library:library_test")
    workspace.build("//library:entry_points", "//library:one.install")
    assert (workspace.bin() / "library" / "found.txt").read_text() == "[console_scripts]\nsay-one = space.one:main\n"
    site = workspace.bin() / "library" / "one.install"
    assert (site / "bin" / "say-one").read_text().startswith("#!/usr/bin/env python3\n")
    (bytecode,) = site.rglob("*.pyc")
    assert bytecode.read_bytes()[4:8] == b"\x01\0\0\0"  # unchecked hash, PEP 552


def test_pip_and_wheel_accept_the_wheel(workspace: Workspace) -> None:
    workspace.run("test", "//install:install_test")


# What users of Bazel expect


def test_unsandboxed_parallel_and_repeated_builds_leave_nothing_behind(workspace: Workspace) -> None:
    target = ["//wheels:all_wheels", "--spawn_strategy=local", "--jobs=4"]
    found: list[dict[str, str]] = []
    for mark in ("first", "second"):
        (workspace.root / "wheels" / "variation.bzl").write_text(f'CPUS = 1\nDATA = []\nENV = {{"MARK": "{mark}"}}\n')
        workspace.build(*target)
        built = workspace.run("cquery", "--output=files", "//wheels:all_wheels", "--jobs=4").out.split()
        names = {Path(name).name for name in built}
        assert len(names) == 8
        found.append({name: sha256 for name, sha256 in workspace.hashes().items() if name in names})
        assert found[-1].keys() == names
        assert list((workspace.output_base / "execroot").glob("**/bin/wheels/*.build")) == []
    assert found[0] == found[1]
    (workspace.root / "wheels" / "variation.bzl").write_text("CPUS = 1\nDATA = []\nENV = {}\n")


def test_other_paths_of_outputs_give_the_same_wheel(workspace: Workspace, tmp_path: Path) -> None:
    """The action is another one: its paths are in its inputs and parameters."""
    log = tmp_path / "log.json"
    told = []
    for flags in ([], ["--platform_suffix=elsewhere"]):
        workspace.build("//wheels:make_ext_wheel", *flags, f"--execution_log_json_file={log}", "--nouse_action_cache")
        (wheel,) = (spawn for spawn in spawns(log) if spawn["mnemonic"] == "PySdistWheel")
        inputs = {file["path"] for file in wheel["inputs"]}
        told.append((inputs, [one["digest"]["hash"] for one in wheel["actualOutputs"] if one["path"].endswith(".whl")]))
    assert told[0][0] != told[1][0]
    assert told[0][1] == told[1][1] != []


def test_loading_needs_neither_network_nor_python(tmp_path: Path) -> None:
    own = Workspace(tmp_path / "w", tmp_path / "o")
    own.build("--nobuild", "//...")
    offline = ["--repo_env=PIP_INDEX_URL=http://127.0.0.1:9/simple", "--repo_env=PATH=/nonexistent"]
    own.run("shutdown")
    own.run("query", "//...", *offline)
    own.build("--nobuild", "//...", *offline)
    own.shutdown()


def test_job_count_reserves_cpus(workspace: Workspace) -> None:
    build_file = 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", cpus = 2)'
    body = """
    import json
    seen = [os.environ[name] for name in ("MAX_JOBS", "MAKEFLAGS", "CMAKE_BUILD_PARALLEL_LEVEL")]
    return write_wheel(wheel_directory, {"demo.txt": json.dumps([os.cpu_count(), *seen])})
    """
    members = build_demo(workspace, "cpus", build_file, body)
    assert json.loads(members["demo.txt"]) == [2, "2", "-j2", "2"]


@pytest.mark.parametrize("strategy", ["linux-sandbox", "processwrapper-sandbox", "local"])
def test_closed_builds_have_one_path(workspace: Workspace, strategy: str) -> None:
    """The contract holds for a package that records where it was built, whatever directory Bazel gave it."""
    name = f"one_path_{strategy.replace('-', '_')}"
    build_file = 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz")'
    folder = workspace.package(name, build_file)
    body = 'return write_wheel(wheel_directory, {"demo.txt": os.getcwd() + " " + os.path.expanduser("~")})'
    make_sdist(backend_project(body), folder / "demo-1.0.tar.gz")
    workspace.build(f"//{name}:wheel", f"--spawn_strategy={strategy}")
    members = contents(workspace.bin() / name / "demo-1.0-py3-none-any.whl")
    assert members["demo.txt"] == "/build/s/demo-1.0 /build/h"
    assert not (workspace.bin() / name / "wheel.build").exists()


ASKS = """
import platform, subprocess, sys, time, uuid
source = "#include <stdio.h>\\n#include <time.h>\\nint main(void) { printf(\\"%ld\\", (long)time(NULL)); }\\n"
open("clock.c", "w").write(source)
subprocess.run(["cc", "clock.c", "-o", "clock"], check=True)
subprocess.run(["cc", "-shared", "-fPIC", "clock.c", "-o", "demo.so"], check=True)
child = subprocess.run(
    [sys.executable, "-I", "-c", "import os, time; print(time.time_ns(), os.urandom(8))"], env={}, capture_output=True
)
told = [
    time.time(), os.urandom(16).hex(), uuid.uuid4(), open("/dev/urandom", "rb").read(8).hex(),
    subprocess.check_output(["./clock"]), child.stdout,
]
version = "cp%d%d" % sys.version_info[:2]
return write_wheel(
    wheel_directory,
    {"demo.txt": "\\n".join(map(str, told)), "demo.so": open("demo.so", "rb").read()},
    tag=f"{version}-{version}-linux_{platform.machine()}",
)
"""
FIXED = """
py_sdist_wheel(
    name = "wheel",
    fixed = ["clock", "random"],
    sdist = "demo-1.0.tar.gz",
    wheel_tags = "{python}-{abi}-{platform}",
)
py_sdist_wheel(
    name = "honest",
    sdist = "demo-1.0.tar.gz",
    wheel_tags = "{python}-{abi}-{platform}",
)
py_wheel_reproducibility_test(name = "again", wheel = ":wheel")
"""


def test_a_package_that_asks_for_the_time_and_random_numbers_is_the_same_everywhere(
    workspace: Workspace, tmp_path: Path
) -> None:
    """With `fixed`, and only with it: its own process, a C program's, and a Python with an empty environment."""
    other = Workspace(tmp_path / "w", tmp_path / "o", flags=["-c", "opt"])
    wheels = []
    for one, strategy in ((workspace, "linux-sandbox"), (other, "local")):
        make_sdist(backend_project(ASKS), one.package("fixed", FIXED) / "demo-1.0.tar.gz")
        one.build("//fixed:wheel", f"--spawn_strategy={strategy}", "--output_groups=+buildinfo")
        wheels.append(one.hashes("fixed"))
    assert wheels[0] == wheels[1] != {}
    (wheel,) = (workspace.bin() / "fixed").glob("*.whl")
    told = contents(wheel)["demo.txt"].splitlines()
    assert [line[:9] for line in (told[0], told[4][2:], told[5][2:])] == ["315532800"] * 3
    (information,) = (workspace.bin() / "fixed").glob("*.buildinfo.json")
    recipe = json.loads(information.read_text())["recipe"]
    assert recipe["fixed"] == ["clock", "random"]
    assert recipe["preload"] in [entry["path"] for entry in json.loads(information.read_text())["inputs"]]
    other.run("test", "//fixed:again", "--test_output=errors")
    other.shutdown()
    assert "would differ on another machine or at another time" in workspace.error("//fixed:honest")
