"""How docs/reference/api.md is made from what Bazel says; that it is up to date, //docs:api_test tests."""

from __future__ import annotations

import ast
import re
import runpy
from typing import Any

import pytest
from archives import TOOLS

REPO = TOOLS.parent


@pytest.fixture(name="api", scope="module")
def make_api() -> dict[str, Any]:
    """What docs/generate_api.py defines."""
    return runpy.run_path(str(REPO / "docs" / "generate_api.py"))


def test_reads_bazels_text_format(api: dict[str, Any]) -> None:
    text = (
        'rule_info {\n  rule_name: "a"\n  attribute {\n    name: "x"\n    doc_string: "\\"quoted\\"\\n\\303\\251 {"\n'
        '    type: LABEL\n  }\n  attribute {\n    name: "y"\n  }\n}\nfile: "//a:b.bzl"\n'
    )
    attributes = [{"name": ["x"], "doc_string": ['"quoted"\né {'], "type": ["LABEL"]}, {"name": ["y"]}]
    assert api["read_message"](text) == {
        "rule_info": [{"rule_name": ["a"], "attribute": attributes}],
        "file": ["//a:b.bzl"],
    }
    with pytest.raises(ValueError, match="what is this"):
        api["read_message"]("what is this\n")
    with pytest.raises(ValueError, match="too many values"):
        api["read_message"]("rule_info {\n")


def test_a_variable_that_nobody_describes_is_an_error(api: dict[str, Any]) -> None:
    known = sorted(api["ENVIRONMENT"])
    assert "| `CC` |" in api["environment_table"]([{"repository_rule_info": [{"environ": known}]}])
    with pytest.raises(ValueError, match="NEW_ONE"):
        api["environment_table"]([{"repository_rule_info": [{"environ": [*known, "NEW_ONE"]}]}])


def test_a_setting_is_described_by_the_comment_above_it(api: dict[str, Any]) -> None:
    build_file = (
        '# What it is for: "a" or | "b".\n# See docs/how_to/guide.md#locks\nstring_flag(\n    name = "x",\n'
        '    build_setting_default = "b",\n    values = ["a", "b"],\n)\n'
    )
    row = '| `x` | `b`, `a` | What it is for: "a" or \\| "b". See [guide.md](../how_to/guide.md#locks) |'
    assert api["settings_table"](build_file).splitlines()[2:] == [row]


def test_the_page_has_every_label_of_a_hub() -> None:
    source = (REPO / "python" / "private" / "hub" / "selected_distribution.bzl").read_text()
    (targets,) = re.findall(r"^TARGETS = (.*)$", source, re.MULTILINE)
    page = (REPO / "docs" / "reference" / "api.md").read_text()
    for target in ast.literal_eval(targets):
        assert f"| `@NAME//DISTRIBUTION:{target}` |" in page or f", `:{target}` |" in page, target


def test_every_rule_and_tag_has_an_example() -> None:
    sections = re.split(r"^##+ ", (REPO / "docs" / "reference" / "api.md").read_text(), flags=re.MULTILINE)
    symbols = re.findall(r"^(\w+) = _", (REPO / "python" / "defs.bzl").read_text(), re.MULTILINE)
    assert len(symbols) == 4
    for symbol in [*symbols, "sdists.file", "sdists.lock"]:
        (section,) = (one for one in sections if one.startswith(symbol + "\n"))
        assert f"```starlark\n{symbol}(\n" in section, symbol
