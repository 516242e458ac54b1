"""What of a machine no wheel may tell."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from build_wheel.leaks.host_secrets import host_secrets, output_bases
from isolation.layout import Layout

CPUINFO = """processor\t: 0
model name\t: Example CPU @ 2.60GHz
flags\t\t: fpu vme sse avx

processor\t: 1
model name\t: Another
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up machine: the root of its file system."""
    boot_id = tmp_path / "proc/sys/kernel/random/boot_id"
    boot_id.parent.mkdir(parents=True)
    boot_id.write_text("b3484c40-a896-416b-8585-25d6afaa4155\n")
    (tmp_path / "proc/cpuinfo").write_text(CPUINFO)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/machine-id").write_text("3d1219c7c4c5404aaa1f6d2a48adfda4\n")
    is_called(monkeypatch, "agent7.example.org", "6.1.0-99-amd64")
    is_run_by(monkeypatch, "jane", "/home/jane")
    return tmp_path


def is_called(monkeypatch: pytest.MonkeyPatch, name: str, release: str) -> None:
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", name, release, "#1", "x86_64")))


def is_run_by(monkeypatch: pytest.MonkeyPatch, name: str, home: str) -> None:
    user = pwd.struct_passwd((name, "x", 1, 1, "", home, "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: user)


def told(machine: Path, root: str = "/srv/out/execroot/_main/bazel-out/demo") -> dict[str, set[str]]:
    layout = Layout(Path("/srv/out/execroot/_main"), Path(root))
    found: dict[str, set[str]] = {}
    for secret in host_secrets(layout, machine):
        found.setdefault(secret.kind, set()).add(secret.value)
    return found


def test_what_a_machine_has_of_its_own(machine: Path) -> None:
    assert told(machine) == {
        "build path": {"/srv/out/execroot/_main/bazel-out/demo", "/srv/out/execroot/_main", "/srv/out"},
        "host name": {"agent7.example.org", "agent7"},
        "user name": {"jane"},
        "home directory": {"/home/jane"},
        "kernel release": {"6.1.0-99-amd64"},
        "boot id": {"b3484c40-a896-416b-8585-25d6afaa4155"},
        "machine id": {"3d1219c7c4c5404aaa1f6d2a48adfda4"},
        "CPU model": {"Example CPU @ 2.60GHz"},
        "CPU flags": {"fpu vme sse avx"},
    }


def test_a_machine_without_these_files(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    assert set(told(machine / "nothing")) == {"build path", "host name", "kernel release"}


@pytest.mark.parametrize("host", ["localhost", "builder", "localhost.localdomain"])
def test_what_builds_are_told_everywhere_is_no_secret(
    machine: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """The answers that every build gets may be in any wheel, and a machine may happen to have them, too."""
    is_called(monkeypatch, host, "5.10.0")
    is_run_by(monkeypatch, "builder", "/build")
    found = told(machine, "/build")
    assert set(found) == {"build path", "boot id", "machine id", "CPU model", "CPU flags"}
    assert "/build" not in found["build path"]
    is_run_by(monkeypatch, "builder", "/build/h")
    assert "home directory" not in told(machine, "/build")


def test_an_output_base_below_build_is_a_secret(machine: Path) -> None:
    """Only `/build` itself is everyone's."""
    layout = Layout(Path("/build/out/execroot/_main"), Path("/build/out/execroot/_main/x"))
    assert "/build/out" in {secret.value for secret in host_secrets(layout, machine)}


def test_output_bases(machine: Path) -> None:
    for execroot in ("/srv/out/sandbox/linux-sandbox/7/execroot/_main", "/srv/out/execroot/_main"):
        assert output_bases(Layout(Path(execroot), machine)) == {"/srv/out"}
    assert output_bases(Layout(Path("/worker/7"), machine)) == set()


def test_a_short_host_name_that_says_nothing_is_left_out(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_called(monkeypatch, "ci.example.org", "6.1.0")
    assert told(machine)["host name"] == {"ci.example.org"}
