"""Build information that somebody forged: nothing outside of the scratch folder changes, and nothing is confirmed."""

from __future__ import annotations

import copy
import functools
import json
import shutil
import sys
import tempfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from actions import build_params, built, toolchain
from archives import TOOLS, listing, make_wheel

from build_wheel.params import BuildParams, CcToolchain, Expected, Library, Native
from buildinfo.document import FORMAT, BuildInfo
from buildinfo.record import RecordParams, build_info
from common.errors import UserError
from common.files import sha256
from fingerprint.compiler import compiler_fingerprint
from rebuild import checks
from rebuild.command import rebuild

if TYPE_CHECKING:
    from collections.abc import Callable

WHEEL = "demo-1.0-cp39-cp39-linux_x86_64.whl"
REQUIREMENT = "demo-1.0-py3-none-any.whl"


@functools.cache
def compiler_facts() -> dict[str, Any]:
    return dict(compiler_fingerprint("/usr/bin/gcc").facts)


class Box:
    """A machine of a user: files that must stay as they are, and inputs for `rebuild`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scratch = folder / "tmp"
        for name in ("tmp", "work", "inputs", "precious", "toolchain/external"):
            (folder / name).mkdir(parents=True)
        (folder / "precious" / "file").write_text("s3cret")
        (folder / "toolchain" / "external" / "linked").symlink_to(folder / "precious")
        (folder / "link").symlink_to(folder / "precious")
        (folder / "precious" / "gcc").write_text(f"#!/bin/sh\ntouch {folder}/precious/ran\n")
        (folder / "precious" / "gcc").chmod(0o755)
        (folder / "gcc").symlink_to("/usr/bin/gcc")
        self.wheel = folder / "work" / WHEEL
        make_wheel(folder / "work", {"demo.py": "x = 1"}, name=WHEEL)
        for name in ("demo-1.0.tar.gz", "a.patch", "libx.a", "shout", "data"):
            (folder / "inputs" / name).write_text(name)
        make_wheel(folder / "inputs", {"tool.py": ""}, name=REQUIREMENT)

    def document(self) -> dict[str, Any]:
        """Build information with something in every field, that passes every check which needs no build."""
        inputs = self.folder / "inputs"
        places = {"external/demo-1.0.tar.gz": "", "pkg/a.patch": "", "pkg/libx.a": "", "pkg/shout": "", "data": ""}
        places.update(dict.fromkeys(("bin/tool.installed", "bin/more.installed"), REQUIREMENT))
        recipe = asdict(
            build_params(
                sdist="external/demo-1.0.tar.gz",
                build_root="bin/pkg/demo.build",
                output=f"bin/pkg/{WHEEL}",
                expected=Expected("demo", "1.0", "cp39-cp39-linux_x86_64", None),
                build_requires=("bin/tool.installed",),
                patches=("pkg/a.patch",),
                tools={"shout": "pkg/shout"},
                env={"A": "b"},
                config_settings={"c": "d"},
                cc=toolchain(other_tools={"objdump": "/usr/bin/objdump"}, env={"E": "f"}, c_flags=("-O2",)),
                native=Native(
                    ("D",), ("pkg",), (".",), ("pkg/include",), (Library("pkg/libx.a", False, False),), ("-lz",)
                ),
            )
        )
        for name in checks.NOT_RECORDED:
            del recipe[name]
        del recipe["cc"]["wrapper"]
        return {
            "format": FORMAT,
            "wheel": WHEEL,
            "sha256": sha256(self.wheel),
            "size": self.wheel.stat().st_size,
            "inputs": [
                {"path": path, "sha256": sha256(inputs / (wheel or Path(path).name)), "wheel": wheel}
                for path, wheel in places.items()
            ],
            "recipe": json.loads(json.dumps(recipe)),
            "interpreter": None,
            "compiler": compiler_facts(),
            "environment": {"CC": "cc"},
            "host_files": {"headers": [], "libraries": [], "programs": [], "not_audited": []},
            "version": "1",
            "helper": "0" * 64,
        }

    def refusal(self, document: object, *arguments: str) -> str:
        """What `rebuild` says of a document, after a look at everything that it must not touch."""
        file = self.folder / "work" / f"{WHEEL}.buildinfo.json"
        file.write_text(document if isinstance(document, str) else json.dumps(document))
        before = listing(self.folder)
        with pytest.raises(UserError) as caught:
            rebuild([str(self.wheel), str(file), "--inputs", str(self.folder / "inputs"), *arguments])
        after = listing(self.folder)
        assert {**after, "tmp": ""} == {**before, "tmp": ""}  # that folder's own time changes
        assert caught.value.fix
        return str(caught.value)


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    made = Box(tmp_path / "box")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(made.scratch))
    monkeypatch.setattr(sys, "argv", [str(TOOLS / "rebuild")])
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "no_index").as_uri())
    return made


def put(document: dict[str, Any], field: str, value: object) -> dict[str, Any]:
    """The document with another value in a field "recipe.sources.0.1"; a last part ">NAME" renames a key."""
    changed = copy.deepcopy(document)
    *way, last = field.split(".")
    at: Any = changed
    for step in way:
        at = at[int(step) if isinstance(at, list) else step]
    if last.startswith(">"):
        at[value] = at.pop(last[1:])
    elif isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return changed


PLACES = (
    "inputs.4.path",
    "inputs.6.path",
    "inputs.6.wheel",
    "recipe.build_requires.0",
    "recipe.build_root",
    "recipe.cc.archiver",
    "recipe.cc.c_compiler",
    "recipe.cc.cxx_compiler",
    "recipe.cc.linker",
    "recipe.cc.other_tools.objdump",
    "recipe.cc.other_tools.>objdump",
    "recipe.native.includes.0",
    "recipe.native.libraries.0.path",
    "recipe.native.quote_includes.0",
    "recipe.native.system_includes.0",
    "recipe.output",
    "recipe.patches.0",
    "recipe.sdist",
    "recipe.sources.0.0",
    "recipe.sources.0.1",
    "recipe.tools.shout",
    "recipe.tools.>shout",
    "wheel",
)


def with_sources(document: dict[str, Any]) -> dict[str, Any]:
    """The same, built from a source tree."""
    recipe = {**document["recipe"], "sdist": None, "sources": [["external/demo-1.0.tar.gz", "setup.py"]]}
    return {**document, "recipe": recipe}


@pytest.mark.parametrize("kind", ["absolute", "up", "link", "control", "deep"])
@pytest.mark.parametrize("field", PLACES)
def test_a_forged_path_is_refused(box: Box, field: str, kind: str) -> None:
    if (field, kind) == ("recipe.sources.0.1", "link"):
        return  # a name in the source tree, which is copied without links
    value = {
        "absolute": f"{box.folder}/precious/gcc",
        "up": "../../precious/gcc",
        "link": f"{box.folder}/gcc" if ".cc." in field else "external/linked/file",
        "control": "bin/\x1b[2J",
        "deep": "d/" * 1400 + "x",
    }[kind]
    document = with_sources(box.document()) if "sources" in field else box.document()
    document["compiler"] = None  # to ask it takes long
    said = box.refusal(put(document, field, value), "--toolchain", str(box.folder / "toolchain"))
    assert ".".join(part for part in field.split(".") if part.isidentifier()) in said
    assert "\x1b" not in said


TEXTS = ("wheel", "sha256", "inputs.0.sha256", "recipe.label", "version", "helper", "recipe.expected.distribution")
TYPES = (
    *PLACES,
    *TEXTS,
    *("size", "inputs", "inputs.0", "recipe", "interpreter", "compiler", "environment", "environment.CC", "host_files"),
    *("host_files.headers", "host_files.programs", "host_files.not_audited", "compiler.files", "compiler.version"),
    *("recipe.allow_compile_failures", "recipe.build_requires", "recipe.cc", "recipe.cc.c_flags", "recipe.cc.env"),
    *("recipe.cc.env.E", "recipe.cc.other_tools", "recipe.compression", "recipe.config_settings", "recipe.cpus"),
    *("recipe.env", "recipe.env.A", "recipe.expected", "recipe.expected.requires_dist", "recipe.expected.tags"),
    *("recipe.expected.version", "recipe.isolation", "recipe.host_files", "recipe.host_files_policy"),
    *("recipe.leak_policy", "recipe.max_unpacked_bytes", "recipe.native", "recipe.native.defines"),
    *("recipe.native.libraries", "recipe.native.libraries.0", "recipe.native.libraries.0.shared", "recipe.tools"),
    *("recipe.native.libraries.0.whole", "recipe.native.link_flags", "recipe.patch_strip", "recipe.patches"),
    *("recipe.sbom", "recipe.sources"),
)


@pytest.mark.parametrize("field", [field for field in TYPES if ".>" not in field])
def test_a_value_of_another_type_is_refused(box: Box, field: str) -> None:
    document = with_sources(box.document()) if "sources" in field else box.document()
    values: tuple[object, ...] = (-1, 1.5, [1], {"a": [[]]}, "\ud800", "a\0b")
    for value in values:
        said = box.refusal(put(document, field, value))
        assert said.startswith("The build information") or "is no build information" in said, value


@pytest.mark.parametrize("field", ["wheel", "recipe", "recipe.cc", "recipe.native", "recipe.expected", "inputs.0"])
def test_fields_are_neither_missing_nor_unknown(box: Box, field: str) -> None:
    document = put(box.document(), f"{field}.more" if field != "wheel" else "more", 1)
    assert "more" in box.refusal(document)
    document = box.document()
    *way, last = (field if field == "wheel" else f"{field}.{FIRST[field]}").split(".")
    at: Any = document
    for step in way:
        at = at[int(step) if isinstance(at, list) else step]
    del at[last]
    assert last in box.refusal(document)


FIRST = {
    "recipe": "cpus",
    "recipe.cc": "env",
    "recipe.native": "defines",
    "recipe.expected": "tags",
    "inputs.0": "sha256",
}


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, '{"a":' * 990 + "1" + "}" * 990, "\ud800"])
def test_what_is_no_document_is_refused(box: Box, text: str) -> None:
    assert "is no build information" in box.refusal(text.encode("utf-8", "replace").decode())


def test_facts_may_not_be_nested_without_end(box: Box) -> None:
    facts: dict[str, Any] = {}
    for _ in range(300):
        facts = {"a": facts}
    for field in ("interpreter", "compiler.more"):
        assert "compiler" in box.refusal(put(box.document(), field, facts)).replace("interpreter", "compiler")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recipe.output", f"pkg/a.patch/{WHEEL}"),
        ("recipe.build_root", "pkg"),
        ("recipe.build_root", "pkg/a.patch"),
        ("recipe.build_root", f"bin/pkg/{WHEEL}"),
        ("recipe.build_root", "bin"),
        ("inputs.4.path", "pkg/a.patch"),
        ("inputs.4.path", "bin/tool.installed/site-packages/tool.py"),
        ("inputs.6.path", "pkg"),
    ],
)
def test_nothing_lies_in_the_place_of_something_else(box: Box, field: str, value: str) -> None:
    assert "in the place of" in box.refusal(put(box.document(), field, value))


@pytest.mark.parametrize(
    "field", ["recipe.sdist", "recipe.patches.0", "recipe.native.libraries.0.path", "recipe.tools.shout"]
)
def test_what_is_read_is_an_input_with_a_hash(box: Box, field: str) -> None:
    said = box.refusal(put(box.document(), field, "pkg/other"))
    assert f"The build information's {field.replace('.0', '')} is pkg/other, which is none of its inputs" in said


@pytest.mark.parametrize(
    "program", ["/usr/bin/env", "/usr/bin/python3", "/usr/bin/rm", "/opt/gcc", "gcc", "external/linked/gcc"]
)
@pytest.mark.parametrize("field", ["c_compiler", "cxx_compiler", "archiver", "linker", "other_tools.objdump"])
def test_no_program_runs_because_a_document_names_it(box: Box, field: str, program: str) -> None:
    said = box.refusal(put(box.document(), f"recipe.cc.{field}", program))
    assert f"recipe.cc.{field}" in said
    assert program in said
    assert ("--toolchain" in said) == (not program.startswith("/"))


def test_a_compiler_with_another_hash_is_not_even_asked(box: Box) -> None:
    """Where PATH or --toolchain lead to it."""
    document = put(box.document(), "recipe.cc.c_compiler", "external/linked/gcc")
    said = box.refusal(document, "--toolchain", str(box.folder / "toolchain"))
    assert "is not the one that built the wheel" in said
    assert sha256(box.folder / "precious" / "gcc") in said


def test_a_toolchain_has_a_folder_external(box: Box) -> None:
    said = box.refusal(box.document(), "--toolchain", str(box.folder / "precious"))
    assert "precious has no folder `external`" in said


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("wheel", "demo-2.0-cp39-cp39-linux_x86_64.whl", "demo-1.0-cp39"),
        ("recipe.output", "bin/pkg/demo-1.0-py3-none-any.whl", "demo-1.0-py3-none-any.whl"),
        ("recipe.expected.tags", "py3-none-any", "demo-1.0-py3-none-any.whl"),
        ("size", 1, "size"),
        ("sha256", "0" * 64, "is not the wheel that"),
        ("recipe.cc", None, "compiler"),
    ],
)
def test_fields_that_contradict_each_other(box: Box, field: str, value: object, said: str) -> None:
    assert said in box.refusal(put(box.document(), field, value))


def test_a_document_without_a_lie_passes_all_these_checks(box: Box) -> None:
    """Then the sdist turns out to be none."""
    said = box.refusal(box.document())
    assert "demo-1.0.tar.gz is not a readable sdist archive" in said


def test_every_field_of_a_recipe_is_checked() -> None:
    """Whoever gives the parameters another field has to say here what may be in it."""
    for kind, checked in ((CcToolchain, checks.CC), (Native, checks.NATIVE), (Expected, checks.EXPECTED)):
        assert set(checked) == {field.name for field in fields(kind)} - {"wrapper"}  # a part of the helper
    assert set(checks.RECIPE) == {field.name for field in fields(BuildParams)} - checks.NOT_RECORDED
    assert set(checks.DOCUMENT) == {field.name for field in fields(BuildInfo)}


@pytest.fixture(scope="module")
def true_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pure wheel, with its build information as Bazel's action writes it."""
    folder = tmp_path_factory.mktemp("true")
    params = build_params(env={"TEXT": "x = 1"})
    assert built(folder, params).returncode == 0
    shutil.make_archive(str(folder / "helper"), "zip", TOOLS)
    record = RecordParams(
        "params.json",
        "helper.zip",
        params.output,
        {},
        ("demo-1.0.tar.gz",),
        {},
        "host_files.json",
        "1.2",
        "urn:x",
        "",
        "",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        text = build_info(record).text()
    (folder / f"{params.output}.buildinfo.json").write_text(text)
    return folder / params.output


def test_a_true_document_is_confirmed(box: Box, true_build: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = true_build.with_name(true_build.name + ".buildinfo.json")
    assert rebuild([str(true_build), str(document), "--inputs", str(true_build.parent), "--mapped"]) == 0
    said = capsys.readouterr().out
    assert f"{true_build.name} was built again, with the same bytes" in said
    assert "the same as recorded: environment, host_files, helper" in said
    unknown = "interpreter (none recorded), recipe.label, version"
    assert f"Nothing here can tell whether these are true: {unknown}." in said
    assert list(box.scratch.iterdir()) == []


LIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "environment: SOURCE_DATE_EPOCH": lambda found: put(found, "environment.SOURCE_DATE_EPOCH", "0"),
    "environment: MORE": lambda found: put(found, "environment.MORE", "x"),
    "host_files: programs": lambda found: put(found, "host_files.programs", ["/usr/bin/evil\x1b"[:-1]]),
    "host_files: headers": lambda found: put(found, "host_files.headers", ["/usr/include/zlib.h"]),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_not_confirmed(
    box: Box, true_build: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], lie: str
) -> None:
    truth = json.loads(true_build.with_name(true_build.name + ".buildinfo.json").read_text())
    (tmp_path / "lie.json").write_text(json.dumps(LIES[lie](truth)))
    with pytest.raises(UserError) as caught:
        rebuild([str(true_build), str(tmp_path / "lie.json"), "--inputs", str(true_build.parent), "--mapped"])
    assert "The build information is false, though the wheel that it tells of can be built again" in str(caught.value)
    assert lie in str(caught.value)
    assert "the same bytes" not in str(caught.value) + "".join(capsys.readouterr())
    assert list(box.scratch.iterdir()) == []
