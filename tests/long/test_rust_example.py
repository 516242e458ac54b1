"""examples/rust: cryptography and rpds-py are built and imported where there is no network, once all is fetched."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from crab import NEEDS_RUST
from support import REPO, Workspace

if TYPE_CHECKING:
    from pathlib import Path

# A namespace with a loopback device, by which Bazel's client and server talk, and nothing else.
_ALONE = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh22x", b"lo", 1))
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError:
    os.execvp(sys.argv[1], sys.argv[1:])
sys.exit("there is a network")
"""


@NEEDS_RUST
@pytest.mark.parametrize("isolation", ["closed", "mapped"])
def test_it_needs_no_network_after_the_fetch(isolation: str, tmp_path: Path) -> None:
    shutil.copytree(REPO / "examples" / "rust", tmp_path / "w", ignore=shutil.ignore_patterns("bazel-*"))
    module = tmp_path / "w" / "MODULE.bazel"
    module.write_text(module.read_text().replace('path = "../.."', f'path = "{REPO}"'))
    flag = f"--@rules_sdist//python/settings:isolation={isolation}"
    workspace = Workspace(tmp_path / "w", tmp_path / "o")
    workspace.build("--nobuild", "//...", flag)
    workspace.shutdown()
    alone = ["unshare", "--net", "--map-root-user", "python3", "-c", _ALONE]
    offline = Workspace(tmp_path / "w", tmp_path / "o", launcher=alone)
    try:
        offline.run("test", "//...", flag)
    finally:
        offline.shutdown()
