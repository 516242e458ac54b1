"""What `wheel_diff` writes: JSON, HTML, diffoscope's output, and what a terminal gets."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS, make_wheel
from diffed_wheels import diff, run, start

from common.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path


def test_json(tmp_path: Path) -> None:
    result = diff(tmp_path, {"demo.py": "t = 1704456000\n"}, {"demo.py": "t = 1739783411\n"}, "--json")
    assert result.code == 1
    report = json.loads(result.output)
    assert list(report) == sorted(report) == ["a", "b", "causes", "differences", "schema", "verdict"]
    assert report["schema"] == 1
    assert report["verdict"] == "content"
    assert report["a"]["file"] == "a/demo-1.0-py3-none-any.whl"
    assert set(report["a"]) == {"file", "members", "sha256", "size"}
    assert [set(cause) for cause in report["causes"]] == [{"cause", "fix", "places", "why"}]
    change = next(difference for difference in report["differences"] if difference["member"] == "demo.py")
    assert set(change) == {
        *("a", "b", "cause", "consequence", "detail", "fix", "kind", "member", "packaging", "where"),
    }
    assert (change["a"], change["b"], change["packaging"]) == ("t = 1704456000", "t = 1739783411", False)
    assert change["cause"].startswith("build time: ")
    record = next(difference for difference in report["differences"] if difference["kind"] == "record")
    assert record["consequence"]


def test_json_of_equal_wheels(tmp_path: Path) -> None:
    result = diff(tmp_path, {}, {}, "--json")
    assert (result.code, json.loads(result.output)["verdict"]) == (0, "equal")


def test_html(tmp_path: Path) -> None:
    a: dict[str, str | bytes] = {"demo.py": "x = '<script>alert(1)</script>'\n", "<img src=x>.py": "1\n"}
    b: dict[str, str | bytes] = {"demo.py": "x = '</pre><b>&amp;'\n", "<img src=x>.py": "2\n"}
    result = diff(tmp_path, a, b, "--html", "diff.html")
    assert result.code == 1
    page = (tmp_path / "diff.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "</pre><b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not re.search(r"https?://|src=[\"']|<link|@import|url\(", page.replace("&lt;img src=x", ""))
    assert "color-scheme: light dark" in page
    assert page.count("<details") == page.count("</details>") >= 3


def test_html_says_what_one_sees(tmp_path: Path) -> None:
    a: dict[str, str | bytes] = {"demo.py": "x = 1\n", "same.py": "1\n", "only_a.txt": "a\n"}
    b: dict[str, str | bytes] = {"demo.py": "x = 2\n", "same.py": "1\n", "only_b.txt": "b\n"}
    diff(tmp_path, a, b, "--html", "diff.html")
    page = (tmp_path / "diff.html").read_text(encoding="utf-8")
    assert "<title>demo-1.0-py3-none-any.whl differs - wheel_diff</title>" in page
    assert "the sources differ" in page
    assert "what only A has" in page
    assert re.search(r"<th>size</th><td data-side=\"A\">[\d,]+ bytes", page)
    assert "<p>3 other members of A and B are equal.</p>" in page  # METADATA, WHEEL, and same.py
    assert f"wheel_diff of rules_sdist {VERSION}" in page
    assert "@media (max-width:" in page


def test_html_of_equal_wheels(tmp_path: Path) -> None:
    diff(tmp_path, {}, {}, "--html", "diff.html")
    page = (tmp_path / "diff.html").read_text(encoding="utf-8")
    assert "<title>demo-1.0-py3-none-any.whl is the same twice - wheel_diff</title>" in page
    assert "what only A has" not in page


def test_html_does_not_overwrite_a_wheel(tmp_path: Path) -> None:
    a = make_wheel(tmp_path, {})
    before = a.read_bytes()
    result = run(a, a, "--html", a)
    assert result.code == 2
    assert "would overwrite the wheel" in result.error
    assert a.read_bytes() == before


def test_html_where_there_is_no_folder(tmp_path: Path) -> None:
    result = diff(tmp_path, {}, {}, "--html", "no/such/folder.html")
    assert result.code == 2
    assert "can't be written: No such file or directory" in result.error


@pytest.mark.parametrize(("script", "expected"), [("echo seen it", "seen it"), ("sleep 30", "was stopped after")])
def test_diffoscope(tmp_path: Path, script: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from wheel_diff.reports.diffoscope import diffoscope_outputs

    program = tmp_path / "diffoscope"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert expected in diffoscope_outputs({"demo.so": (b"a", b"b")}, seconds=0.5)["demo.so"]
    monkeypatch.setenv("PATH", "/nowhere")
    assert diffoscope_outputs({"demo.so": (b"a", b"b")}) == {}


def test_output_is_the_same_each_time(tmp_path: Path) -> None:
    a = make_wheel(tmp_path / "a", {"z.py": "/tmp/a/x /tmp/b/y -O2 -O3 a@b", "y.bin": b"\0/tmp/q/r\0/tmp/s/t"})
    b = make_wheel(tmp_path / "b", {"z.py": "/tmp/c/x /tmp/d/y -O1 -g a@c", "y.bin": b"\0/tmp/u/v\0/tmp/w/x"})
    for option in ("--all", "--json"):
        assert len({start(a, b, option, PYTHONHASHSEED=str(seed)).output for seed in range(4)}) == 1


def test_nothing_reaches_the_terminal_unescaped(tmp_path: Path) -> None:
    name = "evil\x1b[2J\u202e.py"
    result = diff(tmp_path, {name: "x\n"}, {name: "\x1b]0;title\x07\n"}, "--all")
    assert result.code == 1
    assert "\x1b" not in result.output
    assert "\u202e" not in result.output
    assert r"\x1b[2J\u202e" in result.output


def test_ascii_terminal_and_reader_that_stops(tmp_path: Path) -> None:
    diff(tmp_path, {"d.py": "€\n"}, {"d.py": "$\n"})
    a, b = sorted(tmp_path.glob("*/*.whl"))
    result = start(a, b, PYTHONIOENCODING="ascii")
    assert (result.code, result.error) == (1, "")
    assert "-\\u20ac" in result.output
    command = f"{sys.executable} {TOOLS}/wheel_diff {a} {b}; echo $? >{tmp_path}/code"
    done = subprocess.run(["bash", "-c", f"({command}) | true"], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert (tmp_path / "code").read_text() == "1\n"


def test_paths_start_where_bazel_was_called(tmp_path: Path) -> None:
    make_wheel(tmp_path, {}, name="a.whl")
    assert start("a.whl", "a.whl", cwd=TOOLS, BUILD_WORKING_DIRECTORY=str(tmp_path)).code == 0
