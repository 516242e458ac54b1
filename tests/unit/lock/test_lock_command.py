"""The command line of `lock`: what it means, and what of it a lock records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.options import parse_options
from lock.workspace import digests, label_of

if TYPE_CHECKING:
    from pathlib import Path


def test_labels(tmp_path: Path) -> None:
    for name in ("MODULE.bazel", "a/BUILD.bazel", "a/b/file.txt", "file.txt", "c/file.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert label_of(tmp_path / "file.txt") == "//:file.txt"
    assert label_of(tmp_path / "a" / "b" / "file.txt") == "//a:b/file.txt"
    assert label_of(tmp_path / "c" / "file.txt") == "//:c/file.txt"


def test_options(tmp_path: Path) -> None:
    line = ["a.txt", "b.txt", "-o", "lock.json", "--build", "Foo_Bar", "--upgrade", "Setup.Tools", "--check"]
    options = parse_options(line, tmp_path)
    assert options.inputs == (tmp_path / "a.txt", tmp_path / "b.txt")
    assert options.output == tmp_path / "lock.json"
    assert options.check
    assert [set(names) for names in (options.build, options.upgrade)] == [{"foo-bar"}, {"setup-tools"}]


def test_command_is_for_the_root_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "third_party").mkdir()
    (tmp_path / "MODULE.bazel").touch()
    line = ["../r.txt", "-o", "lock.json", "--build", "a", "--python=/usr/bin/python3.12", "--swap=s.MODULE.bazel"]
    options = parse_options([*line, "--check", "--upgrade=b"], tmp_path / "third_party")
    assert options.command() == (
        *("r.txt", "-o", "third_party/lock.json", "--build=a", "--python=python3.12"),
        *("--swap", "third_party/s.MODULE.bazel", "--pip-hub=pypi", "--hub=sdists_hub"),
    )


def test_digests_of_all_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "third_party").mkdir()
    (tmp_path / "MODULE.bazel").touch()
    (tmp_path / "r.txt").write_text("-r more.txt\n")
    (tmp_path / "more.txt").write_text("")
    (tmp_path / "x.patch").write_text("")
    (tmp_path / "o.toml").write_text('[distributions.demo]\npatches = ["x.patch"]\n')
    options = parse_options(["r.txt", "-o", "third_party/lock.json", "--overrides", "o.toml"], tmp_path)
    assert sorted(digests(options)) == ["more.txt", "o.toml", "r.txt", "x.patch"]
