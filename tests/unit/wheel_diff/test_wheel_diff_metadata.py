"""Differences in a wheel's .dist-info: RECORD, METADATA, WHEEL, licenses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archives import make_wheel, wheel_files
from diffed_wheels import INFO, diff, run, wheel

if TYPE_CHECKING:
    from pathlib import Path


def test_license_file(tmp_path: Path) -> None:
    make_wheel(tmp_path / "a", {"demo.py": ""})
    make_wheel(tmp_path / "b", {"demo.py": ""}, metadata="License-File: LICENSE\n")
    result = run(*sorted(tmp_path.glob("*/*.whl")))
    assert result.code == 1
    assert f"License-File in {INFO}/METADATA: another version of setuptools" in result.head
    assert "METADATA: + License-File: LICENSE" in result.head
    assert "RECORD: 1 line differs only because the listed members do (a consequence)" in result.output
    assert "sha256=" not in result.output


def test_record_that_is_wrong(tmp_path: Path) -> None:
    files = wheel_files({"demo.py": "x = 1\n"})
    a = wheel(tmp_path / "a.whl", files)
    record = files[f"{INFO}/RECORD"].replace(b"demo.py,sha256=", b"demo.py,sha256=A")
    b = wheel(tmp_path / "b.whl", {**files, f"{INFO}/RECORD": record})
    result = run(a, b)
    assert "RECORD in demo-1.0.dist-info/RECORD: a line has another hash" in result.head
    assert any(line.startswith("  RECORD: + demo.py,sha256=A") for line in result.lines)


def test_record_is_no_consequence_when_its_line_is_wrong(tmp_path: Path) -> None:
    a = wheel(tmp_path / "a.whl", wheel_files({"demo.py": "x = 1\n"}))
    stale = {**wheel_files({"demo.py": "x = 2\n"}), "demo.py": b"x = 3\n"}
    result = run(a, wheel(tmp_path / "b.whl", stale))
    assert any(line.startswith("  RECORD: + demo.py,sha256=") for line in result.lines)
    assert "a consequence" not in result.output


def test_record_quoting_and_order_are_packaging(tmp_path: Path) -> None:
    files = wheel_files({"demo.py": "x = 1\n"})
    lines = files[f"{INFO}/RECORD"].decode().splitlines()
    quoted = "".join('"{}","{}",{}\r\n'.format(*line.split(",")) for line in lines)
    for record in (quoted, "\n".join(reversed(lines)) + "\n"):
        b = wheel(tmp_path / "b.whl", {**files, f"{INFO}/RECORD": record.encode()})
        assert "is equal; packaging differs" in run(wheel(tmp_path / "a.whl", files), b).lines[0]


def test_record_that_is_not_csv(tmp_path: Path) -> None:
    files = wheel_files({"demo.py": "x = 1\n"})
    b = wheel(tmp_path / "b.whl", {**files, f"{INFO}/RECORD": b'"' + b"x" * 200_000})
    result = run(wheel(tmp_path / "a.whl", files), b)
    assert result.code == 1
    assert f"{INFO}/RECORD" in result.lines


def test_generator_and_tags(tmp_path: Path) -> None:
    files = wheel_files({"demo.py": ""})
    other = files[f"{INFO}/WHEEL"].replace(b"handmade (1)", b"handmade (2)").replace(b"py3-", b"cp311-")
    result = run(wheel(tmp_path / "a.whl", files), wheel(tmp_path / "b.whl", {**files, f"{INFO}/WHEEL": other}))
    assert "Generator in demo-1.0.dist-info/WHEEL: another build tool, or another version of it" in result.head
    assert "  WHEEL: - Generator: handmade (1)" in result.lines
    assert "  WHEEL: + Generator: handmade (2)" in result.lines
    assert "Tag in demo-1.0.dist-info/WHEEL" in result.head


def test_other_version_matches_the_metadata(tmp_path: Path) -> None:
    files = wheel_files({"demo.py": ""})
    other = {
        name.replace("demo-1.0", "demo-1.1"): data.replace(b"demo-1.0", b"demo-1.1").replace(b"n: 1.0\nN", b"n: 1.0\nN")
        for name, data in files.items()
    }
    other["demo-1.1.dist-info/METADATA"] = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.1\n\n"
    result = run(wheel(tmp_path / "a.whl", files), wheel(tmp_path / "b.whl", other))
    assert "  name of .dist-info: + demo-1.1.dist-info" in result.lines
    assert "  METADATA: + Version: 1.1" in result.lines
    assert "bytes" not in result.output  # no member is said to be in one wheel only
    assert "differ in the content of 1 member" in result.lines[0]


def test_licenses_moved(tmp_path: Path) -> None:
    a: dict[str, str | bytes] = {f"{INFO}/LICENSE": "MIT\n"}
    b: dict[str, str | bytes] = {f"{INFO}/licenses/LICENSE": "MIT\n"}
    assert "setuptools 77.0 and newer put them into .dist-info/licenses" in diff(tmp_path, a, b).head
