from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

from actions import build_params, built

from build_wheel.params import Crate, Library, Native
from build_wheel.sbom import NAME, sbom
from formats.canonical_wheel import WheelSummary

if TYPE_CHECKING:
    from pathlib import Path

SUMMARY = WheelSummary("Py_YAML", "6.0+local", (), (), "", "Py_YAML-6.0.dist-info")
# sha256 of b"code"
CODE = "5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b"


def library(folder: Path, name: str) -> Path:
    (folder / name).write_bytes(b"code")
    return folder / name


def test_libraries_have_their_plain_names_and_hashes(tmp_path: Path) -> None:
    names = ("libyaml.pic.a", "libz.so.1.3", "libliblzma.pic.a", "odd")
    document = json.loads(sbom(SUMMARY, [library(tmp_path, name) for name in names]))
    assert document["bomFormat"] == "CycloneDX"
    assert document["metadata"]["component"]["purl"] == "pkg:pypi/py-yaml@6.0%2Blocal"
    assert [component["name"] for component in document["components"]] == ["lzma", "odd", "yaml", "z"]
    assert {component["hashes"][0]["content"] for component in document["components"]} == {CODE}
    assert document["components"][2]["purl"] == f"pkg:generic/yaml?checksum=sha256:{CODE}"
    references = [component["bom-ref"] for component in document["components"]]
    assert document["dependencies"][0] == {"ref": "wheel", "dependsOn": references}


def test_the_order_of_the_libraries_does_not_matter(tmp_path: Path) -> None:
    two = [library(tmp_path, name) for name in ("liba.a", "libb.a")]
    assert sbom(SUMMARY, two) == sbom(SUMMARY, two[::-1])


def test_crates_have_the_hashes_of_their_archives(tmp_path: Path) -> None:
    crates = [Crate(name, version, "a" * 64, "x", ()) for name, version in (("syn", "2.0.1"), ("wasip2", "1.0+w"))]
    document = json.loads(sbom(SUMMARY, [library(tmp_path, "libz.a")], crates))
    assert sbom(SUMMARY, [library(tmp_path, "libz.a")], crates[::-1]) == sbom(
        SUMMARY, [library(tmp_path, "libz.a")], crates
    )
    assert [component["name"] for component in document["components"]] == ["syn", "wasip2", "z"]
    assert document["components"][1] == {
        "bom-ref": "wasip2@1.0+w-aaaaaaaaaaaa",
        "hashes": [{"alg": "SHA-256", "content": "a" * 64}],
        "name": "wasip2",
        "purl": "pkg:cargo/wasip2@1.0%2Bw",
        "type": "library",
        "version": "1.0+w",
    }
    assert document["dependencies"][0]["dependsOn"][0] == "syn@2.0.1-aaaaaaaaaaaa"


def test_a_wheel_gets_it_only_if_asked(tmp_path: Path) -> None:
    native = Native((), (), (), (), (Library("libyaml.a", shared=False, whole=False),), ())
    for asked in (True, False):
        folder = tmp_path / str(asked)
        folder.mkdir()
        library(folder, "libyaml.a")
        params = build_params(sbom=asked, native=native)
        done = built(folder, params)
        assert done.returncode == 0, done.stderr
        with zipfile.ZipFile(folder / params.output) as wheel:
            place = f"demo-1.0.dist-info/{NAME}"
            assert (place in wheel.namelist()) == asked
            if asked:
                assert json.loads(wheel.read(place))["components"][0]["name"] == "yaml"
                assert place in wheel.read("demo-1.0.dist-info/RECORD").decode()
