from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from leaking_wheels import NOON, search, told

from build_wheel.leaks.finding import Build
from build_wheel.leaks.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = "3e671687-395b-41f5-a30f-a58921a69b79"
HASHED = "886313e1-3b8a-5372-9b90-0c9aee199e5d"
OF_A_MACHINE = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


@pytest.mark.parametrize(
    "text",
    [
        "2020-09-13T12:26:40Z",
        "2020-09-13T12:26:40.123456+00:00",
        "2020-09-13 12:26",
        "Sep 13 2020 12:26:40",
        "Sun Sep 13 12:26:40 2020",
        "Sun Sep 13 12:26:40 UTC 2020",
        "Sun, 13 Sep 2020 12:26:40 GMT",
        "D:20200913122640Z",
        "20200913T122640",
        "20200913-122640",
        "20200913_122640",
        "20200913 12:26:40",
    ],
)
def test_time_of_the_build(tmp_path: Path, text: str) -> None:
    (leak,) = search(tmp_path, f"# made at {text}\n".encode())
    assert (leak.kind, leak.reveals) == ("time", "when it was built")
    assert leak.value in text
    assert "SOURCE_DATE_EPOCH" in leak.fix


@pytest.mark.parametrize(
    "text",
    [
        "2020-09-13",
        "2020/09/13",
        "09/13/2020",
        "13.09.2020",
        "Sep 13 2020",
        "September 13, 2020",
        "13 Sep 2020",
        "13-Sep-2020",
        "13-SEP-2020",
        "13sep2020",
        "2020-Sep-13",
        "13th September 2020",
        "2020.09.13",
        "2020.9.13",
        "2020-9-13",
        "2020_09_13",
        "13/09/2020",
        "13/9/2020",
        "9/13/2020",
        "09.13.2020",
        "13-09-2020",
        "09-13-2020",
        "13_09_2020",
        "20200913",
    ],
)
def test_day_of_the_build(tmp_path: Path, text: str) -> None:
    assert told(search(tmp_path, f'built = "{text}"\n'.encode())) == [("date", text)]
    assert search(tmp_path, f'built = "{text}"\n'.encode(), inputs=[f"released on {text}".encode()]) == []


@pytest.mark.parametrize("text", ["1600000000", "1600000001.25", "1600000000123", "1600000000123456789"])
def test_seconds_since_1970(tmp_path: Path, text: str) -> None:
    (leak,) = search(tmp_path, f"t={text}\n".encode())
    assert leak.kind == "time"
    assert "2020-09-13 12:26:4" in leak.value


@pytest.mark.parametrize(
    "text",
    [
        "2020-09-13T03:04:05Z",  # on that day, at another time
        "2020-09-12",
        "2020-09-131",
        "20200913999999",
        "120200913",
        "3e8d20200913",  # a hash
        "d20200913e",
        "2020.09.130",
        "113/09/2020",
        "2020-09/13",
        "13.13.2020",
        "Copyright 2020",
        "Sep 13 12:26:40 2019",
        "1600000999",
        "11600000000",
        "16000000001",
        "Sep 2020",
    ],
)
def test_other_times(tmp_path: Path, text: str) -> None:
    assert search(tmp_path, f"a {text} b".encode()) == []


@pytest.mark.parametrize(
    "text",
    ["1.0.dev20200913", "1.0+d20200913", "1.0b20200913.", "snapshot20200913", "demo-20200913.log", "1.0.20200913"],
)
def test_day_in_a_version(tmp_path: Path, text: str) -> None:
    """As setuptools' tag_date and setuptools_scm make it; no leak where the sdist has the version, too."""
    assert told(search(tmp_path, f"Version: {text}\n".encode())) == [("date", "20200913")]
    assert search(tmp_path, f"Version: {text}\n".encode(), inputs=[f"version = {text}".encode()]) == []


def test_version_that_the_inputs_have(tmp_path: Path) -> None:
    metadata = b"Name: demo\nVersion: 2020.9.13\n"
    assert told(search(tmp_path, metadata)) == [("date", "2020.9.13")]
    assert search(tmp_path, metadata, inputs=[metadata]) == []


@pytest.mark.parametrize("text", ["1599000123", "1599000123.25", "1599000123456789012"])
def test_modification_time_of_a_build_requirement(tmp_path: Path, text: str) -> None:
    content = f"t={text}\n".encode()
    (leak,) = search(tmp_path, content, times=[1599000123])
    assert (leak.kind, leak.value) == ("modification time", f"{text.split('.')[0]} (2020-09-01 22:42:03 UTC)")
    assert search(tmp_path, content) == []
    assert search(tmp_path, content, times=[1599000123], inputs=[content]) == []
    for other in (b"11599000123", b"15990001231", b"1599000124"):
        assert search(tmp_path, other, times=[1599000123]) == []


@pytest.mark.parametrize(
    "text", ["<function demo at 0x7f2a3c4d5e60>", "<A object at 0x55d0c0ffee10>", "<b at 0xffff9a3c4d50>"]
)
def test_memory_address(tmp_path: Path, text: str) -> None:
    (leak,) = search(tmp_path, text.encode())
    assert (leak.kind, leak.value) == ("memory address", text[text.index("0x") : -1])
    assert search(tmp_path, text.encode(), inputs=[f"it prints {text}".encode()]) == []


@pytest.mark.parametrize("text", ["at 0x7f", "at 0x7f2a3c4d5e601", "<f at 0x1234>", "MASK = 0x7f2a3c4d5e60"])
def test_other_numbers_are_no_addresses(tmp_path: Path, text: str) -> None:
    assert search(tmp_path, f"an {text}.".encode()) == []


def test_build_over_midnight(tmp_path: Path) -> None:
    midnight = NOON // 86400 * 86400 + 86400
    build = Build(midnight - 10, midnight + 10)
    text = b"2020-09-13T23:59:55Z 2020-09-14T00:00:05Z 2020-09-14T01:00:00Z 2020-09-15"
    values = [value for _, value in told(search(tmp_path, text, build=build))]
    assert values == ["2020-09-13T23:59:55", "2020-09-14T00:00:05"]


@pytest.mark.parametrize(
    ("path", "leaks"),
    [
        ("/tmp/tmpab_d3fgh/x.c", True),
        ("/var/tmp/tmp.Ab3dEf6hIj", True),
        ("/tmp/ccAb3dEf.o", True),
        ("/tmp/pip-build-env-ab_d3fgh/overlay", True),
        ("/private/var/folders/zz/zyx3v6_2n9/T/tmpab_d3fgh", True),
        ("/tmp/template", False),
        ("/tmp/tmpdirectories", False),
        ("/tmp/cache", False),
        ("/build/tmp/x", False),
    ],
)
def test_temporary_names(tmp_path: Path, path: str, leaks: bool) -> None:
    """Of tools that don't ask for TMPDIR; where they do, it is a build path."""
    content = b"\0" + path.encode() + b"\0"
    assert [leak.kind for leak in search(tmp_path, content)] == ["temporary file"] * leaks
    assert search(tmp_path, content, inputs=[content]) == []


@pytest.mark.parametrize(
    "name", ["demo.dist-info/sboms/demo.cyclonedx.json", "demo/bom.json", "demo/demo.cdx.xml", "demo/demo.spdx"]
)
def test_sbom(tmp_path: Path, name: str) -> None:
    """As maturin makes it where SOURCE_DATE_EPOCH is not set."""
    content = f"""{{"serialNumber": "urn:uuid:{RANDOM}",
        "metadata": {{"timestamp": "2020-09-13T12:26:41.123456789Z", "component": {{
        "bom-ref": "path+file:///srv/some%20place/demo#1.0", "purl": "pkg:cargo/demo@1.0?download_url=file://."}}}}}}"""
    assert told(search(tmp_path, content.encode(), name)) == [
        ("UUID in an SBOM", RANDOM),
        ("time", "2020-09-13T12:26:41"),
        ("path in an SBOM", "/srv/some place/demo"),
    ]


def test_sbom_without_leaks(tmp_path: Path) -> None:
    """A UUID made of a hash, a fixed time, mapped paths."""
    content = f'{{"serialNumber": "urn:uuid:{HASHED}", "timestamp": "1980-01-01T00:00:00Z", "x": "file:///build/demo"}}'
    assert search(tmp_path, content.encode(), "demo/bom.json") == []


def test_uuid_of_time_and_machine(tmp_path: Path) -> None:
    (leak,) = search(tmp_path, OF_A_MACHINE.encode(), "demo/bom.json")
    assert leak.reveals == "it tells the time and the machine"


def test_uuids_elsewhere_are_data(tmp_path: Path) -> None:
    assert search(tmp_path, f'GUID = "{RANDOM}"'.encode(), "demo/guids.py") == []


def test_direct_url(tmp_path: Path) -> None:
    name = "demo-1.0.dist-info/direct_url.json"
    leaks = search(tmp_path, b'{"url": "file:///srv/demo", "dir_info": {}}', name)
    assert told(leaks) == [("file: URL", "/srv/demo")]
    assert search(tmp_path, b'{"url": "https://index.invalid/a/b.tar.gz", "archive_info": {}}', name) == []


def test_cython(tmp_path: Path) -> None:
    content = b"""/* Generated by Cython 3.3.1 */

/* BEGIN: Cython Metadata
{"distutils": {
        "depends": ["/opt/py/include/numpy/arrayobject.h", "demo/x.h"],
        "include_dirs": ["/usr/include/x", "/opt/py/include"],
        "sources": ["demo/_fast.pyx"]}, "module_name": "demo._fast"}
END: Cython Metadata */
static const char *elsewhere = "/opt/py/other";
"""
    assert told(search(tmp_path, content, "demo/_fast.c")) == [
        ("path in Cython's comment", "/opt/py/include/numpy/arrayobject.h"),
        ("path in Cython's comment", "/opt/py/include"),
    ]
    assert search(tmp_path, content, "demo/_fast.c", inputs=[content]) == []


@pytest.mark.parametrize(
    "name", ["demo/__config__.py", "demo/_build_config.py", "demo/lib/cmake/demoConfig.cmake", "demo/lib/demo.pc"]
)
def test_configuration_modules(tmp_path: Path, name: str) -> None:
    """They tell which paths a machine has."""
    tool = tmp_path / "toolchain/bin/cc"
    (tmp_path / "include").mkdir()
    tool.mkdir(parents=True)
    content = f"""CONFIG = {{"path": "{tool}", "libs": "/usr/lib/x86_64-linux-gnu", "url": "https://a.invalid/b/c",
    "relative": "include/demo", "set": "${{prefix}}/share/demo", "mapped": "/build/s/demo",
    "args": "-I{tmp_path}/include"}}
""".encode()
    assert told(search(tmp_path, content, name)) == [
        ("path in a record of the build", str(tool)),
        ("path in a record of the build", f"{tmp_path}/include"),
    ]
    assert search(tmp_path, content, "demo/plain.py") == []


@pytest.mark.parametrize("name", ["demo/config.h", "demo/__config__.py", "demo/lib/demo.pc"])
def test_composed_paths_are_no_record_of_this_machine(tmp_path: Path, name: str) -> None:
    """What `configure` makes of --localstatedir and a name; unless it is, or is in, the path of the build."""
    content = b'#define STATE "/var/lib/demo-that-nobody-has"\n#define LOG "/opt/demo-that-nobody-has/x.log"\n'
    assert search(tmp_path, content, name) == []
    secret = Secret("build path", "/opt/demo-that-nobody-has", "where")
    assert told(search(tmp_path, content, name, secrets=[secret])) == [("build path", "/opt/demo-that-nobody-has")]


def test_the_paths_of_closed_builds_are_the_same_everywhere(tmp_path: Path) -> None:
    content = b'python = "/build/e/bin/python"; tool = "/execroot/bin/tool"'
    assert search(tmp_path, content, "demo/_build_config.py") == []


def test_place_in_the_inputs(tmp_path: Path) -> None:
    content = f'path = "{tmp_path}/cc"'.encode()
    (tmp_path / "cc").touch()
    assert search(tmp_path, content, "demo/__config__.py") != []
    assert search(tmp_path, content, "demo/__config__.py", inputs=[f"CC={tmp_path}/cc".encode()]) == []
