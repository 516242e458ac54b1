"""py_wheel_reproducibility_test: what is reproducible passes, what is not fails, and for the right reason."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from support import Workspace, backend_project, make_sdist
from unreproducible import CONTROLS, ONLY_MAPPED, SEEN, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ALL = (
    "address_layout, build_path, clock, cpus, directory_order, environment, home, host_name, jobs, kernel, locale, "
    "process_ids, search_path, temporary_folder, time_zone, umask, user"
)
HIDDEN = [name for name in ALL.split(", ") if name not in ("address_layout", "clock", "directory_order", "jobs")]
CLOSED = f"is identical under {ALL}; of these hidden from a closed build: {', '.join(HIDDEN)}."
MAPPED = "--@rules_sdist//python/settings:isolation=mapped"


NATIVE = {
    "setup.py": """
from setuptools import Extension, setup
setup(name="demo", version="1.0", packages=[], ext_modules=[
    Extension("demo", ["demo.c"], extra_compile_args=["-march=native"])])
""",
    "demo.c": "int demo;\n",
}
# Also a tool that looks for its runfiles, and aliases as hubs have them.
REPRODUCIBLE = """
    load("@rules_python//python:py_binary.bzl", "py_binary")

    py_wheel_reproducibility_test(name = "markupsafe_test", wheel = "//wheels:markupsafe_wheel")
    py_wheel_reproducibility_test(name = "make_ext_test", wheel = "//wheels:make_ext_wheel")
    alias(name = "hub", actual = "//wheels:annotated_types_wheel")
    alias(name = "hub_alias", actual = ":hub")
    py_wheel_reproducibility_test(name = "annotated_types_test", wheel = ":hub_alias")

    py_binary(name = "answer", srcs = ["answer.py"], data = ["answer.txt"])
    py_binary(name = "forbid", srcs = ["forbid.py"])
    py_sdist_wheel(name = "with_tool", sdist = "demo-1.0.tar.gz", tools = [":answer"])
    py_wheel_reproducibility_test(name = "with_tool_test", wheel = ":with_tool")
"""
# Starts a test where no user, mount or other namespaces can be made.
FORBID = """
import os, sys
limit = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
os.execvp("unshare", ["unshare", "--user", "--map-root-user", "sh", "-c", limit, "-", *sys.argv[1:]])
"""
TOOL = """
import os
here = os.path.abspath(__file__)
while not os.path.exists(here + ".runfiles") and ".runfiles/" not in here:
    here = os.path.realpath(here)
    assert ".runfiles/" in here or os.path.exists(here + ".runfiles"), here
print(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "answer.txt")).read())
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with all tests, which have run, but for those of wheels that can't be built."""
    folder = tmp_path_factory.mktemp("repro")
    made = Workspace(folder / "w", folder / "o", flags=["-c", "opt"])
    package = made.package("same", REPRODUCIBLE, {"answer.py": TOOL, "answer.txt": "42", "forbid.py": FORBID})
    body = 'import subprocess\nreturn write_wheel(wheel_directory, {"demo.txt": subprocess.check_output(["answer"])})'
    make_sdist(backend_project(body), package / "demo-1.0.tar.gz")
    data = {f"data/{n}.txt": "" for n in range(30)}
    for mode, names in {"different": SEEN, "mapped": ONLY_MAPPED}.items():
        for name in names:
            add_control(made, f"{mode}/{name}", backend_project(recorded(CONTROLS[name][0]), data))
    hidden = [expression for name, (expression, _, _) in CONTROLS.items() if name not in SEEN]
    add_control(made, "different/hidden", backend_project(recorded(f"[{', '.join(hidden)}]"), data))
    both = "output('id', '-u') + output('uname', '-r')"
    add_control(made, "mapped/both", backend_project(recorded(both)))
    add_control(made, "mapped/fails", backend_project("assert '2.6' not in os.popen('uname -r').read()\n" + GOOD))
    add_control(made, "different/fails", backend_project("assert os.cpu_count() == 1\n" + GOOD))
    off = 'without = ["host_name", "kernel"]'
    add_control(made, "mapped/switched_off", backend_project(recorded("output('uname', '-nr')")), test=off)
    off = 'without = ["jobs", "kernel"]'
    add_control(made, "different/switched_off", backend_project(recorded("os.cpu_count()")), test=off)
    made.run("test", "//same/...", "//different/...", "--keep_going", expect=3)
    made.run("test", "//mapped/...", "--keep_going", MAPPED, expect=3)
    yield made
    made.shutdown()


GOOD = 'return write_wheel(wheel_directory, {"demo.txt": "always"})'


def add_control(
    workspace: Workspace, name: str, files: Mapping[str, bytes | str], attributes: str = "", test: str = ""
) -> None:
    # The leak check would find some of them before the test could.
    folder = workspace.package(
        name,
        f"""
        py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", leak_policy = "off", {attributes})
        py_wheel_reproducibility_test(name = "test", wheel = ":wheel", {test})
        """,
    )
    make_sdist(files, folder / "demo-1.0.tar.gz")


def log(workspace: Workspace, test: str) -> str:
    return (workspace.root / "bazel-testlogs" / test / "test.log").read_text()


def result(workspace: Workspace, test: str) -> dict[str, Any]:
    """What a test's XML report says."""
    report = ElementTree.parse(workspace.root / "bazel-testlogs" / test / "test.xml")
    found = next(item for item in report.iter("property") if item.get("name") == "reproducibility")
    value: dict[str, Any] = json.loads(found.get("value") or "")
    return value


@pytest.mark.parametrize("name", ["annotated_types", "make_ext", "markupsafe", "with_tool"])
def test_reproducible_wheel_passes(workspace: Workspace, name: str) -> None:
    text = log(workspace, f"same/{name}_test")
    assert CLOSED in text
    assert "clock             right -> 400 days ahead\n" in text
    assert "umask             0022 -> 0077 (hidden)\n" in text
    found = result(workspace, f"same/{name}_test")
    assert found["result"] == "identical"
    assert (found["varied"], found["hidden"]) == (ALL.split(", "), HIDDEN)
    assert (found["not_varied"], found["switched_off"], found["causes"]) == ({}, [], [])


CASES = [
    *(("different", name, cause) for name, cause in SEEN.items()),
    *(("mapped", name, CONTROLS[name][1]) for name in ONLY_MAPPED),
]


@pytest.mark.parametrize(("folder", "name", "cause"), CASES)
def test_negative_control_fails_for_the_right_reason(workspace: Workspace, folder: str, name: str, cause: str) -> None:
    explanation = CONTROLS[name][2]
    text = log(workspace, f"{folder}/{name}/test")
    assert "FAIL: demo-1.0-py3-none-any.whl differs when it is built again" in text
    assert [line for line in text.splitlines() if line.startswith("cause: ")] == [
        line for line in text.splitlines() if line.startswith(f"cause: {cause}: ")
    ]
    assert explanation in text
    assert "demo.txt" in text
    found = result(workspace, f"{folder}/{name}/test")
    assert (found["result"], found["hidden"]) == ("different", HIDDEN if folder == "different" else [])


def test_a_closed_build_does_not_see_what_is_hidden_from_it(workspace: Workspace) -> None:
    """One wheel records it all; each of it makes a wheel of a mapped build differ."""
    assert CONTROLS.keys() - SEEN.keys() <= {*ONLY_MAPPED}
    assert CLOSED in log(workspace, "different/hidden/test")


def test_each_of_two_causes_is_named(workspace: Workspace) -> None:
    text = log(workspace, "mapped/both/test")
    assert "cause: kernel: the wheel depends on the version of the kernel" in text
    assert "cause: user: the wheel depends on the user, or the user's id" in text


@pytest.mark.parametrize(("folder", "cause"), [("different", "jobs"), ("mapped", "kernel")])
def test_rebuild_that_fails(workspace: Workspace, folder: str, cause: str) -> None:
    text = log(workspace, f"{folder}/fails/test")
    assert "demo-1.0-py3-none-any.whl can't be built again on a machine that looks different." in text
    assert f"cause: {cause}: " in text
    assert "The backend backend failed" in text
    assert result(workspace, f"{folder}/fails/test")["result"] == "failed"


@pytest.mark.parametrize(("folder", "name"), [("different", "jobs"), ("mapped", "host_name")])
def test_variation_can_be_switched_off(workspace: Workspace, folder: str, name: str) -> None:
    text = log(workspace, f"{folder}/switched_off/test")
    assert "PASS: demo-1.0-py3-none-any.whl" in text
    assert f"; switched off: {name}, kernel." in text
    assert name not in text.partition("is identical under")[2].partition("switched off")[0]
    assert result(workspace, f"{folder}/switched_off/test")["switched_off"] == [name, "kernel"]


def test_native_flag_is_refused_before(workspace: Workspace) -> None:
    attributes = 'build_requires = ["@setuptools_wheel//:file"], wheel_tags = "{python}-{abi}-{platform}",'
    add_control(workspace, "different/native", NATIVE, attributes)
    said = workspace.run("test", "//different/native:test", expect=1).err
    assert "rules_sdist: -march=native makes the wheel depend on the CPU it was built on." in said


def test_unknown_variation(workspace: Workspace) -> None:
    workspace.package(
        "unknown", 'py_wheel_reproducibility_test(name = "test", wheel = "//wheels:six_wheel", without = ["weather"])'
    )
    said = workspace.build("//unknown:test", expect=1).err
    assert f'//unknown:test: there is no variation "weather" for `without`. Known ones: {ALL}.' in said


def test_wheel_that_is_not_built_from_source(workspace: Workspace) -> None:
    workspace.package("downloaded", 'py_wheel_reproducibility_test(name = "test", wheel = "@setuptools_wheel//:file")')
    said = workspace.build("//downloaded:test", expect=1).err
    assert "`wheel` has to be one that rules_sdist builds from source" in said


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--spawn_strategy=local"], CLOSED),
        (["--extra_toolchains=@system_python//:toolchain"], CLOSED),
        ([MAPPED], f"is identical under {ALL}."),
    ],
    ids=["no_sandbox", "interpreter_that_is_an_input", "mapped"],
)
def test_reproducible_wheel_passes_with(workspace: Workspace, flags: list[str], expected: str) -> None:
    workspace.run("test", "//same:markupsafe_test", "//same:with_tool_test", *flags)
    for name in ("markupsafe", "with_tool"):
        assert expected in log(workspace, f"same/{name}_test")


def test_machine_that_forbids_closed_builds(workspace: Workspace) -> None:
    workspace.run("test", "//same:markupsafe_test", "--run_under=//same:forbid", expect=3)
    text = log(workspace, "same/markupsafe_test")
    assert "a closed build can't be made:\nERROR: This machine does not let a build be closed" in text
    assert MAPPED in text
    assert "Traceback" not in text


def test_machine_that_forbids_namespaces(workspace: Workspace) -> None:
    workspace.run("test", "//same:markupsafe_test", "--run_under=//same:forbid", MAPPED)
    text = log(workspace, "same/markupsafe_test")
    kept = [name for name in ALL.split(", ") if name not in ("clock", "directory_order", "host_name", "user")]
    assert f"is identical under {', '.join(kept)}; not varied here: clock, directory_order, host_name, user (" in text
    assert "this machine forbids user namespaces: " in text
    assert list(result(workspace, "same/markupsafe_test")["not_varied"]) == [
        "clock",
        "directory_order",
        "host_name",
        "user",
    ]


def test_machine_without_a_compiler(workspace: Workspace) -> None:
    workspace.package("pure", 'py_wheel_reproducibility_test(name = "test", wheel = "//wheels:six_wheel")')
    workspace.run("test", "//pure:test", "--repo_env=BAZEL_DO_NOT_DETECT_CPP_TOOLCHAIN=1")
    text = log(workspace, "pure/test")
    assert "; not varied here: clock (there is no C++ toolchain to compile the library that shifts it)." in text


def test_the_report_lists_every_wheel(workspace: Workspace) -> None:
    attributes = 'build_requires = ["@setuptools_wheel//:file"], wheel_tags = "{python}-{abi}-{platform}",'
    add_control(workspace, "mapped/native", NATIVE, attributes)
    patterns = ["//same:markupsafe_test", "//same:with_tool", "//mapped/both:all", "//mapped/native:all"]
    done = workspace.command("reproducibility_report", f"--flag={MAPPED}", *patterns)
    rows = {line.split()[0]: line for line in done.out.splitlines() if line.startswith("//")}
    assert done.code == 1, done.err
    assert re.search(r" different +[0-9.]+ +kernel: the wheel .*; user: the wheel ", rows["//mapped/both:wheel"])
    assert re.search(r" not built +The backend setuptools.build_meta.* failed", rows["//mapped/native:wheel"])
    assert re.search(r" identical +[0-9.]+$", rows["//wheels:markupsafe_wheel"])
    assert rows["//same:with_tool"].endswith(" no test")
    assert done.out.endswith("1 different, 1 identical, 1 no result, 1 no test, 1 not built\n")
