"""What users ask of a wheel: tools, settings, source trees, libraries that import."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

from demo import build_demo, contents
from support import Workspace, backend_project, make_sdist, project_files

if TYPE_CHECKING:
    from pathlib import Path

PY_TEST = 'load("@rules_python//python:py_test.bzl", "py_test")\n'


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


def test_job_count_reserves_cpus(workspace: Workspace) -> None:
    build_file = 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", cpus = 2)'
    body = """
    import json
    seen = [os.environ[name] for name in ("MAX_JOBS", "MAKEFLAGS", "CMAKE_BUILD_PARALLEL_LEVEL")]
    return write_wheel(wheel_directory, {"demo.txt": json.dumps([os.cpu_count(), *seen])})
    """
    members = build_demo(workspace, "cpus", build_file, body)
    assert json.loads(members["demo.txt"]) == [2, "2", "-j2", "2"]


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
