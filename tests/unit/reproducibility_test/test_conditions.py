from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from actions import build_params

from build_wheel.params import BuildParams
from common.errors import UserError
from reproducibility_test import look, system, variations
from reproducibility_test.conditions import Conditions, TookTooLongError, run
from reproducibility_test.machine import Machine
from reproducibility_test.params import VaryParams
from reproducibility_test.rebuild import Outcome, Rebuilder, link_files
from reproducibility_test.report import Result, Varied, as_xml, text
from reproducibility_test.search import Cause
from reproducibility_test.variations import VARIATIONS, conditions_with
from reproducibility_test.vary import vary

if TYPE_CHECKING:
    from collections.abc import Callable

REPO = Path(__file__).resolve().parents[3]
NAMES = [variation.name for variation in VARIATIONS]
ALL = frozenset(NAMES)


def test_starlark_and_the_docs_know_the_same_variations() -> None:
    rule = (REPO / "python" / "private" / "py_wheel_reproducibility_test.bzl").read_text()
    listed = re.findall(r'"(\w+)"', rule.partition("VARIATIONS = [")[2].partition("]")[0])
    assert listed == NAMES == sorted(NAMES)
    page = (REPO / "docs" / "reproducibility.md").read_text()
    assert [name for name in NAMES if f"| `{name}` |" not in page] == []


def test_variables_are_those_of_the_action() -> None:
    rule = (REPO / "python" / "private" / "interpreter.bzl").read_text()
    given = json.loads(rule.partition("env = ")[2].partition("}")[0] + "}")
    assert given == variations._ACTION_VARIABLES


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = object.__new__(Machine)  # without entering namespaces, which a test runner could not leave
    made.work, made.preload, made._folders = tmp_path, b"", 0
    made.place = tmp_path / "builds"
    made.place.mkdir()
    made.in_memory = tmp_path / "in_memory"
    made.namespaces = made.processes = made.etc = made.clock = made.memory = "forbidden"
    return made


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


def test_link_files_links_files_in_folders_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "in" / "a" / "b").mkdir(parents=True)
    (tmp_path / "in" / "a" / "b" / "file").touch()
    (tmp_path / "in" / "tree").symlink_to("a")
    (tmp_path / "out").mkdir()
    link_files(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out" / "a" / "b").is_symlink()
    assert (tmp_path / "out" / "a" / "b" / "file").readlink() == tmp_path / "in" / "a" / "b" / "file"
    assert (tmp_path / "out" / "tree").is_symlink()


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


def params_of(folder: Path, **changes: Any) -> Path:
    values = {
        "build_params": "p.json",
        "helper": "helper.zip",
        "inputs": "test.execroot",
        "interpreter": sys.executable,
        "label": "//a:wheel",
        "preload": "",
        "listed": [],
        "programs": [],
        "wheel": "a-1-py3-none-any.whl",
        "without": [],
        **changes,
    }
    (folder / "params.json").write_text(json.dumps(values))
    return folder / "params.json"


def test_params(tmp_path: Path) -> None:
    params = VaryParams.read(params_of(tmp_path, without=["clock"]))
    assert (params.label, params.without, params.programs) == ("//a:wheel", ("clock",), ())
    with pytest.raises(TypeError):
        VaryParams.read(params_of(tmp_path, colour="red"))


def test_unknown_variation(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no variation weather") as caught:
        vary(params_of(tmp_path, without=["weather"]), tmp_path)
    assert caught.value.fix == f"Known ones: {', '.join(NAMES)}."


def rebuilder_of(machine: Machine, isolation: str = "mapped") -> Rebuilder:
    inputs = machine.work / "runfiles" / "test.execroot"
    inputs.mkdir(parents=True, exist_ok=True)
    (inputs / "p.json").write_text(json.dumps({"cpus": 2, "isolation": isolation}))
    (inputs / "a-1-py3-none-any.whl").touch()
    params = params_of(machine.work, listed=["p.json", "tree/"], programs=["tool"])
    return Rebuilder(VaryParams.read(params), machine.work / "runfiles", machine, math.inf)


def test_library_that_does_not_load_is_said_to_be_in_the_way(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.clock = ""
    rebuilder = rebuilder_of(machine)
    assert "clock" in rebuilder.holdable

    def start(_self: Rebuilder, conditions: Conditions, command: list[str], _seen: Path) -> tuple[int, str]:
        if "ld.so.preload" in conditions.etc:
            return 127, "python3: version `GLIBC_9' not found\n"
        Path(command[-2]).write_text('{"umask": "0022"}')
        return 0, ""

    monkeypatch.setattr(Rebuilder, "_run", start)
    assert rebuilder.facts(frozenset({"clock", "umask"})) == {"umask": "0022"}
    assert machine.clock.endswith("Python does not start: python3: version `GLIBC_9' not found")
    assert rebuilder.holdable <= {"address_layout"}


def test_execution_root_has_the_inputs_and_other_jobs_but_no_wheel(machine: Machine) -> None:
    rebuilder = rebuilder_of(machine)
    root, seen = rebuilder._execution_root(conditions_with({"jobs", "build_path"}, machine))
    assert root == seen
    assert json.loads((root / "p.json").read_text()) == {"cpus": 4, "isolation": "mapped"}
    assert not (root / "a-1-py3-none-any.whl").is_symlink()
    again, _ = rebuilder._execution_root(conditions_with((), machine))
    assert (again / "p.json").is_symlink()
    assert not root.exists()


def test_a_closed_build_is_told_of_its_inputs_and_of_the_changed_clock_only(machine: Machine) -> None:
    machine.preload = b"library"
    rebuilder = rebuilder_of(machine, "closed")
    assert rebuilder._build_command(conditions_with((), machine), "p.json")[-3:-1] == ["build_wheel", "p.json"]
    *command, inputs, option, folder = rebuilder._build_command(conditions_with(ALL, machine), "p.json", ["more"])
    assert (command[-2:], option) == (["build_wheel", "p.json"], "--etc")
    assert Path(inputs).read_text() == "p.json\ntree/\nmore\n"
    given = {str(file.relative_to(folder)): file.read_bytes() for file in Path(folder).rglob("*") if file.is_file()}
    assert given["ld.so.preload"] == b"/etc/rules_sdist_rebuild/preload.so\n"
    assert given["rules_sdist_rebuild/settings"].endswith(b" 0 0")
    assert given["rules_sdist_rebuild/preload.so"] == b"library"
    assert len(given) == 3
    assert "--etc" not in rebuilder_of(machine)._build_command(conditions_with(ALL, machine), "p.json")


@pytest.mark.parametrize("isolation", ["closed", "mapped"])
def test_runfiles_lie_beside_tools_in_mapped_builds(machine: Machine, isolation: str) -> None:
    rebuilder = rebuilder_of(machine, isolation)
    root, _ = rebuilder._execution_root(conditions_with((), machine))
    assert (root / "tool.runfiles").is_symlink() == (isolation == "mapped")


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


def wheel_with(folder: Path, content: str) -> Outcome:
    folder.mkdir()
    with zipfile.ZipFile(folder / "a-1-py3-none-any.whl", "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt"), content)
        for name in ("METADATA", "WHEEL", "RECORD"):
            archive.writestr(zipfile.ZipInfo(f"a-1.dist-info/{name}"), "")
    return Outcome.of(folder / "a-1-py3-none-any.whl")


VARIED = Varied(
    {"host_name": ("one", "other"), "umask": ("0022", "0077")},
    {"clock": "no compiler", "user": "forbidden", "directory_order": "forbidden"},
    ("kernel",),
)


def result_of(built: Outcome, rebuilt: Outcome, *causes: Cause) -> Result:
    return Result("//a:wheel", "a-1-py3-none-any.whl", built, rebuilt, VARIED, causes, 13, 1.25)


def test_report_says_what_is_known_and_no_more(tmp_path: Path) -> None:
    built = wheel_with(tmp_path / "a", "same")
    said = text(result_of(built, built))
    assert said.splitlines()[0] == (
        f"PASS: a-1-py3-none-any.whl (sha256 {built.sha256}) is identical under host_name, umask; "
        "not varied here: clock (no compiler), user, directory_order (forbidden); switched off: kernel."
    )
    nothing = Varied({}, {"clock": "no compiler"}, ())
    hidden = dataclasses.replace(VARIED, hidden=("host_name",))
    assert hidden.sentence().startswith("under host_name, umask; of these hidden from a closed build: host_name; not ")
    assert hidden.table() == "  host_name         one -> other (hidden)\n  umask             0022 -> 0077"
    assert nothing.sentence() == "built once more, with nothing varied; not varied here: clock (no compiler)"


def test_report_names_the_cause_and_the_difference(tmp_path: Path) -> None:
    built, rebuilt = wheel_with(tmp_path / "a", "host=one\n"), wheel_with(tmp_path / "b", "host=other\n")
    said = text(result_of(built, rebuilt, Cause("variation", ("host_name",), built, rebuilt)))
    assert said.startswith("FAIL: a-1-py3-none-any.whl differs when it is built again")
    assert "cause: host_name: the wheel depends on the machine's name\n  fix: Keep" in said
    assert "-host=one" in said
    assert "+host=other" in said


@pytest.mark.parametrize("kind", ["together", "elsewhere", "unfinished", "unrepeatable", "varying"])
def test_report_of_other_causes(tmp_path: Path, kind: str) -> None:
    built, rebuilt = wheel_with(tmp_path / "a", "1\n"), wheel_with(tmp_path / "b", "2\n")
    names = ("random_numbers",) if kind == "varying" else ("clock", "user")
    said = text(result_of(built, rebuilt, Cause(kind, names, built, rebuilt)))
    assert "\ncause: " in said
    assert "\n  fix: " in said


def test_report_of_a_build_that_fails(tmp_path: Path) -> None:
    built, failed = wheel_with(tmp_path / "a", "1\n"), Outcome(None, "", "ERROR: no \x1b tags")
    result = result_of(built, failed, Cause("variation", ("umask",), built, failed))
    assert "FAIL: a-1-py3-none-any.whl can't be built again" in text(result)
    assert "The build fails:\n  ERROR: no" in text(result)
    report = ElementTree.fromstring(as_xml(result))
    assert report.get("failures") == "1"
    failure = report.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "umask: the wheel depends on the umask"
    (found,) = report.iter("property")
    assert json.loads(found.get("value") or "")["result"] == "failed"
