"""Two distributions of Linux on one machine, as the team had them: two Pythons, two compilers, one workspace."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import older_python
import pytest
import script_toolchain
from support import Workspace, spawns

from common.errors import DIFFERENT

if TYPE_CHECKING:
    from collections.abc import Iterator

WHEELS = ("//wheels:markupsafe_wheel", "//wheels:six_wheel")
NEWER = "@system_python//:toolchain"
ENVIRONMENTS = {
    "buster": ("@older_python//:toolchain",),
    "focal": (NEWER,),
    "focal_with_another_compiler": (NEWER, "//compiler:toolchain"),
}
TOOLS = "--repo_env=RULES_SDIST_HOST_TOOLS=/usr/bin/python3:/usr/bin/gcc"
SIDE_BY_SIDE = """
def _with_toolchains(settings, attr):
    return {"//command_line_option:extra_toolchains": attr.chosen}

_toolchains = transition(
    implementation = _with_toolchains,
    inputs = [],
    outputs = ["//command_line_option:extra_toolchains"],
)

def _impl(ctx):
    return [DefaultInfo(files = depset(transitive = [wheel[DefaultInfo].files for wheel in ctx.attr.wheels]))]

wheels_of = rule(
    implementation = _impl,
    attrs = {
        "chosen": attr.string_list(),
        "wheels": attr.label_list(cfg = _toolchains),
    },
)
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("side")
    made = Workspace(folder / "w", folder / "o", flags=["-c", "opt", TOOLS])
    older_python.add_older_python(made.root)
    compiler = made.package("compiler", script_toolchain.BUILD_FILE, script_toolchain.FILES)
    (compiler / "tool.sh").write_text('#!/bin/sh\nexec /usr/bin/gcc "$@" -O1\n')
    (compiler / "tool.sh").chmod(0o755)
    yield made
    made.shutdown()


def flags(environment: str) -> list[str]:
    return [f"--extra_toolchains={toolchain}" for toolchain in ENVIRONMENTS[environment]]


@pytest.fixture(scope="module")
def one_by_one(machine: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The wheels' hashes in each environment; all share a disk cache, and none gets anything of the others."""
    folder = tmp_path_factory.mktemp("cache")
    log = folder / "log.json"
    shared = (f"--disk_cache={folder / 'cache'}", f"--execution_log_json_file={log}")
    hits: dict[str, list[bool]] = {}
    made: dict[str, dict[str, str]] = {}
    for time in ("first", "again"):
        for name in ENVIRONMENTS:
            machine.run("clean")
            machine.build(*WHEELS, *flags(name), *shared)
            built = [spawn["cacheHit"] for spawn in spawns(log) if spawn["mnemonic"] == "PySdistWheel"]
            assert len(built) == len(WHEELS)
            hits[f"{time} {name}"] = sorted(built)
            assert made.setdefault(name, machine.hashes()) == machine.hashes()
    assert hits == {
        "first buster": [False, False],
        "first focal": [False, False],
        # A wheel without native code knows no compiler, so six is the same for both.
        "first focal_with_another_compiler": [False, True],
        "again buster": [True, True],
        "again focal": [True, True],
        "again focal_with_another_compiler": [True, True],
    }
    return made


def test_no_environment_gets_a_wheel_of_another_one(one_by_one: dict[str, dict[str, str]]) -> None:
    (buster,), (focal,), (other,) = (
        {sha256 for file, sha256 in one_by_one[name].items() if file.startswith("markupsafe")} for name in ENVIRONMENTS
    )
    assert len({buster, focal, other}) == len(ENVIRONMENTS)
    assert any("-cp311-" in name for name in one_by_one["buster"])
    assert not any("-cp311-" in name for name in one_by_one["focal"])
    six = {sha256 for made in one_by_one.values() for file, sha256 in made.items() if file.startswith("six")}
    assert len(six) == 1  # whose bytes are the same


def test_one_build_makes_the_wheels_of_all(machine: Workspace, one_by_one: dict[str, dict[str, str]]) -> None:
    """Side by side, in one `bazel build`: the same as one by one."""
    build_file = 'load(":side_by_side.bzl", "wheels_of")\n' + "".join(
        f"wheels_of(name = {name!r}, wheels = {list(WHEELS)!r}, chosen = {list(toolchains)!r})\n"
        for name, toolchains in ENVIRONMENTS.items()
    )
    machine.package("side_by_side", build_file.replace("'", '"'), {"side_by_side.bzl": SIDE_BY_SIDE})
    machine.build("//side_by_side:all")
    for name, made in one_by_one.items():
        places = machine.run("cquery", "--output=files", f"//side_by_side:{name}").out.split()
        files = [machine.output_base / "execroot" / "_main" / place for place in places]
        assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files} == made


def test_each_environment_has_recorded_hashes_of_its_own(
    machine: Workspace, one_by_one: dict[str, dict[str, str]]
) -> None:
    """... and a comparison with those of another one tells of the environment first."""
    for name, made in one_by_one.items():
        chosen = [f"--flag={flag}" for flag in flags(name)]
        recorded = machine.command("wheel_hashes", *WHEELS, *chosen, f"--file={name}.sha256")
        assert recorded.code == 0, recorded.err
        lines = (machine.root / f"{name}.sha256").read_text().splitlines()
        assert {tuple(line.split("  ")) for line in lines if line[0] != "#"} == {(b, a) for a, b in made.items()}

    def compared(name: str, record: str) -> tuple[int, list[str]]:
        chosen = [f"--flag={flag}" for flag in flags(name)]
        said = machine.command("wheel_hashes", *WHEELS, *chosen, f"--file={record}.sha256", "--check")
        return said.code, [line.strip() for line in said.out.splitlines() if line.startswith("  ")]

    assert compared("buster", "buster") == (0, [])
    code, lines = compared("focal", "buster")
    assert code == DIFFERENT
    assert lines[0].startswith("other environment: interpreter: recorded 3.11.")
    assert "the same bytes" in lines
    code, lines = compared("focal_with_another_compiler", "focal")
    assert code == DIFFERENT
    assert lines[0].startswith("other environment: compiler: recorded ")
    assert lines[-1].startswith("other bytes: recorded sha256 "), lines
