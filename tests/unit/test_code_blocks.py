"""Every code block of every page is run by a test, or checked here, or says why nothing does either."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from block_checks import CHECKS, wrong_in, wrong_labels
from code_blocks import REPO, Block, all_blocks, blocks_of, blocks_run_by, pages

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS = all_blocks()
# How a file gets at the blocks that it runs.
READERS = ("blocks_run_by(", "steps_of(")


def test_there_are_blocks() -> None:
    assert len(BLOCKS) > 80
    assert {block.language for block in BLOCKS} >= {"bazelrc", "python", "sh", "starlark", "text", "toml"}


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_what_can_be_checked_is_right(block: Block) -> None:
    assert wrong_in(block) == []


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_block_is_run_or_checked_or_says_why_not(block: Block) -> None:
    assert block.language, "write a language behind the fence; text where it is none"
    if block.mark == "run":
        reader = REPO / block.said
        assert reader.is_file(), f"there is no {block.said}"
        text = reader.read_text(encoding="utf-8")
        assert block.page in text, f"{block.said} does not read this page"
        assert any(name in text for name in READERS), f"{block.said} reads no blocks"
    elif block.mark == "not run":
        assert len(block.said.split()) >= 2, "a reason has to be a reason"
    else:
        assert block.language in CHECKS, "write <!-- run: tests/... --> or <!-- not run: why --> above it"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(REPO)))
def test_labels_in_the_text_are_there(page: Path) -> None:
    assert wrong_labels(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(REPO)))
def test_every_block_has_fences(page: Path) -> None:
    """What is only indented would be looked at by nobody."""
    without = re.sub(r"^( *)```.*?^\1```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert [line for line in without.splitlines() if line.startswith("    ")] == []


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("python", "x = (\n", "line 1: '(' was never closed"),
        ("toml", "x = \n", "Invalid value"),
        ("toml", "[distributions.six]\nnative_dep = []\n", "'native_dep' is not known here."),
        ("json", "{\n", "Expecting property name"),
        ("starlark", 'py_sdist_wheel(name = "x", sdists = "y")\n', "py_sdist_wheel has no sdists"),
        ("starlark", 'sdists.file(name = "x")\n', "sdists.file needs distribution"),
        ("starlark", 'load("@rules_sdist//python:defs.bzl", "py_wheel")\n', "python:defs.bzl has no py_wheel"),
        ("starlark", 'load("@rules_sdist//python:def.bzl", "py_wheel")\n', "there is no @rules_sdist//python:def.bzl"),
        ("sh", "echo 'x\n", "unexpected EOF"),
        ("sh", "bazel run @rules_sdist//tools/lock -- x -o y --buildall\n", "lock: unrecognized arguments: --buildall"),
        ("sh", "bazel run @rules_sdist//tools/lock -- x\n", "lock: -o LOCK is missing"),
        ("sh", "bazelw run @rules_sdist//tools/init -- --buildall\n", "init: unrecognized arguments: --buildall"),
        ("sh", "python3 verify_wheels.zip wheels/\n", "verify_wheels: the following arguments are required: --keyring"),
        ("sh", "bazel run @rules_sdist//tools/nightly\n", "there is no command nightly"),
        ("sh", "cd examples/yaml && bazel test //...\n", "there is no folder examples/yaml"),
        ("sh", "cd examples/pyyaml && bazel test //third_party:yaml\n", "pyyaml has no //third_party:yaml"),
        ("sh", "FOLDER=x tests/runs\n", "there is no tests/runs"),
        ("bazelrc", "built --jobs=2\n", "'built' is no command of Bazel"),
        ("bazelrc", "build --@rules_sdist//python/settings:host=x\n", "there is no @rules_sdist//python/settings:host"),
        ("text", "--@rules_sdist//python/settings:isolation=open\n", "isolation can't be open"),
    ],
)
def test_what_is_wrong_is_found(language: str, text: str, said: str) -> None:
    assert said in "\n".join(wrong_in(Block("page.md", 1, language, text)))


def test_marks_are_read(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("1. One:\n\n   <!-- not run: takes a cluster -->\n   ```sh\n   a\n     b\n   ```\n\n```toml\n```\n")
    assert blocks_of(page, "page.md") == [
        Block("page.md", 4, "sh", "a\n  b\n", "not run", "takes a cluster"),
        Block("page.md", 9, "toml", ""),
    ]
    page.write_text("<!-- run: x.py -->\n\n```sh\n```\n")
    with pytest.raises(ValueError, match=r"page\.md:1: there is no block right below this mark"):
        blocks_of(page, "page.md")
    page.write_text("```sh\n")
    with pytest.raises(ValueError, match="has no end"):
        blocks_of(page, "page.md")
    with pytest.raises(ValueError, match=r"has no block that tests/run runs"):
        blocks_run_by("CONTRIBUTING.md", str(REPO / "tests" / "run"))
