"""What pages show of the output of commands is what these print."""

from __future__ import annotations

import json
import re
import uuid
import zipfile
from typing import TYPE_CHECKING

from code_blocks import blocks_run_by, shows
from diffed_wheels import run

from build_wheel.host_files.report import HostFile, _error
from build_wheel.missing_files import missing_advice
from buildinfo.document import BuildInfo
from common.errors import UserError
from fingerprint.facts import difference
from reproducibility_report.command import Row, table
from reproducibility_test.rebuild import Outcome
from reproducibility_test.report import Result, Varied, cause_lines, text
from reproducibility_test.search import Cause
from wheel_diff.environment import environment_report
from wheel_hashes.command import _check
from wheel_hashes.records import Part, Record

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NOTHING = Varied({}, {}, ())


def shown(page: str) -> list[str]:
    return [block.text for block in blocks_run_by(page, __file__)]


def test_every_wheel_with_its_result() -> None:
    (nightly, _) = shown("docs/how_to/nightly.md")
    _, *lines, elided, empty, last = nightly.splitlines()
    rows = []
    for line in lines:
        wheel, result, seconds, *_ = [*re.split(" {2,}", line), ""]
        rows.append(Row(wheel, result, "", float(seconds) if seconds else None))
    counted = {word.split(" ", 1)[1]: int(word.split(" ", 1)[0]) for word in last.split(", ")}
    # The widest of those that the page leaves out, for the columns.
    longest = "rules_sdist~~sdists~deps//_build/setuptools_scm_1.0.0/any:whl_file"[: nightly.index("result") - 2]
    for result, number in counted.items():
        rows += [Row(longest, result)] * (number - sum(row.result == result for row in rows))
    said = table(rows).splitlines()
    assert (elided, empty) == ("...", "")
    assert {row.result for row in rows} == {"identical", "no test"}
    assert shows("\n".join([*nightly.splitlines()[: len(lines) + 1], *nightly.splitlines()[-3:]]), "\n".join(said))


def test_a_wheel_that_is_not_as_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    (_, block) = shown("docs/how_to/nightly.md")
    compilers = re.findall(r"(?:recorded|here) (\(Debian.*?) \((\w+)\)", block)
    old, new = (Part("compiler", name, digest.ljust(64, "0")) for name, digest in compilers)
    hashes = re.findall(r"(?:sha256|here) (\w{8})\.\.\.", block)
    label = block.splitlines()[0]
    one, two = (
        Record(label, "pyyaml.whl", sha256.ljust(64, "0"), "1", "2", (part,))
        for sha256, part in zip(hashes, (old, new))
    )
    others = {f"//:{number}": Record(f"//:{number}", "x.whl", "0", "1", "2", ()) for number in range(11)}
    _check({label: one, **others}, {label: two, **others}, [])
    assert shows(block, capsys.readouterr().out)


def test_a_program_that_is_not_there() -> None:
    (block,) = shown("docs/how_to/files_of_the_machine.md")
    (advice,) = missing_advice("FileNotFoundError: [Errno 2] No such file or directory: 'git'", closed=True)
    assert shows(block, f"  fix:   {advice}")


def test_undeclared_host_files() -> None:
    (block,) = shown("docs/reference/host_files.md")
    found = re.findall(r"^  (header|library) +(\S+)  \(used by (\S+)\)$", block, re.MULTILINE)
    files = [HostFile(path, kind, (by,)) for kind, path, by in found]
    assert shows(block, f"ERROR: {_error(files, [], '//third_party:pyyaml_wheel', ())}")


def test_environments_that_differ() -> None:
    (block,) = shown("docs/how_to/compare_wheels.md")
    only = dict.fromkeys(("A", "B"), "")
    only.update(re.findall(r"only (A|B): (-O.*?)(?:;|$)", block, re.MULTILINE))
    old, new = (
        BuildInfo(
            wheel="x.whl",
            sha256="0" * 64,
            size=1,
            inputs=(),
            recipe={"cc": {}},
            interpreter={"version": "3.7.3", "sysconfig": {"CFLAGS": flags, "BLDLIBRARY": library}, "files": {}},
            compiler=None,
            environment={},
            host_files={},
            version="0.1.0",
            helper="4" * 64,
        )
        for flags, library in ((only["A"], ""), (only["B"], "-lpython3.7m"))
    )
    said = environment_report(old, new, ("old.buildinfo.json", "new.buildinfo.json"))
    digests = r"(?<=\b[AB] )[0-9a-f]{16}"
    assert re.sub(digests, "", said).rstrip() == re.sub(digests, "", block).rstrip()


def test_another_interpreter() -> None:
    (block,) = (text for text in shown("docs/how_to/rebuild.md") if "interpreter" in text)
    facts = re.findall(r"^  (\w+): recorded (.*), here (.*)$", block, re.MULTILINE)
    recorded, here = {name: old for name, old, _ in facts}, {name: new for name, _, new in facts}
    lines = "\n".join(f"  {line}" for line in difference(recorded, here, names=("recorded", "here")))
    said = f"The interpreter /usr/local/bin/python3 is not the one that built the wheel:\n{lines}"
    assert shows(block, f"ERROR: {UserError(said, fix='').what}")


def wheel_of(wheel: Path, member: str, text: str) -> Path:
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("METADATA", "WHEEL", "RECORD"):
            archive.writestr(zipfile.ZipInfo(f"{'-'.join(wheel.name.split('-')[:2])}.dist-info/{name}"), "")
        archive.writestr(zipfile.ZipInfo(member), text)
    return wheel


def wheel_with(folder: Path, lines: list[str]) -> Outcome:
    return Outcome.of(wheel_of(folder / "demo-1.0-py3-none-any.whl", "demo.txt", "\n".join([*lines, ""])))


def test_a_bill_of_materials(tmp_path: Path) -> None:
    (block,) = shown("docs/reference/wheel_diff.md")
    names = re.findall(r"(\w+/jellyfish\S+\.whl)", block)
    (member,) = re.findall(r"folder of (\S+):", block)
    for name in names:
        bill = {
            "bomFormat": "CycloneDX",
            "serialNumber": f"urn:uuid:{uuid.uuid4()}",
            "metadata": {
                "timestamp": f"2026-11-30T09:49:3{names.index(name)}Z",
                "component": {"bom-ref": f"path+file:///tmp/{name}"},
            },
        }
        wheel_of(tmp_path / name, member, json.dumps(bill, indent=2))
    assert shows(f"{block}...", run(*names, cwd=tmp_path).output)


def test_a_reproducibility_test_that_passes() -> None:
    (block, *_) = shown("docs/how_to/test_reproducibility.md")
    wheel, sha256, names = re.findall(r"PASS: (\S+) \(sha256 (\w+)\) is identical under (.*)\.", block)[0]
    saw = dict.fromkeys(names.split(", "), ("", ""))
    saw.update({name: (a, b) for name, a, b in re.findall(r"^  (\w+) +(.*) -> (.*)$", block, re.MULTILINE)})
    same = Outcome(None, sha256)
    said = text(Result("//:x", wheel, same, same, Varied(saw, {}, ()), (), 1, 1))
    kept = [line for line in said.splitlines() if "PASS" in line or f"{line}\n" in block]
    assert shows(block, "\n".join([*kept, "  and more"]))


def test_a_reproducibility_test_that_fails(tmp_path: Path) -> None:
    (_, block, _) = shown("docs/how_to/test_reproducibility.md")
    first = [int(number) for number in re.findall(r"-data/(\d+)\.txt", block)]
    orders = [*first, *(number for number in range(29) if number not in first)], range(28, -1, -1)
    a, b = (
        wheel_with(tmp_path / name, ["files", *(f"data/{number}.txt" for number in order)])
        for name, order in zip("ab", orders)
    )
    saw = re.findall(r"^  directory_order: (.*) -> (.*)$", block, re.MULTILINE)
    varied = Varied({"directory_order": saw[0]}, {}, ())
    cause = Cause("variation", ("directory_order",), a, b)
    said = text(Result("//:x", "demo-1.0-py3-none-any.whl", a, b, varied, (cause,), 2, 1))
    assert shows(f"{block}...", said)


def test_the_cause_is_random_numbers(tmp_path: Path) -> None:
    (_, _, block) = shown("docs/how_to/test_reproducibility.md")
    a, b = (wheel_with(tmp_path / name, [name]) for name in "ab")
    said = cause_lines(Cause("varying", ("random_numbers",), a, b), NOTHING)
    assert shows(block, "\n".join(said[:2]))


def test_what_is_not_varied_and_what_is_hidden() -> None:
    (forbidden, hidden) = shown("docs/reference/reproducibility_test.md")
    names, why = re.findall(r"not varied here: (.*) \((.*)\)\.", forbidden)[0]
    varied = Varied({"time_zone": ("", ""), "umask": ("", "")}, dict.fromkeys(names.split(", "), why), ())
    assert shows(forbidden, f"under {varied.sentence()}.")
    saw = dict.fromkeys(["umask", "user"], ("", ""))
    rows = re.findall(r"^  (\w+) +(.*) -> (.*?)(?: \(hidden\))?$", hidden, re.MULTILINE)
    saw.update({name: (plain, other) for name, plain, other in rows})
    names = tuple(re.findall(r"closed build: (.*)\.", hidden)[0].split(", "))
    varied = Varied({name: saw[name] for name in ("umask", "user")}, {}, (), names)
    seen = Varied({name: saw[name] for name in ("clock", "host_name")}, {}, (), names)
    assert shows(hidden, f"{varied.sentence()}.\n{seen.table()}")
