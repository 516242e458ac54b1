"""The commands of docs/how_to/signed_wheels.md, as they are typed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS, make_wheel
from closed_builds import program_zip
from code_blocks import blocks_run_by

from common.files import sha256
from wheel_hashes.records import Record, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHEEL = "demo-1.0-py3-none-any.whl"


@contextmanager
def key_ring() -> Iterator[str]:
    """A home of gpg with a key that needs no passphrase; it is short, for a socket is in it."""
    with tempfile.TemporaryDirectory(prefix="g-") as home:
        gpg = ["gpg", "--batch", "--homedir", home, "--pinentry-mode=loopback", "--passphrase="]
        subprocess.run([*gpg, "--quick-generate-key", "release@example.com", "ed25519", "sign", "never"], check=True)
        try:
            yield home
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "gpg-agent"], check=True)


@pytest.mark.skipif(not shutil.which("gpg"), reason="there is no gpg")
def test_signed_handed_out_verified_and_installed(tmp_path: Path) -> None:
    (sign, use) = (block.text for block in blocks_run_by("docs/how_to/signed_wheels.md", __file__))
    wheels = tmp_path / "wheels"
    make_wheel(wheels, {"demo.py": "x = 1\n"})
    record = Record("//:demo", WHEEL, sha256(wheels / WHEEL), "1" * 64, "2" * 64, ())
    (wheels / "wheels.sha256").write_text(text_of([record]))
    (tmp_path / "verify_wheels.zip").write_bytes(program_zip(TOOLS / "verify_wheels" / "__main__.py"))
    with key_ring() as home:
        subprocess.run(["bash", "-c", sign], cwd=wheels, env={**os.environ, "GNUPGHOME": home}, check=True)
        keys = subprocess.run(["gpg", "--homedir", home, "--export"], stdout=subprocess.PIPE, check=True).stdout
    (tmp_path / "release-keys.gpg").write_bytes(keys)

    python = shlex.quote(os.path.realpath(sys.executable))
    command = use.replace("python3 ", f"{python} ").replace("pip install", f"{python} -m pip install")
    line = ["bash", "-euc", command.replace("pyyaml", "demo")]
    env = {**os.environ, "PIP_TARGET": str(tmp_path / "site")}
    done = subprocess.run(line, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.startswith("Signed by release@example.com, and as signed: 1 wheel in wheels.\n")
    assert list((tmp_path / "site").glob("demo-1.0.dist-info"))
    (wheels / WHEEL).write_bytes(b"another one")
    assert subprocess.run(line, cwd=tmp_path, env=env, stderr=subprocess.PIPE, check=False).returncode == 2
