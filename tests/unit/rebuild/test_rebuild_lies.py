"""Build information that is well-formed and false: it is not confirmed, and the truth is."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from actions import build_params, built
from archives import TOOLS
from forged_documents import Box, box_in, put

from buildinfo.record import RecordParams, build_info
from common.errors import UserError
from rebuild.command import rebuild

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    return box_in(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def true_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pure wheel, with its build information as Bazel's action writes it."""
    folder = tmp_path_factory.mktemp("true")
    params = build_params(env={"TEXT": "x = 1"})
    assert built(folder, params).returncode == 0
    shutil.make_archive(str(folder / "helper"), "zip", TOOLS)
    record = RecordParams(
        "params.json",
        "helper.zip",
        params.output,
        {},
        ("demo-1.0.tar.gz",),
        {},
        "host_files.json",
        "1.2",
        "urn:x",
        "",
        "",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        text = build_info(record).text()
    (folder / f"{params.output}.buildinfo.json").write_text(text)
    return folder / params.output


def test_a_true_document_is_confirmed(box: Box, true_build: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = true_build.with_name(true_build.name + ".buildinfo.json")
    assert rebuild([str(true_build), str(document), "--inputs", str(true_build.parent), "--mapped"]) == 0
    said = capsys.readouterr().out
    assert f"{true_build.name} was built again, with the same bytes" in said
    assert "the same as recorded: environment, host_files, helper" in said
    unknown = "interpreter (none recorded), recipe.label, version"
    assert f"Nothing here can tell whether these are true: {unknown}." in said
    assert list(box.scratch.iterdir()) == []


LIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "environment: SOURCE_DATE_EPOCH": lambda found: put(found, "environment.SOURCE_DATE_EPOCH", "0"),
    "environment: MORE": lambda found: put(found, "environment.MORE", "x"),
    "host_files: programs": lambda found: put(found, "host_files.programs", ["/usr/bin/evil\x1b"[:-1]]),
    "host_files: headers": lambda found: put(found, "host_files.headers", ["/usr/include/zlib.h"]),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_not_confirmed(
    box: Box, true_build: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], lie: str
) -> None:
    truth = json.loads(true_build.with_name(true_build.name + ".buildinfo.json").read_text())
    (tmp_path / "lie.json").write_text(json.dumps(LIES[lie](truth)))
    with pytest.raises(UserError) as caught:
        rebuild([str(true_build), str(tmp_path / "lie.json"), "--inputs", str(true_build.parent), "--mapped"])
    assert "The build information is false, though the wheel that it tells of can be built again" in str(caught.value)
    assert lie in str(caught.value)
    assert "the same bytes" not in str(caught.value) + "".join(capsys.readouterr())
    assert list(box.scratch.iterdir()) == []
