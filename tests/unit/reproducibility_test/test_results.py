"""What a reproducibility test says of its result: the text, and the XML for Bazel."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from reproducibility_test.rebuild import Outcome
from reproducibility_test.report import Result, Varied, as_xml, text
from reproducibility_test.search import Cause

if TYPE_CHECKING:
    from pathlib import Path


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
