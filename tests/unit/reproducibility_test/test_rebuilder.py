"""What a rebuild is given: parameters, an execution root, and a command."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rebuild_machines import machine_in

from common.errors import UserError
from reproducibility_test.params import VaryParams
from reproducibility_test.rebuild import Rebuilder, link_files
from reproducibility_test.variations import VARIATIONS, conditions_with
from reproducibility_test.vary import vary

if TYPE_CHECKING:
    from reproducibility_test.conditions import Conditions
    from reproducibility_test.machine import Machine

NAMES = [variation.name for variation in VARIATIONS]
ALL = frozenset(NAMES)


def test_link_files_links_files_in_folders_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "in" / "a" / "b").mkdir(parents=True)
    (tmp_path / "in" / "a" / "b" / "file").touch()
    (tmp_path / "in" / "tree").symlink_to("a")
    (tmp_path / "out").mkdir()
    link_files(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out" / "a" / "b").is_symlink()
    assert (tmp_path / "out" / "a" / "b" / "file").readlink() == tmp_path / "in" / "a" / "b" / "file"
    assert (tmp_path / "out" / "tree").is_symlink()


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


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return machine_in(tmp_path)


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
