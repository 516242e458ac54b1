"""`init`: from a checkout, in a folder with pins; and where `pip.parse` is kept. tests/newcomer does the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from folder_index import FolderIndex, only
from support import REPO, Workspace

if TYPE_CHECKING:
    from pathlib import Path

PIP_PARSE = """\
bazel_dep(name = "rules_python", version = "1.0.0")
bazel_dep(name = "rules_sdist", version = "0.1.0")

pip = use_extension("@rules_python//python/extensions:pip.bzl", "pip")
pip.parse(
    hub_name = "pip_deps",
    requirements_lock = "//third_party:pins.txt",
)
use_repo(pip, "pip_deps")
"""


def pinned(folder: Path, place: str) -> tuple[Path, FolderIndex]:
    """A workspace with two pinned sdists, and the index that has them."""
    index = FolderIndex(folder / "index")
    index.backend("1.0")
    pins = folder / "w" / place
    pins.parent.mkdir(parents=True)
    hashes = {"one": index.sdist("one"), "two": index.sdist("two", "one")}
    pins.write_text("".join(f"{name}==1.0 --hash=sha256:{digest}\n" for name, digest in hashes.items()))
    return folder / "w", index


def test_from_a_checkout_in_a_folder_with_pins(tmp_path: Path) -> None:
    root, index = pinned(tmp_path, "requirements.txt")
    checkout = Workspace(REPO, tmp_path / "checkout")
    init = ("//tools/init", "--symlink_prefix=/")
    checkout.build(*init)  # the program's own libraries come from the real index
    said = checkout.run("run", *init, "--", "--workspace", str(root), env=only(index)).out
    checkout.shutdown()
    assert "MODULE.bazel: new" in said
    assert "2 from source, 0 from wheels" in said
    assert said.endswith("Next:\n  bazel build @deps//one\n")
    workspace = Workspace(root, tmp_path / "made")
    workspace.build("@rules_sdist//tools:helper")
    workspace.build("@deps//two", f"--repo_env=PIP_INDEX_URL={index.url}")
    workspace.shutdown()


def test_pip_parse_is_kept_and_nothing_is_written_twice(tmp_path: Path) -> None:
    root, index = pinned(tmp_path, "third_party/pins.txt")
    (root / "MODULE.bazel").write_text(PIP_PARSE)

    def init() -> str:
        line = [sys.executable, str(REPO / "tools" / "init")]
        env = {**os.environ, **only(index)}
        return subprocess.run(line, cwd=root, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout

    assert init().endswith("Next:\n  bazel test @sdists_hub//:check\n")
    assert (root / "MODULE.bazel").read_text() == PIP_PARSE + '\ninclude("//:rules_sdist.MODULE.bazel")\n'
    swap = (root / "rules_sdist.MODULE.bazel").read_text()
    python = f"{sys.version_info[0]}{sys.version_info[1]}"
    assert (
        f'    pip_deps_{python}_one = "sdists_hub__spoke_one",\n' in swap
    )  # rules_python 1.0 without an index of its own
    before = {file: file.read_bytes() for file in root.rglob("*") if file.is_file()}
    assert "nothing is added" in init()
    assert {file: file.read_bytes() for file in root.rglob("*") if file.is_file()} == before
