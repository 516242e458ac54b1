from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from typing import TYPE_CHECKING

import pytest
from sample_wheels import INFO, wheel_members, write_wheel

from formats.canonical_wheel import write_canonical_wheel
from formats.cyclonedx import is_bill, without_chance

if TYPE_CHECKING:
    from pathlib import Path

NAME = f"{INFO}/sboms/demo.cyclonedx.json"
FIRST = ("a1212d15-ffcc-42eb-a38c-0379b5e853c3", "2026-11-30T09:49:34.884507000Z", "/tmp/pip-wheel-t2gnm653/demo_b2d7")
SECOND = ("69f5af50-665e-4fb7-8f65-426b2cfdadc9", "2026-11-30T09:50:29.944742853Z", "/home/ann/a%20b/demo")
SERDE = "registry+https://registry.example/index#serde@1.0.2"


def bill(serial: str, time: str, folder: str) -> bytes:
    """As maturin 1.12 writes it for a workspace of two crates, one of which the other needs."""
    crate, helper = f"path+file://{folder}/py#demo@1.0", f"path+file://{folder}/core#0.1.0"
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "serialNumber": f"urn:uuid:{serial}",
        "metadata": {
            "timestamp": time,
            "tools": [{"vendor": "CycloneDX", "name": "cargo-cyclonedx", "version": "0.5.9"}],
            "component": {
                "type": "library",
                "bom-ref": crate,
                "purl": "pkg:cargo/demo@1.0?download_url=file://.",
                "components": [{"bom-ref": f"{crate} bin-target-0", "purl": "pkg:cargo/demo@1.0#src/lib.rs"}],
            },
        },
        "components": [
            {"bom-ref": SERDE, "description": "żółw", "purl": "pkg:cargo/serde@1.0.2"},
            {"bom-ref": helper, "purl": f"pkg:cargo/core@0.1.0?download_url=file://{folder.replace('%', '%25')}/core"},
        ],
        "dependencies": [{"ref": crate, "dependsOn": [SERDE, helper]}, {"ref": helper}],
    }
    return json.dumps(document, indent=2, ensure_ascii=False).encode()


def test_two_builds_in_other_places_at_other_times_write_one_bill() -> None:
    assert bill(*FIRST) != bill(*SECOND)
    assert without_chance(bill(*FIRST)) == without_chance(bill(*SECOND))


def test_only_chance_is_taken_out() -> None:
    """Lines that have nothing of it stay as their tool has written them, in its order."""
    before, after = bill(*FIRST).decode().splitlines(), without_chance(bill(*FIRST)).decode().splitlines()
    chance = [line for line in before if any(one in line for one in FIRST)]
    assert [line for line in before if line not in chance] == [line for line in after if "/build" not in line]
    assert [line.strip() for line in after if "/build" in line] == [
        '"bom-ref": "path+file:///build/py#demo@1.0",',
        '"bom-ref": "path+file:///build/py#demo@1.0 bin-target-0",',
        '"bom-ref": "path+file:///build/core#0.1.0",',
        '"purl": "pkg:cargo/core@0.1.0?download_url=file:///build/core"',
        '"ref": "path+file:///build/py#demo@1.0",',
        '"path+file:///build/core#0.1.0"',
        '"ref": "path+file:///build/core#0.1.0"',
    ]


def test_once_is_enough() -> None:
    once = without_chance(bill(*SECOND))
    assert without_chance(once) == once


def test_references_of_old_cargo() -> None:
    """Up to 1.76 the folder stood in parentheses."""
    document = {"bomFormat": "CycloneDX", "components": [{"bom-ref": "demo 1.0 (path+file:///home/ann/demo)"}]}
    changed = json.loads(without_chance(json.dumps(document).encode()))
    assert changed["components"] == [{"bom-ref": "demo 1.0 (path+file:///build)"}]


def test_crates_on_two_disks_keep_their_places() -> None:
    """There is no folder that they are in, and so no name for it; the leak check will say what is there."""
    references = ["path+file:///one/demo#1.0", "path+file:///two/core#1.0"]
    document = {"bomFormat": "CycloneDX", "components": [{"bom-ref": reference} for reference in references]}
    content = json.dumps(document).encode()
    assert without_chance(content) == content


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"bomFormat": "CycloneDX", "serialNumber": "urn:uuid:1", ', id="cut"),
        pytest.param(b'{"bomFormat": "CycloneDX", "serialNumber": "\xff"}', id="not UTF-8"),
        pytest.param(b'{"bomFormat": "CycloneDX", "serialNumber": "1", "x": "\\ud800"}', id="half a character"),
        pytest.param(b'{"bomFormat": "CycloneDX", "serialNumber": "1", "x": ' + b"[" * 99999 + b"}", id="deep"),
        pytest.param(b'{"bomFormat": "CycloneDX", "serialNumber": "1", "signature": {}}', id="signed"),
        pytest.param(b'{"spdxVersion": "SPDX-2.3", "serialNumber": "1"}', id="SPDX"),
        pytest.param(b'["CycloneDX"]', id="a list"),
        pytest.param(b"", id="empty"),
        pytest.param(b'{"bomFormat":"CycloneDX","metadata":[],"components":[{"purl":"file:///x"}]}', id="nothing"),
    ],
)
def test_anything_else_stays_as_it_is(content: bytes) -> None:
    assert without_chance(content) == content


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("demo-1.0.dist-info/sboms/demo.cyclonedx.json", True),
        ("demo-1.0.dist-info/sboms/deep/auditwheel.cdx.json", True),
        ("demo-1.0.dist-info/sboms/demo.xml", False),
        ("demo-1.0.dist-info/demo.cyclonedx.json", False),
        ("demo/_vendor/x-1.dist-info/sboms/x.json", False),
    ],
)
def test_where_bills_are(name: str, is_one: bool) -> None:
    assert is_bill(name) is is_one


@pytest.mark.parametrize("compression", ["stored", "deflated"])
def test_the_canonical_wheel_has_it_and_its_hash(tmp_path: Path, compression: str) -> None:
    written = []
    for number, chance in enumerate((FIRST, SECOND)):
        source = write_wheel(tmp_path / f"{number}.whl", {**wheel_members(), NAME: bill(*chance)})
        write_canonical_wheel(source, tmp_path / f"out{number}.whl", compression=compression)
        written.append((tmp_path / f"out{number}.whl").read_bytes())
    assert written[0] == written[1]
    with zipfile.ZipFile(tmp_path / "out0.whl") as archive:
        content = archive.read(NAME)
        line = next(line for line in archive.read(f"{INFO}/RECORD").decode().splitlines() if line.startswith(NAME))
    assert b"serialNumber" not in content
    assert json.loads(content)["components"][0]["description"] == "żółw"
    assert line.split(",")[2] == str(len(content))
    assert line.split(",")[1] == "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()[:-1]
