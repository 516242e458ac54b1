"""Wheels that are recorded, signed, handed over, verified and installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest
from support import Workspace, backend_project, make_sdist

if TYPE_CHECKING:
    from pathlib import Path

NEEDS_SIX = """
py_sdist_wheel(name = "needs_six", sdist = "demo-1.0.tar.gz", deps = ["//wheels:six_wheel"], requires_dist = ["six"])
"""


def signed(file: Path) -> bytes:
    """Signs a file with a key that is made for this; returns that key."""
    with tempfile.TemporaryDirectory(prefix="g-") as home:  # short: a socket is in it
        gpg = ["gpg", "--batch", "--homedir", home, "--pinentry-mode=loopback", "--passphrase="]
        subprocess.run([*gpg, "--quick-generate-key", "release@example.com", "ed25519", "sign", "never"], check=True)
        subprocess.run([*gpg, "--armor", "--detach-sign", str(file)], check=True)
        key = subprocess.run([*gpg, "--export"], stdout=subprocess.PIPE, check=True).stdout
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "gpg-agent"], check=True)
    return key


@pytest.mark.skipif(not shutil.which("gpg"), reason="there is no gpg")
def test_signed_wheels_are_verified_and_installed_without_a_network(workspace: Workspace, tmp_path: Path) -> None:
    """A wheel and all that it needs: recorded, signed, handed over, verified, installed, imported."""
    body = 'return write_wheel(wheel_directory, {"demo.py": "import six"}, requires=["six"])'
    folder = workspace.package("signed", NEEDS_SIX)
    make_sdist(backend_project(body), folder / "demo-1.0.tar.gz")
    recorded = workspace.command("wheel_hashes", "--file=signed.sha256", "//signed:all")
    assert recorded.code == 0, recorded.err
    workspace.build("@rules_sdist//tools/verify_wheels:program")
    (program,) = workspace.bin().glob("external/rules_sdist*/tools/verify_wheels/program.zip")

    handed_over = tmp_path / "wheels"
    handed_over.mkdir()
    shutil.copy(workspace.root / "signed.sha256", handed_over / "wheels.sha256")
    for package in ("signed", "wheels"):
        for wheel in (workspace.bin() / package).glob("*-none-any.whl"):
            if wheel.name in (handed_over / "wheels.sha256").read_text():
                shutil.copy(wheel, handed_over)
    (tmp_path / "keys.gpg").write_bytes(signed(handed_over / "wheels.sha256"))

    python = str(tmp_path / "environment" / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "environment")], check=True)
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    verified = subprocess.run(
        [*alone, python, str(program), "--keyring", str(tmp_path / "keys.gpg"), str(handed_over)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    assert verified == f"Signed by release@example.com, and as signed: 2 wheels in {handed_over}.\n"
    pip = [os.path.realpath(sys.executable), "-m", "pip", "--python", python, "install", "--quiet", "--no-index"]
    subprocess.run([*alone, *pip, "--find-links", str(handed_over), "demo"], check=True)
    subprocess.run([*alone, python, "-c", "import demo; demo.six.text_type"], check=True)
