from __future__ import annotations

import hashlib
import json
import os
import re
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archives import tar_of
from corpus_keys import read_keys, told_by
from corpus_machines import Build, Machine, first_error, read_seconds
from corpus_page import Row, page, table
from corpus_sources import read_reasons, what_it_is_made_of

from corpus import compare, main, read_names, report, row
from lock.inputs.requirements_txt import bare_text
from lock.lockfile import read_lock

if TYPE_CHECKING:
    import pytest

REPO = Path(__file__).resolve().parents[2]
CORPUS = REPO / "tests" / "corpus"
ROW = Row("demo", "1.0", "setuptools.build_meta:__legacy__", "C, Make", ("/usr/bin/make",), "yes", "", 12.34)


def test_lock_is_not_stale() -> None:
    lock = read_lock(CORPUS / "sdists.lock.json")
    assert {"requirements.txt", "sdists.toml"} <= set(lock.inputs)
    for file, digest in lock.inputs.items():
        content = (CORPUS / file).read_bytes()
        bare = bare_text(content) if file.endswith(".txt") else content  # comments make nothing stale
        assert hashlib.sha256(bare).hexdigest() == digest, f"{file} has changed: lock anew"


def test_everything_comes_from_an_sdist() -> None:
    lock = read_lock(CORPUS / "sdists.lock.json")
    assert lock.wheels == ()
    assert len(lock.sdists) >= 60
    compiled = [sdist for sdist in lock.sdists if not sdist.wheel_tags.endswith("-any")]
    assert len(compiled) > len(lock.sdists) / 2
    backends = {sdist.backend.partition(".")[0].partition(":")[0] for sdist in lock.sdists}
    assert {
        "flit_core",
        "hatchling",
        "mesonpy",
        "pdm",
        "poetry",
        "scikit_build_core",
        "setuptools",
        "uv_build",
    } <= backends


def test_page_says_yes_of_every_package_of_the_lock() -> None:
    lines = (REPO / "docs" / "reference" / "corpus.md").read_text().splitlines()
    cells = [re.split(r" *\| *", line) for line in lines if line.startswith("| ")]
    identical = {(row[1], row[2]): row[6] for row in cells if len(row) > 7}
    expected = {(sdist.distribution, sdist.version) for sdist in read_lock(CORPUS / "sdists.lock.json").sdists}
    assert {name for name, said in identical.items() if said == "yes"} == expected, "run: tests/corpus/run"
    assert [line for line in lines if line.startswith(f"{len(expected)} of {len(expected)} real sdists give")]


def test_fast_ones_are_a_dozen_of_the_corpus() -> None:
    names = read_names(CORPUS / "fast.txt")
    assert len(names) == len(set(names)) == 12
    assert set(names) <= {sdist.distribution for sdist in read_lock(CORPUS / "sdists.lock.json").sdists}


def test_what_is_not_built_has_a_reason() -> None:
    reasons = read_reasons(CORPUS / "not_built.txt")
    assert all(reason.endswith(".") for reason in reasons.values())
    assert not set(reasons) & {sdist.distribution for sdist in read_lock(CORPUS / "sdists.lock.json").sdists}


def test_what_it_is_made_of(tmp_path: Path) -> None:
    files = {
        "demo-1.0/setup.py": 'subprocess.check_call(["make", "-C", "csrc"])\n',
        "demo-1.0/csrc/x.c": "",
        "demo-1.0/src/y.pyx": "",
        "demo-1.0/tests/z.cpp": "",
    }
    sdist = tmp_path / "file"
    tar_of(sdist, files)
    needs = ["cffi-2.1.1-cp314-cp314-manylinux_2_17_x86_64.whl", "setuptools-84.2.1-py3-none-any.whl"]
    assert what_it_is_made_of(sdist, needs, pure=False) == "C, Cython, CFFI, Make"
    assert what_it_is_made_of(sdist, needs, pure=True) == "Python"


def test_table() -> None:
    assert table([ROW]).splitlines()[-1] == "| demo | 1.0 | setup.py | C, Make | `/usr/bin/make` | yes |  | 12 |"


def test_page_counts_and_says_why() -> None:
    bad = Row("other", "2.0", "mesonpy", "C", (), "no", "a | b", 1.26)
    text = page([ROW, bad], {"uwsgi": "needs libcrypt."}, [("umask", "022", "077")], ["2 actions."])
    assert "\n\n2 actions.\n\n" in text
    assert "1 of 2 real sdists" in text
    assert "| other | 2.0 | mesonpy | C |  | no | a \\| b | 1.3 |" in text
    assert "| umask | 022 | 077 |" in text
    assert "- uwsgi: needs libcrypt." in text


def executed(mnemonic: str, output: str, **parts: Any) -> dict[str, Any]:
    """An entry of an execution log."""
    return {
        "mnemonic": mnemonic,
        "targetLabel": "//six:any",
        "commandArgs": ["helper"],
        "environmentVariables": [],
        "platform": {},
        "inputs": [{"path": "six.tar.gz", "digest": {"hash": "ab" * 32}}],
        "listedOutputs": [output],
        "remotable": True,
        "cacheable": True,
        "runner": "linux-sandbox",
        **parts,
    }


def machine_that_ran(root: Path, *entries: dict[str, Any]) -> Machine:
    root.mkdir()
    made = Machine(root.name, root, root / "out", ())
    made.log.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return made


def told(*machines: Machine) -> list[str]:
    return told_by([read_keys(machine) for machine in machines], machines)


def test_keys_that_differ_or_tell_of_a_machine(tmp_path: Path) -> None:
    same = executed("PySdistWheel", "six.whl")
    first = machine_that_ran(tmp_path / "first", same, executed("CppCompile", "x.o", commandArgs=["one"]))
    other_strategy = machine_that_ran(tmp_path / "second", {**same, "runner": "processwrapper-sandbox"})
    assert len(read_keys(first)) == 1
    assert told(first, other_strategy) == []

    flag = executed("PySdistWheel", "six.whl", environmentVariables=[{"name": "CFLAGS", "value": "-O0"}])
    assert told(first, machine_that_ran(tmp_path / "third", flag)) == [
        "PySdistWheel //six:any: other keys on the two machines"
    ]
    for number, secret in enumerate(
        [
            str(tmp_path / "machine_0" / "x"),
            f"built by {os.uname().nodename}",
            f"at {time.time():.0f}",
            time.strftime("on %Y-%m-%d", time.gmtime()),
        ]
    ):
        root = tmp_path / f"machine_{number}"
        leak = executed("PyWheelInstall", "six", commandArgs=["helper", secret])
        (line,) = told(first, machine_that_ran(root, leak))
        assert line.startswith(f"PyWheelInstall //six:any: its key on the machine_{number} has ")


def test_error_is_what_the_helper_says(tmp_path: Path) -> None:
    output = tmp_path / "stderr"
    output.write_text("noise\n\nERROR: //:x: the compiler refused x.c\n  where: x.c\n")
    assert first_error(output) == "//:x: the compiler refused x.c"
    output.write_text("killed\n")
    assert first_error(output) == "killed"
    assert first_error(None) == "no message"


def test_results_are_read_from_bazels_events(tmp_path: Path) -> None:
    machine = Machine("first machine", tmp_path / "w", tmp_path / "o", ())
    (tmp_path / "stderr").write_text("ERROR: //:x: the compiler refused x.c\n")
    label = "@@rules_sdist~~sdists~deps//{}/any:whl_file"
    wheel = {"name": "external/deps/ruamel_yaml/any/ruamel.yaml-1.0-py3-none-any.whl", "uri": "file:///o/a%20b/r.whl"}
    failed = {"type": "PySdistWheel", "label": label.format("numpy"), "stderr": {"uri": (tmp_path / "stderr").as_uri()}}
    events: list[dict[str, Any]] = [
        {"namedSetOfFiles": {"files": [wheel, {"name": "x.txt", "uri": "file:///o/x.txt"}]}},
        {"action": {"type": "PySdistWheel", "label": label.format("ruamel_yaml"), "success": True}},
        {"action": failed},
        {"action": {**failed, "label": label.format("needed")}},
    ]
    packages = {"ruamel_yaml": "ruamel-yaml", "numpy": "numpy", "six": "six"}
    assert machine.results(events, {"numpy": 2.5, "needed": 1}, packages) == {
        "ruamel-yaml": Build(Path("/o/a b/r.whl"), "", 0),
        "numpy": Build(None, "//:x: the compiler refused x.c", 2.5),
        "six": Build(None, "", 0),
    }
    # What the next build need not run keeps its seconds.
    assert machine.results([], {}, packages)["numpy"].seconds == 2.5


def test_seconds_are_read_from_bazels_profile(tmp_path: Path) -> None:
    target = "@@rules_sdist~~sdists~deps//numpy/any:whl_file"
    events = [
        {"cat": "action processing", "dur": 2500000, "args": {"mnemonic": "PySdistWheel", "target": target}},
        {"cat": "action processing", "dur": 1, "args": {"mnemonic": "PyWheelInstall", "target": target}},
        {"cat": "gc", "name": "minor GC"},
    ]
    (tmp_path / "profile.json").write_text(json.dumps({"traceEvents": events}))
    assert read_seconds(tmp_path / "profile.json") == {"numpy": 2.5}
    assert read_seconds(tmp_path / "missing.json") == {}


def wheel_of(folder: Path, code: str, name: str = "demo-1.0-py3-none-any.whl") -> Build:
    """A build that gave a wheel."""
    folder.mkdir()
    with zipfile.ZipFile(folder / name, "w") as archive:
        for member, content in {
            "demo.py": code,
            "demo-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
            "demo-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
            "demo-1.0.dist-info/RECORD": "",
        }.items():
            archive.writestr(zipfile.ZipInfo(member), content)
    return Build(folder / name, "", 2.5)


def test_same_bytes_are_identical(tmp_path: Path) -> None:
    first, second = wheel_of(tmp_path / "a", "x = 1"), wheel_of(tmp_path / "b", "x = 1")
    assert compare(first, second) == ("yes", "")


def test_difference_has_the_cause_that_wheel_diff_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = wheel_of(tmp_path / "a", "where = '/home/one/build/demo.c'")
    second = wheel_of(tmp_path / "b", "where = '/home/another/build/demo.c'")
    assert compare(first, second) == ("no", "build path (home of user another, one) in demo.py")
    assert "+where = '/home/another/build/demo.c'" in capsys.readouterr().out


def test_same_bytes_under_another_name_are_a_difference(tmp_path: Path) -> None:
    second = wheel_of(tmp_path / "b", "x = 1", "demo-1.0-py3-none-linux_x86_64.whl")
    cause = "named demo-1.0-py3-none-any.whl and demo-1.0-py3-none-linux_x86_64.whl"
    assert compare(wheel_of(tmp_path / "a", "x = 1"), second) == ("no", cause)


def test_what_failed_on_either_machine_has_its_error(tmp_path: Path) -> None:
    built, failed = wheel_of(tmp_path / "a", "x = 1"), Build(None, "the compiler refused x.c", 1)
    assert compare(failed, built) == compare(built, failed) == ("not built", "the compiler refused x.c")
    assert "Bazel's output" in compare(built, Build(None, "", 0))[1]


def test_row_is_of_the_lock_and_the_first_machine(tmp_path: Path) -> None:
    six = next(sdist for sdist in read_lock(CORPUS / "sdists.lock.json").sdists if sdist.distribution == "six")
    made = row(six, wheel_of(tmp_path / "a", "x = 1"), wheel_of(tmp_path / "b", "x = 2"))
    assert (made.package, made.version, made.identical, made.seconds) == ("six", "1.11.0", "no", 2.5)


def test_report_fails_when_one_package_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert report([ROW]) == 0
    assert capsys.readouterr().out.endswith("\n1 of 1 wheels are identical.\n")
    differs = Row("other", "2.0", "mesonpy", "C", (), "no", "build path in other.so", 1)
    failed = Row("third", "3.0", "mesonpy", "C", (), "not built", "the compiler refused x.c", 1)
    assert report([ROW, differs, failed]) == 1
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "other 2.0: differs: build path in other.so",
        "third 3.0: not built: the compiler refused x.c",
        "1 of 3 wheels are identical.",
    ]


def test_unknown_package_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["six", "sixx"]) == 2
    assert capsys.readouterr().err.startswith("Not in the corpus: sixx. It has aiohttp, annoy, ")
