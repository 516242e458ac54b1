from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from common.errors import UserError
from source.patches import apply

if TYPE_CHECKING:
    from pathlib import Path

PATCH = "--- {before}/a.txt\n+++ {after}/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n"


def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "a.txt").write_text("one\ntwo\n")
    return folder


def patch(tmp_path: Path, text: str) -> Path:
    (tmp_path / "x.patch").write_text(text)
    return tmp_path / "x.patch"


@pytest.mark.parametrize(("before", "after", "strip"), [("a", "b", 1), ("x/y", "x/y", 2), (".", ".", 0)])
def test_applies(tmp_path: Path, before: str, after: str, strip: int) -> None:
    folder = source(tmp_path)
    apply([patch(tmp_path, PATCH.format(before=before, after=after))], folder, strip=strip)
    assert (folder / "a.txt").read_text() == "one\nTWO\n"


@pytest.mark.parametrize(
    "text",
    [
        "no patch at all\n",
        PATCH.format(before="a", after="b").replace("-two", "-three"),
        PATCH.format(before="a", after="b").replace("a.txt", "missing.txt"),
    ],
)
def test_does_not_apply(tmp_path: Path, text: str) -> None:
    folder = source(tmp_path)
    with pytest.raises(UserError, match=r"The patch x\.patch does not apply") as caught:
        apply([patch(tmp_path, text)], folder, strip=1)
    assert "patch_strip = 1" in str(caught.value)
    assert (folder / "a.txt").read_text() == "one\ntwo\n"


@pytest.mark.parametrize(("before", "strip", "right"), [("a", 2, 1), ("x/y", 1, 2), (".", 3, 0)])
def test_another_strip_with_which_it_applies_is_named(tmp_path: Path, before: str, strip: int, right: int) -> None:
    folder = source(tmp_path)
    with pytest.raises(UserError) as caught:
        apply([patch(tmp_path, PATCH.format(before=before, after=before))], folder, strip=strip)
    assert f"    patch_strip = {right}," in caught.value.fix
    assert "b'" not in str(caught.value)
    assert (folder / "a.txt").read_text() == "one\ntwo\n"


def test_cannot_write_outside(tmp_path: Path) -> None:
    folder = source(tmp_path)
    text = "--- /dev/null\n+++ b/../../escape.txt\n@@ -0,0 +1,1 @@\n+x\n"
    with contextlib.suppress(UserError):
        apply([patch(tmp_path, text)], folder, strip=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "x.patch"]
