"""A wheel is built once: caches serve it, and what consumes it, to every other output base."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import Workspace, backend_project, make_sdist, spawns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONSUMER = """
genrule(
    name = "consumer",
    srcs = ["//wheels:greenlet_wheel"],
    outs = ["sha256"],
    cmd = "sha256sum < $< > $@",
)

py_wheel_library(
    name = "greenlet",
    wheel = "//wheels:greenlet_wheel",
)
"""


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Workspace]]:
    """Two machines with one disk cache."""
    folder = tmp_path_factory.mktemp("machines")
    flags = [f"--disk_cache={folder / 'disk_cache'}", "-c", "opt"]
    first = Workspace(folder / "first", folder / "o1", flags=flags)
    second = Workspace(folder / "the_second_workspace", folder / "o2", flags=flags)
    for machine in (first, second):
        machine.package("consumer", CONSUMER)
    yield first, second
    for machine in (first, second):
        machine.shutdown()


def test_disk_cache_serves_another_output_base(machines: tuple[Workspace, Workspace], tmp_path: Path) -> None:
    logs = []
    for number, machine in enumerate(machines):
        log = tmp_path / f"log{number}.json"
        machine.build(
            "//consumer:all",
            f"--execution_log_json_file={log}",
            # What the second machine's user has in his shell.
            env={"CFLAGS": f"-DNUMBER={number}", "TZ": "Asia/Tokyo" if number else "UTC"},
        )
        logs.append(spawns(log))
    first, second = logs
    assert {"PySdistWheel", "PyWheelInstall", "PySdistHelper", "Genrule"} <= {spawn["mnemonic"] for spawn in first}
    assert all(not spawn["cacheHit"] for spawn in first)
    assert [spawn["mnemonic"] for spawn in second if not spawn["cacheHit"]] == []
    assert any(spawn["mnemonic"] == "PySdistWheel" for spawn in second)


def test_consumers_are_hits_although_the_wheel_is_built_again(
    machines: tuple[Workspace, Workspace], tmp_path: Path
) -> None:
    """Where no cache has the wheel any more, its bytes are what finds everything else."""
    first, second = machines
    log = tmp_path / "log.json"
    first.build("//consumer:all")
    second.run("clean")
    second.build("//consumer:all", f"--execution_log_json_file={log}", "--modify_execution_info=PySdistWheel=+no-cache")
    found = {(spawn["mnemonic"], spawn["targetLabel"]): spawn["cacheHit"] for spawn in spawns(log)}
    assert {target for (_, target), hit in found.items() if not hit} == {"//wheels:greenlet_wheel"}
    assert found["Genrule", "//consumer:consumer"]
    assert found["PyWheelInstall", "//consumer:greenlet.install"]


def test_no_key_holds_a_host_path_or_a_client_variable(workspace: Workspace) -> None:
    noise = ["--action_env=CFLAGS=-DNOISE", "--action_env=SOURCE_DATE_EPOCH=7"]
    text = workspace.run("aquery", 'mnemonic("PySdist.*|PyWheel.*", deps(//wheels:all_wheels))', *noise).out
    assert "Mnemonic: PySdistWheel" in text
    assert "NOISE" not in text
    assert "SOURCE_DATE_EPOCH" not in text
    assert str(workspace.root) not in text
    assert str(workspace.output_base) not in text
    assert "block-network" in text


WHEEL_OF_ALL_INPUTS = """
py_sdist_wheel(name = "requirement", sdist = "requirement-1.0.tar.gz")
py_sdist_wheel(
    name = "wheel",
    sdist = "demo-1.0.tar.gz",
    build_requires = [":requirement"],
    patches = ["a.patch"],
    config_settings = {{"key": "{setting}"}},
    env = {{"OWN": "{variable}"}},
)
"""
BACKEND_OF_ALL_INPUTS = """
import requirement
text = [open(name).read() for name in ("sdist.txt", "patched.txt")]
text += [requirement.TEXT, config_settings["key"], os.environ["OWN"]]
return write_wheel(wheel_directory, {"demo.txt": " ".join(text)})
"""
PATCH = "--- a/patched.txt\n+++ b/patched.txt\n@@ -1,1 +1,1 @@\n-original\n+{patch}\n"
REQUIREMENT = """
return write_wheel(wheel_directory, {{"requirement.py": "TEXT = '{requirement}'"}}, name="requirement")
"""


def test_any_input_changes_the_wheel(workspace: Workspace) -> None:
    """One byte of the sdist, of a build requirement, of a patch, or of an attribute: another wheel."""
    plain = dict.fromkeys(["sdist", "requirement", "patch", "setting", "variable"], "a")
    seen = set()
    for changed in ["", *plain]:
        values = {**plain, changed: "b"} if changed else plain
        files = {"a.patch": PATCH.format(**values)}
        folder = workspace.package("inputs", WHEEL_OF_ALL_INPUTS.format(**values), files)
        project = backend_project(BACKEND_OF_ALL_INPUTS, {"sdist.txt": values["sdist"], "patched.txt": "original\n"})
        make_sdist(project, folder / "demo-1.0.tar.gz")
        make_sdist(backend_project(REQUIREMENT.format(**values)), folder / "requirement-1.0.tar.gz")
        workspace.build("//inputs:wheel")
        (wheel,) = (workspace.bin() / "inputs").glob("demo-*.whl")
        seen.add(wheel.read_bytes())
    assert len(seen) == 1 + len(plain)
