"""What users of Bazel expect: the same wheel however it is built, on whatever path, without a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from demo import contents
from support import CLOSED, Workspace, backend_project, make_sdist, spawns


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


def test_repositories_side_by_side_are_refused_where_a_build_is_closed(workspace: Workspace) -> None:
    """Before anything runs, with what to type; a mapped build makes the same wheel as with the usual layout."""
    target, beside = "//wheels:make_ext_wheel", "--experimental_sibling_repository_layout"
    said = workspace.build("--nobuild", target, beside, CLOSED, expect=1).err
    assert "//wheels:make_ext_wheel: A closed build can't have --experimental_sibling_repository_layout" in said
    assert "where: the setting @rules_sdist//python/settings:isolation" in said
    assert "--noexperimental_sibling_repository_layout" in said
    assert "build --@rules_sdist//python/settings:isolation=mapped" in said
    mapped = CLOSED.replace("closed", "mapped")
    test = 'py_wheel_reproducibility_test(name = "beside_test", wheel = "//wheels:make_ext_wheel")'
    workspace.package("beside", test)
    said = workspace.build("--nobuild", "//beside:beside_test", beside, mapped, expect=1).err
    assert "//beside:beside_test: the test can't have --experimental_sibling_repository_layout" in said
    found = []
    for flags in ([], [beside]):
        workspace.build(target, mapped, *flags)
        found.append([sha256 for name, sha256 in workspace.hashes().items() if name.startswith("make_ext-")])
    assert found[0] == found[1] != []


def test_loading_needs_neither_network_nor_python(tmp_path: Path) -> None:
    own = Workspace(tmp_path / "w", tmp_path / "o")
    own.build("--nobuild", "//...")
    offline = ["--repo_env=PIP_INDEX_URL=http://127.0.0.1:9/simple", "--repo_env=PATH=/nonexistent"]
    own.run("shutdown")
    own.run("query", "//...", *offline)
    own.build("--nobuild", "//...", *offline)
    own.shutdown()


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
    workspace: Workspace, elsewhere: Workspace
) -> None:
    """With `fixed`, and only with it: its own process, a C program's, and a Python with an empty environment."""
    wheels = []
    for one, strategy in ((workspace, "linux-sandbox"), (elsewhere, "local")):
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
    elsewhere.run("test", "//fixed:again", "--test_output=errors")
    assert "would differ on another machine or at another time" in workspace.error("//fixed:honest")
