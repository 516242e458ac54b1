from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from buildinfo.document import BuildInfo, Input
from common.errors import UserError
from wheel_hashes.command import wheel_hashes
from wheel_hashes.compare import differences
from wheel_hashes.records import Part, Record, read_records, text_of

if TYPE_CHECKING:
    from pathlib import Path

GCC = Part("compiler", "(Debian 12.2.0-14) 12.2.0", "c" * 64)
PYTHON = Part("interpreter", "3.11.2 (main) [GCC 12.2.0]", "d" * 64)
SETUPTOOLS = Part("build requirement", "setuptools-80.0-py3-none-any.whl", "e" * 64)
WHEEL = Part("build requirement", "wheel-0.45-py3-none-any.whl", "f" * 64)
SIX = Record("//:six", "six-1-py3-none-any.whl", "0" * 64, "1" * 64, "2" * 64, (SETUPTOOLS, PYTHON))
YAML = Record("@deps//yaml:x y", "yaml-1-cp311-cp311-linux_x86_64.whl", "3" * 64, "4" * 64, "5" * 64, (WHEEL, GCC))


def recorded(*records: Record) -> dict[str, Record]:
    return {record.label: record for record in records}


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "wheels.sha256"
    bare = replace(SIX, label="//:bare", environment=())
    file.write_text(text_of([YAML, SIX, bare]))
    assert read_records(file) == recorded(SIX, YAML, bare)
    assert text_of(read_records(file).values()) == file.read_text()


def test_wheels_of_one_environment_name_it_once() -> None:
    text = text_of([SIX, replace(SIX, label="//:other")])
    assert text.count("# environment ") == 1
    assert text.count(SETUPTOOLS.name) == 1


def test_sha256sum_reads_it(tmp_path: Path) -> None:
    """It needs no program of ours to see whether a folder has the recorded wheels."""
    (tmp_path / SIX.wheel).write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (tmp_path / "wheels.sha256").write_text(text_of([replace(SIX, sha256=empty)]))
    line = ["sha256sum", "--check", "--strict", "wheels.sha256"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{SIX.wheel}: OK\n", "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0" * 64 + "  ", "0" * 64 + " "),
        (f"{'1' * 64} inputs", f"{'1' * 64} outputs"),
        ("# wheel //:six", "# "),
        ("e" * 64, "a" * 64),  # then the environment's own digest is wrong
        ("#   " + "d" * 64, "#  " + "d" * 64),
        ("#\n# wheel", "\n# wheel"),
    ],
)
def test_a_damaged_file_is_an_error_that_names_the_line(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "wheels.sha256"
    file.write_text(text_of([SIX]).replace(old, new))
    with pytest.raises(UserError, match=r"Line \d+ is not one that wheel_hashes writes") as caught:
        read_records(file)
    assert "write it anew: bazel run @rules_sdist//tools/wheel_hashes" in caught.value.fix


def test_without_a_file_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file") as caught:
        read_records(tmp_path / "none")
    assert caught.value.fix.endswith("bazel run @rules_sdist//tools/wheel_hashes")


def test_what_is_as_recorded_is_not_told() -> None:
    assert differences(recorded(SIX, YAML), recorded(SIX, YAML), []) == []


def difference(**changed: object) -> list[str]:
    (paragraph,) = differences(recorded(SIX), recorded(replace(SIX, **changed)), [])  # type: ignore[arg-type]
    label, *lines = paragraph.splitlines()
    assert label == "//:six"
    return [line.strip() for line in lines]


def test_another_environment_is_told_before_other_bytes() -> None:
    newer = Part("build requirement", "setuptools-81.0-py3-none-any.whl", "a" * 64)
    python = replace(PYTHON, sha256="b" * 64)
    lines = difference(environment=(newer, WHEEL, python), sha256="9" * 64)
    assert lines == [
        f"other environment: build requirement: recorded {SETUPTOOLS.name} (eeeeeeeeeeee), "
        f"here {newer.name} (aaaaaaaaaaaa)",
        f"other environment: interpreter: recorded {PYTHON.name} (dddddddddddd), here {PYTHON.name} (bbbbbbbbbbbb)",
        f"other environment: build requirement: recorded none, here {WHEEL.name} (ffffffffffff)",
        f"other bytes: recorded sha256 {'0' * 64}, here {'9' * 64}",
    ]


def test_a_tool_that_is_gone() -> None:
    assert difference(environment=(SETUPTOOLS,))[0].endswith(f"recorded {PYTHON.name} (dddddddddddd), here none")


def test_the_same_bytes_are_said_to_be_the_same() -> None:
    assert difference(recipe="a") == [
        "other recipe: the target's attributes, or the C++ toolchain's flags",
        "the same bytes",
    ]
    assert difference(inputs="a")[0].startswith("other inputs: the sdist")
    assert difference(wheel="six-2.whl")[0] == "other name: recorded six-1-py3-none-any.whl, here six-2.whl"


def test_other_bytes_without_a_cause() -> None:
    cause, values = difference(sha256="9" * 64)
    assert "the same environment, inputs and recipe" in cause
    assert "somebody has changed the recorded hash" in cause
    assert values.startswith("other bytes: ")


def test_all_are_told_not_only_the_first() -> None:
    found = differences(recorded(SIX, YAML), recorded(replace(SIX, label="//:new")), ["//:failed"])
    assert [paragraph.splitlines() for paragraph in found] == [
        ["//:failed", "  could not be built; see Bazel's message"],
        ["//:new", f"  not recorded; here it is {SIX.wheel}, sha256 {SIX.sha256}"],
        ["//:six", "  recorded, but no wheel of this workspace"],
        ["@deps//yaml:x y", "  recorded, but no wheel of this workspace"],
    ]


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "wheels.sha256").write_bytes(b"\xff")
    with pytest.raises(UserError, match="can't be read: 'utf-8' codec"):
        read_records(tmp_path / "wheels.sha256")


def test_without_bazel_the_error_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="/none can't be started: No such file or directory") as caught:
        wheel_hashes(["--bazel", str(tmp_path / "none")])
    assert caught.value.fix == "Name the Bazel to use: --bazel PROGRAM"


def test_the_rust_toolchain_and_the_crates_count() -> None:
    """Another rustc is another environment, another crate another input."""
    facts = {"version": "rustc 1.95.0 (abc)", "files": {"bin/rustc": "a" * 64}}
    values: dict[str, Any] = {
        "wheel": "x.whl",
        "sha256": "b" * 64,
        "size": 1,
        "recipe": {},
        "version": "1",
        "helper": "c",
    }
    values.update(interpreter=None, compiler=None, environment={}, host_files={}, rust=facts)
    crate = Input("external/x/crate", "d" * 64, crate="x-1.0.0.crate")
    one = Record.of("//x", BuildInfo(inputs=(crate,), **values))
    assert [(part.kind, part.name) for part in one.environment] == [
        ("Rust", "rustc 1.95.0 (abc)"),
        ("helper", "rules_sdist 1"),
    ]
    other = Record.of("//x", BuildInfo(inputs=(replace(crate, sha256="e" * 64),), **values))
    assert (one.inputs != other.inputs, one.environment) == (True, other.environment)
