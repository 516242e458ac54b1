from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from reproducibility_report.command import Row, error_in, rows_of, table

if TYPE_CHECKING:
    from pathlib import Path


def event_of(folder: Path, test: str, **result: Any) -> dict[str, Any]:
    values = {"result": "identical", "not_varied": {}, "switched_off": [], "causes": [], "seconds": 1.5, **result}
    suite = ElementTree.Element("testsuite")
    ElementTree.SubElement(suite, "property", name="reproducibility", value=json.dumps(values))
    report = folder / f"{test} .xml"
    ElementTree.ElementTree(suite).write(report)
    outputs = [{"name": "test.log", "uri": "file:///x"}, {"name": "test.xml", "uri": report.as_uri()}]
    return {
        "id": {"testResult": {"label": f"@@//:{test}"}},
        "testResult": {"testActionOutput": outputs},
    }


def failed_action(folder: Path, label: str, said: str) -> dict[str, Any]:
    (folder / "stderr").write_text(said)
    return {
        "id": {"actionCompleted": {"label": label}},
        "action": {"success": False, "stderr": {"uri": (folder / "stderr").as_uri()}},
    }


def test_every_wheel_is_listed(tmp_path: Path) -> None:
    events = [
        event_of(tmp_path, "a_test", label="//:a"),
        event_of(tmp_path, "b_test", label="//:b", result="different", causes=["clock: 1", "user: 2"]),
        event_of(tmp_path, "c_test", label="hub//:c", not_varied={"clock": "why"}, switched_off=["cpus"]),
        failed_action(tmp_path, "//:d", "noise\n\nERROR: The backend failed:\nmore\n"),
        {"id": {"actionCompleted": {"label": "//:e"}}, "action": {"success": True}},
        {"id": {"started": {}}},
    ]
    tests = ["@@//:a_test", "//:b_test", "//:c_test", "//:d_test"]
    rows = rows_of(events, tests, ["@@//:a", "@@//:b", "@@//:d", "@@//:e", "@@hub//:c"])
    assert rows == [
        Row("//:a", "identical", "", 1.5),
        Row("//:b", "different", "clock: 1; user: 2", 1.5),
        Row("//:d", "not built", "The backend failed:"),
        Row("//:d_test", "no result", "see the wheels that were not built"),
        Row("//:e", "no test"),
        Row("hub//:c", "identical", "not varied: clock; switched off: cpus", 1.5),
    ]


def test_table() -> None:
    rows = [Row("//:a", "identical", "", 1.5), Row("//:long", "no test"), Row("//:b", "different", "x" * 300, 12)]
    text = table(rows)
    assert text.splitlines()[:3] == [
        "wheel    result     seconds  cause",
        "//:a     identical  1.5",
        "//:long  no test",
    ]
    assert text.splitlines()[3].endswith("xxx...")
    assert text.splitlines()[-1] == "1 different, 1 identical, 1 no test"


def test_error_without_output(tmp_path: Path) -> None:
    assert error_in(tmp_path / "missing") == "see Bazel's output"
    (tmp_path / "empty").touch()
    assert error_in(tmp_path / "empty") == "no output"
