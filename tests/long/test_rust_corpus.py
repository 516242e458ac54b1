"""Real sdists with Rust: the same wheel closed and mapped, on two machines, and one that can be imported."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from clients import NOISE, other_client
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
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Workspace, int]]:
    """Two, with the umask of each: an ordinary one, whose builds are closed, and one where everything is different.

    RUST_CORPUS=FOLDER keeps them, for a run to be resumed.
    """
    own = os.environ.get("RUST_CORPUS")
    folder = Path(own) if own else tmp_path_factory.mktemp("rust")
    client = folder / "client"
    client.mkdir(exist_ok=True)
    first = Workspace(copied(folder / "closed"), folder / "o", flags=isolation("closed"))
    place = copied(folder / "another place" / ("long_" * 20))
    other = Workspace(place, folder / "another output", flags=[*isolation("mapped"), *NOISE], env=other_client(client))
    yield {first: 0o022, other: 0o077}
    first.shutdown()
    other.shutdown()


def copied(root: Path) -> Path:
    """The corpus's workspace, at another place."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(HERE, root, ignore=shutil.ignore_patterns("bazel-*"))
    shutil.copy(REPO / "examples" / "rust" / "openssl.BUILD.bazel", root)
    module = root / "MODULE.bazel"
    module.write_text(module.read_text().replace('path = "../../.."', f'path = "{REPO}"'))
    return root


def isolation(mode: str) -> list[str]:
    return [f"--@rules_sdist//python/settings:isolation={mode}"]


@NEEDS_RUST
@pytest.mark.parametrize("name", MODULES)
def test_it_is_the_same_and_can_be_imported(name: str, machines: dict[Workspace, int]) -> None:
    package = name.replace("-", "_")
    targets = (f"//{package}:{package}_test", f"@deps//{package}:whl")
    for workspace, umask in machines.items():
        (workspace.root / package).mkdir(exist_ok=True)
        (workspace.root / package / "BUILD.bazel").write_text(_TEST.format(name=package))
        (workspace.root / package / f"{package}_test.py").write_text(f"import {MODULES[name]}\n")
        workspace.run("test", *targets, "--output_groups=+default", umask=umask)
    first, second = (wheel(workspace, targets[1]) for workspace in machines)
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def wheel(workspace: Workspace, target: str) -> Path:
    """The file of a target that was built."""
    (file,) = workspace.run("cquery", "--output=files", target).out.split()
    return workspace.root / file
