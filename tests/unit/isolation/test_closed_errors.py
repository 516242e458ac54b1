"""Closed builds that fail: each is told what it can't see, and what to write."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from actions import toolchain
from closed_builds import PYTHON, built_closed, closed_params, fingerprints, needs_namespaces

from build_wheel.params import Expected

pytestmark = needs_namespaces


def test_what_the_build_is_not_to_know_is_still_looked_for(tmp_path: Path) -> None:
    done = built_closed(tmp_path / "one", closed_params(env={"TEXT": str(tmp_path / "one")}))
    assert done.returncode == 1
    assert f"demo.py, byte 0: build path '{tmp_path}/one'" in done.stderr


def test_a_file_of_the_machine_that_the_root_would_hide_is_an_error(tmp_path: Path) -> None:
    hidden = Path(tempfile.mkdtemp(dir="/tmp")) / "tool"
    hidden.write_text("")
    try:
        done = built_closed(tmp_path / "x", closed_params(), host_files=(str(hidden),))
    finally:
        shutil.rmtree(hidden.parent)
    assert done.returncode == 1
    assert f"A closed build can't see {hidden}: it has a /tmp of its own." in done.stderr
    assert "Move it to another folder" in done.stderr


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import subprocess; subprocess.run(['git', '--version'])", "A closed build has no program git of the machine"),
        ("assert os.system('make') == 0", "A closed build has no program make of the machine"),
    ],
)
def test_a_program_that_is_not_there_is_told_with_what_to_write(tmp_path: Path, code: str, expected: str) -> None:
    done = built_closed(tmp_path / "x", closed_params(env={"ALSO": code}))
    assert done.returncode == 1
    assert expected in done.stderr
    name = expected.split()[6]
    assert f'allow_host_files = ["/usr/bin/{name}"],' in done.stderr
    assert f"common --repo_env=RULES_SDIST_HOST_FILES=/usr/bin/{name}" in done.stderr
    assert not (tmp_path / "x" / "root").exists()


@pytest.mark.skipif("compiler" not in fingerprints(), reason="no gcc")
def test_a_header_that_is_not_there_is_told_with_what_to_write(tmp_path: Path) -> None:
    code = """
import subprocess
open("x.c", "w").write("#include <zlib.h>\\n")
subprocess.run(["cc", "-c", "x.c"], check=True)
"""
    cc = toolchain(c_compiler="/usr/bin/gcc", cxx_compiler="/usr/bin/g++", archiver="/usr/bin/ar", linker="/usr/bin/ld")
    done = built_closed(tmp_path / "x", closed_params(env={"ALSO": code}, compiler=True, cc=cc))
    assert done.returncode == 1
    assert "A closed build sees no zlib.h of the machine" in done.stderr
    assert 'native_deps = [..., "@zlib//:zlib"],' in done.stderr


def test_a_machine_that_can_not_do_what_the_key_says_is_told(tmp_path: Path) -> None:
    """As in a user namespace that allows no other one."""
    limit = Path("/proc/sys/user/max_user_namespaces")
    if os.getuid() != 0 or not limit.exists():
        pytest.skip("takes root")
    params = closed_params()
    assert built_closed(tmp_path / "x", params).returncode == 0
    helper = f"{PYTHON} -I -S -B -X utf8 helper.zip build_wheel params.json inputs"
    line = f"echo 0 >{limit} && cd {tmp_path}/x && exec {helper}"
    script = ["unshare", "--user", "--map-root-user", "sh", "-c", line]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "This machine does not let a build be closed" in done.stderr
    assert "isolation=mapped" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_expected_wheel_is_checked_as_ever(tmp_path: Path) -> None:
    done = built_closed(tmp_path / "x", closed_params(expected=Expected("demo", "2.0", "py3-none-any", None)))
    assert done.returncode == 1
    assert "expected version '2.0'" in done.stderr
