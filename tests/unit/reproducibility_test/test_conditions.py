"""The conditions that a rebuild varies: how they reach a process, and who sees them."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from actions import build_params
from rebuild_machines import machine_in

from build_wheel.params import BuildParams
from reproducibility_test import look, system, variations
from reproducibility_test.conditions import Conditions, TookTooLongError, run
from reproducibility_test.variations import VARIATIONS, conditions_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from reproducibility_test.machine import Machine

REPO = Path(__file__).resolve().parents[3]
NAMES = [variation.name for variation in VARIATIONS]
ALL = frozenset(NAMES)


def test_starlark_and_the_docs_know_the_same_variations() -> None:
    rule = (REPO / "python" / "private" / "wheel" / "py_wheel_reproducibility_test.bzl").read_text()
    listed = re.findall(r'"(\w+)"', rule.partition("VARIATIONS = [")[2].partition("]")[0])
    assert listed == NAMES == sorted(NAMES)
    page = (REPO / "docs" / "reference" / "reproducibility_test.md").read_text()
    assert [name for name in NAMES if f"| `{name}` |" not in page] == []


def test_variables_are_those_of_the_action() -> None:
    rule = (REPO / "python" / "private" / "toolchain" / "interpreter.bzl").read_text()
    given = json.loads(rule.partition("env = ")[2].partition("}")[0] + "}")
    assert given == variations._ACTION_VARIABLES


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return machine_in(tmp_path)


def run_here(machine: Machine, conditions: Conditions, code: str, *, seconds: float = 60) -> tuple[int, str]:
    log = machine.work / "log"
    status = run(
        conditions, machine, [sys.executable, "-I", "-c", code], folder=machine.place, log=log, seconds=seconds
    )
    return status, log.read_text()


def test_conditions_reach_the_process(machine: Machine) -> None:
    names = {"environment", "home", "search_path", "temporary_folder", "umask", "address_layout", "cpus"}
    conditions = conditions_with(names, machine)
    code = (
        "import os; print(os.getcwd(), os.environ['CFLAGS'], os.environ['HOME'], oct(os.umask(0)),"
        " len(os.sched_getaffinity(0)), open('/proc/self/personality').read())"
    )
    status, said = run_here(machine, conditions, code)
    assert status == 0, said
    home = machine.work / "home_of_another"
    assert said.split() == [str(machine.place), "-O0", "-DOTHER", str(home), "0o77", "1", "00040000"]


def test_nothing_is_mounted_on_the_machine_itself(machine: Machine) -> None:
    """Not even by root, who could."""
    before = Path("/proc/self/mountinfo").read_text()
    (machine.work / "a").touch()
    (machine.work / "b").touch()
    changes: list[Callable[[], None]] = [
        lambda: system.bind(str(machine.work / "a"), str(machine.work / "b")),
        lambda: system.mount_memory(machine.place),
        system.mount_processes,
        lambda: system.set_host_name("another", "another"),
    ]
    for change in changes:
        with pytest.raises(PermissionError, match="would change the machine itself"):
            change()
    conditions = dataclasses.replace(conditions_with((), machine), files={str(machine.work / "b"): b"other"})
    assert run_here(machine, conditions, f"print(open({str(machine.work / 'b')!r}).read())") == (0, "\n")
    assert Path("/proc/self/mountinfo").read_text() == before


def test_exit_code_is_the_commands_own(machine: Machine) -> None:
    assert run_here(machine, conditions_with((), machine), "raise SystemExit(7)")[0] == 7


def test_what_takes_too_long_is_killed(machine: Machine) -> None:
    with pytest.raises(TookTooLongError):
        run_here(machine, conditions_with((), machine), "import time; time.sleep(60)", seconds=0.2)


def test_zone_is_what_the_c_library_reads(tmp_path: Path) -> None:
    zone = tmp_path / "zone"
    zone.write_bytes(variations._zone(5 * 3600 + 45 * 60))
    child = os.popen(f"TZ=:{zone} date +%z")  # as an absolute path
    assert child.read() == "+0545\n"


def test_other_processors() -> None:
    described = b"processor\t: 0\nmodel name\t: Real\nflags\t\t: sse2 avx avx512f fma\n\nprocessor\t: 1\n\n"
    other = variations._other_processors(described)
    assert other.count(b"processor\t:") == 7
    assert b"Real" not in other
    assert b"avx" not in other
    assert b"sse2" in other


def test_project_that_looks_around_says_what_it_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in look.source_files().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAX_JOBS", "7")
    assert (tmp_path / look.build_wheel(".")).is_file()
    found = look.facts_in(tmp_path)
    assert (found["jobs"], found["build_path"]) == ("7", str(tmp_path))
    assert sorted(found) == NAMES


def test_project_that_looks_around_has_parameters_of_the_helpers_version(tmp_path: Path) -> None:
    wheel = dataclasses.asdict(build_params(isolation="closed", tools={"a": "b"}, fixed=("clock",), preload="p.so"))
    params = look.parameters({**wheel, "cpus": 5}, {"pyproject.toml": "x/pyproject.toml"})
    (tmp_path / "params.json").write_text(json.dumps(params))
    read = BuildParams.read(tmp_path / "params.json")
    assert (read.sdist, read.sources) == (None, (("x/pyproject.toml", "pyproject.toml"),))
    assert (read.isolation, read.cpus, read.tools, read.env) == ("closed", 5, {}, {})
    assert read.fingerprints == build_params().fingerprints
