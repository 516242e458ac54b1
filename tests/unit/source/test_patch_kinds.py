"""What `git diff`, `diff -u` and Mercurial write, read as `patch -p` reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from common.errors import UserError
from source.patches import apply

if TYPE_CHECKING:
    from pathlib import Path

HUNK = "@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n"
NEW = "@@ -0,0 +1 @@\n+x\n"
GIT = "diff --git {old} {new}\nindex 814f4a4..b1b2 100644\n--- {old}\n+++ {new}\n"
GIT_NEW = "diff --git a/{name} b/{name}\nnew file mode 100755\nindex 0000000..587be6b\n--- /dev/null\n+++ b/{name}\n"
BEFORE = {"sub/a.txt": "one\ntwo\n"}
EDITED = {"sub/a.txt": "one\nTWO\n"}

CASES: dict[str, tuple[int, str, dict[str, str]]] = {
    "plain": (1, "--- a/sub/a.txt\n+++ b/sub/a.txt\n" + HUNK, EDITED),
    "plain, no folder": (0, "--- sub/a.txt\n+++ sub/a.txt\n" + HUNK, EDITED),
    "diff -r": (1, "--- demo.orig/sub/a.txt\t2020-01-01 00:00:00\n+++ demo/sub/a.txt\t2020-01-01\n" + HUNK, EDITED),
    "git": (1, GIT.format(old="a/sub/a.txt", new="b/sub/a.txt") + HUNK, EDITED),
    "git, two folders": (2, GIT.format(old="a/x/sub/a.txt", new="b/x/sub/a.txt") + HUNK, EDITED),
    "git, mnemonic prefixes": (1, GIT.format(old="i/sub/a.txt", new="w/sub/a.txt") + HUNK, EDITED),
    "git, no prefix": (0, GIT.format(old="sub/a.txt", new="sub/a.txt") + HUNK, EDITED),
    "mercurial": (1, "diff -r 123456789abc sub/a.txt\n--- a/sub/a.txt\tThu\n+++ b/sub/a.txt\tThu\n" + HUNK, EDITED),
    "new": (1, "--- /dev/null\n+++ b/sub/n.txt\n" + NEW, {**BEFORE, "sub/n.txt": "x\n"}),
    "new in a new folder": (1, "--- /dev/null\n+++ b/deep/er/n.txt\n" + NEW, {**BEFORE, "deep/er/n.txt": "x\n"}),
    "new in a folder called a": (1, "--- /dev/null\n+++ b/a/n.txt\n" + NEW, {**BEFORE, "a/n.txt": "x\n"}),
    "git new": (1, GIT_NEW.format(name="sub/n.txt") + NEW, {**BEFORE, "sub/n.txt": "x\n"}),
    "gone": (1, "--- a/sub/a.txt\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n", {}),
    "git renamed": (
        1,
        "diff --git a/sub/a.txt b/sub/b.txt\nsimilarity index 100%\nrename from sub/a.txt\nrename to sub/b.txt\n",
        {"sub/b.txt": "one\ntwo\n"},
    ),
    "several": (
        1,
        GIT.format(old="a/sub/a.txt", new="b/sub/a.txt") + HUNK + GIT_NEW.format(name="sub/n.txt") + NEW,
        {**EDITED, "sub/n.txt": "x\n"},
    ),
}


def source(tmp_path: Path, patch: str) -> Path:
    (tmp_path / "x.patch").write_text(patch)
    folder = tmp_path / "source"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/a.txt").write_text("one\ntwo\n")
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", CASES)
def test_applies(tmp_path: Path, case: str) -> None:
    strip, text, after = CASES[case]
    folder = source(tmp_path, text)
    apply([tmp_path / "x.patch"], folder, strip=strip)
    assert contents(folder) == after


def test_new_files_keep_their_mode(tmp_path: Path) -> None:
    folder = source(tmp_path, GIT_NEW.format(name="sub/run") + NEW)
    apply([tmp_path / "x.patch"], folder, strip=1)
    assert (folder / "sub/run").stat().st_mode & 0o777 == 0o755


def test_patches_are_applied_in_order(tmp_path: Path) -> None:
    folder = source(tmp_path, "--- a/sub/a.txt\n+++ b/sub/a.txt\n" + HUNK)
    (tmp_path / "y.patch").write_text("--- a/sub/a.txt\n+++ b/sub/a.txt\n@@ -1,2 +1,2 @@\n one\n-TWO\n+2\n")
    apply([tmp_path / "x.patch", tmp_path / "y.patch"], folder, strip=1)
    assert contents(folder) == {"sub/a.txt": "one\n2\n"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("--- a/sub/q.txt\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n", "No such file"),
        (
            "diff --git a/sub/q.txt b/sub/b.txt\nsimilarity index 100%\nrename from sub/q.txt\nrename to sub/b.txt\n",
            "sub/q.txt, which is not there",
        ),
        ("--- a/a.txt\n+++ b/a.txt\n" + HUNK, "does not exist"),
        ("--- /tmp/x/sub/a.txt\n+++ /tmp/x/sub/a.txt\n" + HUNK, "absolute paths are not allowed"),
    ],
)
def test_refuses(tmp_path: Path, text: str, reason: str) -> None:
    folder = source(tmp_path, text)
    with pytest.raises(UserError) as caught:
        apply([tmp_path / "x.patch"], folder, strip=1)
    assert "The patch x.patch does not apply: " in str(caught.value)
    assert reason in str(caught.value)
    other = "patch_strip = 2," if "absolute" in reason else "`patch_strip = 1` takes that many leading folders off"
    assert other in caught.value.fix
    assert contents(folder) == BEFORE


@pytest.mark.parametrize("name", ["b/../../evil", "../../evil", "b/sub/../../../evil", "/evil"])
@pytest.mark.parametrize("strip", [0, 1])
def test_never_writes_outside(tmp_path: Path, name: str, strip: int) -> None:
    folder = source(tmp_path, f"--- /dev/null\n+++ {name}\n" + NEW)
    try:
        apply([tmp_path / "x.patch"], folder, strip=strip)
    except UserError as error:
        assert "does not apply" in str(error)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "x.patch"]
