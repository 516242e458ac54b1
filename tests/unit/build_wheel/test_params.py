from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest
from actions import build_params, toolchain

from build_wheel.params import BuildParams, Expected, Library, Native

if TYPE_CHECKING:
    from pathlib import Path

PARAMS = build_params(
    sources=(("a/setup.py", "setup.py"),),
    expected=Expected("demo", "1.0", "py3-none-any", ("six>=1",)),
    cc=toolchain(c_flags=("-O2",), env={"LANG": "C"}),
    native=Native(("A=1",), ("inc",), (), (), (Library("x.a", shared=False, whole=True),), ("-lm",)),
    config_settings={"key": "value"},
)


def written(tmp_path: Path, data: dict[str, Any]) -> Path:
    (tmp_path / "params.json").write_text(json.dumps(data))
    return tmp_path / "params.json"


@pytest.mark.parametrize("params", [PARAMS, build_params()], ids=["everything", "least"])
def test_what_is_written_is_read(tmp_path: Path, params: BuildParams) -> None:
    assert BuildParams.read(written(tmp_path, dataclasses.asdict(params))) == params


def test_no_declared_dependencies_differ_from_none_allowed(tmp_path: Path) -> None:
    data = dataclasses.asdict(PARAMS)
    data["expected"]["requires_dist"] = []
    assert BuildParams.read(written(tmp_path, data)).expected.requires_dist == ()
    data["expected"]["requires_dist"] = None
    assert BuildParams.read(written(tmp_path, data)).expected.requires_dist is None


@pytest.mark.parametrize("part", ["", "expected", "cc", "native"])
def test_unknown_and_missing_fields_are_refused(tmp_path: Path, part: str) -> None:
    data = dataclasses.asdict(PARAMS)
    (data[part] if part else data)["novelty"] = 1
    with pytest.raises(TypeError, match="novelty"):
        BuildParams.read(written(tmp_path, data))
    data = dataclasses.asdict(PARAMS)
    fields = data[part] if part else data
    gone = sorted(fields)[-1]
    del fields[gone]
    with pytest.raises((TypeError, KeyError), match=gone):
        BuildParams.read(written(tmp_path, data))
