"""Build information that somebody forged: it is refused, and nothing outside of the scratch folder changes."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
from forged_documents import WHEEL, Box, box_in, put

from build_wheel.params import BuildParams, CcToolchain, Expected, Native
from buildinfo.document import BuildInfo
from common.files import sha256
from rebuild import checks

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    return box_in(tmp_path, monkeypatch)


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
    *("recipe.expected.version", "recipe.isolation", "recipe.allow_host_files", "recipe.undeclared_host_files"),
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
