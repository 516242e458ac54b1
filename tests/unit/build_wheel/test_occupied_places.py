"""Builds where folders are read-only, or where somebody else was there first; in mount namespaces of the test's own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from actions import build_params, built, helper, write_action
from archives import listing
from squats import SQUATS

PRIVATE = ["unshare", *(() if os.getuid() == 0 else ("--user", "--map-root-user")), "--mount"]

# A checkout, and the tests' Python, may be below /tmp.
OURS = [str(path) for path in (Path(__file__).resolve().parents[3], Path(sys.prefix)) if path.is_relative_to("/tmp")]
IGNORED = " ".join(f"--ignore={Path(path).parts[2]}" for path in [*OURS, "/tmp/pytest-of-*"])

# EXECROOT VICTIM SQUAT COMMAND...: /tmp is a new one, in which only these two are, and what SQUAT makes.
OTHER_TMP = f"""
execroot=$1 victim=$2 squat=$3
shift 3
new=$victim.tmp
mkdir "$new" && mount -t tmpfs -o mode=1777 none "$new" || exit 99
for folder in "$execroot" "$victim" {shlex.join(OURS)}; do
  mkdir -p "$new/${{folder#/tmp/}}" && mount --bind "$folder" "$new/${{folder#/tmp/}}" || exit 99
done
mount --rbind "$new" /tmp || exit 99
cd /tmp && eval "$squat" && cd "$execroot" || exit 99
before=$(ls -lAR {IGNORED} /tmp)
"$@" || exit
[ "$before" = "$(ls -lAR {IGNORED} /tmp)" ] || exit 98
"""

# EXECROOT INPUTS COMMAND...: the inputs and what belongs to the user can't be written.
READ_ONLY = """
cd "$1" && mount --bind inputs inputs && mount -o remount,bind,ro inputs || exit 99
mkdir home && mount -t tmpfs -o ro none home || exit 99
shift
"$@"
code=$?
umount home && rmdir home
exit $code
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def namespaces() -> None:
    if subprocess.run([*PRIVATE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine forbids mount namespaces")


@pytest.mark.parametrize("squat", SQUATS)
def test_nobody_can_occupy_a_place_in_tmp(tmp_path: Path, squat: str) -> None:
    params = build_params()
    assert built(tmp_path / "reference", params).returncode == 0
    execroot, victim = tmp_path / "execroot", tmp_path / "victim"
    victim.mkdir()
    (victim / "precious").write_text("data")
    before = listing(victim)
    write_action(execroot, params)
    line, options = helper(execroot)
    shell = ["sh", "-c", OTHER_TMP, "sh", str(execroot), str(victim), SQUATS[squat]]
    done = subprocess.run([*PRIVATE, *shell, *line], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr
    assert (execroot / params.output).read_bytes() == (tmp_path / "reference" / params.output).read_bytes()
    assert names(execroot) == names(tmp_path / "reference")
    assert listing(victim) == before


def test_inputs_and_home_may_be_read_only(tmp_path: Path) -> None:
    params = build_params()
    assert built(tmp_path / "reference", params).returncode == 0
    execroot = tmp_path / "execroot"
    write_action(execroot, build_params(sdist="inputs/demo-1.0.tar.gz"))
    (execroot / "inputs").mkdir()
    (execroot / "demo-1.0.tar.gz").rename(execroot / "inputs" / "demo-1.0.tar.gz")
    line, options = helper(execroot, HOME=str(execroot / "home"), TMPDIR=str(execroot / "home"))
    shell = ["sh", "-c", READ_ONLY, "sh", str(execroot)]
    done = subprocess.run([*PRIVATE, *shell, *line], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr
    assert (execroot / params.output).read_bytes() == (tmp_path / "reference" / params.output).read_bytes()
    assert names(execroot) == sorted(["inputs", "params.json", params.output, params.host_files_output])


def test_a_read_only_folder_of_outputs_is_told(tmp_path: Path) -> None:
    write_action(tmp_path, build_params(build_root="inputs/root"))
    (tmp_path / "inputs").mkdir()
    line, options = helper(tmp_path)
    done = subprocess.run(
        [*PRIVATE, "sh", "-c", READ_ONLY, "sh", str(tmp_path), *line],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == 1
    assert "This machine does not let the build go on: Read-only file system" in done.stderr
    assert "where: inputs/root" in done.stderr and "Traceback" not in done.stderr
    assert list((tmp_path / "inputs").iterdir()) == []
