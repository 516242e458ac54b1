"""What makes a lock stale, and what does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from pinned_inputs import A

from lock.inputs.requirements_txt import bare_text
from lock.options import parse_options
from lock.workspace import digests

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("", ""),
        ("  # only\n\n\t# comments", ""),
        ("a==1 \\\r\n    --hash=sha256:0\r\n    # via b\r\n", "a==1 \\\n--hash=sha256:0\n"),
        ("a @ https://b/c#sha256=0  # d # e", "a @ https://b/c#sha256=0\n"),
        ("a==1\t# b", "a==1\n"),
        ("-r f\u00fcr.txt # x\n", "-r f\u00fcr.txt # x\n"),  # Starlark can't hash that
    ],
)
def test_text_without_comments(text: str, bare: str) -> None:
    """The first ones are tests/analysis/lock_test.bzl's."""
    assert bare_text(text.encode()) == bare.encode()


def test_comments_of_requirements_do_not_count(tmp_path: Path) -> None:
    """In TOML they do; and in patches, whatever these are called."""
    requirements, more, patch = tmp_path / "r.txt", tmp_path / "more.in", tmp_path / "patch.txt"
    requirements.write_text(f"-r more.in\ndemo==1 \\\n    --hash=sha256:{A}\n    # via six\n")
    more.write_text("# more\n")
    patch.write_text("# a\n")
    (tmp_path / "o.toml").write_text('[distributions.demo]\npatches = ["patch.txt"]\n')
    options = parse_options(["r.txt", "-o", "lock.json", "--overrides", "o.toml"], tmp_path)
    before, whole = digests(options), digests(options, whole=True)
    assert before.keys() == whole.keys()
    assert {name for name in before if before[name] != whole[name]} == {"r.txt", "more.in"}
    requirements.write_text(f"# new\n-r more.in\n\ndemo==1 \\\n    --hash=sha256:{A}\n    # via six, toml\n")
    more.write_text("")
    assert digests(options) == before
    for file in (requirements, patch, tmp_path / "o.toml"):
        text = file.read_text()
        file.write_text(text + ("b==1\n" if file == requirements else "# b\n"))
        assert digests(options) != before
        file.write_text(text)
    more.write_text("b==1\n")
    assert digests(options) != before
    json.dumps(before)
