"""Real sdists with Rust: the same wheel closed and mapped, at two places, and one that can be imported."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from crab import NEEDS_RUST
from support import REPO, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent / "rust_corpus"
MODULES = {
    "bcrypt": "bcrypt",
    "cryptography": "cryptography.hazmat.bindings._rust",
    "hf-xet": "hf_xet",
    "jellyfish": "jellyfish._rustyfish",
    "jiter": "jiter",
    "maturin": "maturin",
    "orjson": "orjson",
    "pydantic-core": "pydantic_core",
    "rpds-py": "rpds",
    "safetensors": "safetensors._safetensors_rust",
    "tiktoken": "tiktoken._tiktoken",
    "tokenizers": "tokenizers",
    "watchfiles": "watchfiles._rust_notify",
}
_TEST = """
load("@deps//:requirements.bzl", "requirement")
load("@rules_python//python:py_test.bzl", "py_test")

py_test(name = "{name}_test", srcs = ["{name}_test.py"], deps = [requirement("{name}")])
"""


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Workspace]]:
    """Two, with workspaces and output bases at other places; RUST_CORPUS=FOLDER keeps them, for a run to be resumed."""
    own = os.environ.get("RUST_CORPUS")
    folder = Path(own) if own else tmp_path_factory.mktemp("rust")
    made = []
    for name, isolation in (("closed", "closed"), ("another place", "mapped")):
        root = folder / name
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(HERE, root, ignore=shutil.ignore_patterns("bazel-*"))
        shutil.copy(REPO / "examples" / "rust" / "openssl.BUILD.bazel", root)
        module = root / "MODULE.bazel"
        module.write_text(module.read_text().replace('path = "../../.."', f'path = "{REPO}"'))
        flag = f"--@rules_sdist//python/settings:isolation={isolation}"
        made.append(Workspace(root, folder / f"{name} output", flags=[flag]))
    yield made
    for workspace in made:
        workspace.shutdown()


@NEEDS_RUST
@pytest.mark.parametrize("name", MODULES)
def test_it_is_the_same_and_can_be_imported(name: str, machines: list[Workspace]) -> None:
    package = name.replace("-", "_")
    for workspace in machines:
        (workspace.root / package).mkdir(exist_ok=True)
        (workspace.root / package / "BUILD.bazel").write_text(_TEST.format(name=package))
        (workspace.root / package / f"{package}_test.py").write_text(f"import {MODULES[name]}\n")
        workspace.run("test", f"//{package}:{package}_test", f"@deps//{package}:whl", "--output_groups=+default")
    first, second = (wheel(workspace, f"@deps//{package}:whl") for workspace in machines)
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def wheel(workspace: Workspace, target: str) -> Path:
    """The file of a target that was built."""
    (file,) = workspace.run("cquery", "--output=files", target).out.split()
    return workspace.root / file
