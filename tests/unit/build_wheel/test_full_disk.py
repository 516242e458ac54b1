"""Builds on a disk that becomes full, in a file system of the test's own."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from actions import NO_NATIVE, build_params, built, helper, toolchain, write_action

from build_wheel.cc.install_wrappers import check_log, write_wrappers
from build_wheel.compile_log import logged_commands
from common.errors import UserError
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

# DIRECTORY SIZE INPUTS RESULTS COMMAND...: the execution root is a file system of that size.
SMALL = """
place=$1 inputs=$3 results=$4
mount -t tmpfs -o "size=$2" none "$place" && cp -R "$inputs"/. "$place" && cd "$place" || exit 99
shift 4
"$@"
code=$?
rm params.json demo-1.0.tar.gz
cp -R . "$results"
exit $code
"""
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def on_small_disk(folder: Path, kilobytes: int, **own: object) -> tuple[subprocess.CompletedProcess[str], list[Path]]:
    """Runs a build; returns how it went and what was left besides the inputs."""
    for name in ("place", "inputs", "results"):
        (folder / name).mkdir(parents=True)
    params = build_params(**own)
    write_action(folder / "inputs", params)
    line, options = helper(folder)
    places = [str(folder / name) for name in ("inputs", "results")]
    shell = ["sh", "-c", SMALL, "sh", str(folder / "place"), f"{kilobytes}k", *places]
    done = subprocess.run([*NAMESPACE, *shell, *line], capture_output=True, text=True, check=False, **options)
    assert done.returncode != 99, done.stderr
    return done, sorted((folder / "results").iterdir())


@pytest.fixture(autouse=True)
def namespaces() -> None:
    if subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine forbids user namespaces")


def test_each_moment_at_which_the_disk_is_full(tmp_path: Path) -> None:
    """From the first file to the last: the right wheel, or none and a message that says why."""
    own = {"env": {"ALSO": "open('object', 'w').write('o' * 100_000)\nos.environ['TEXT'] = 'x' * 100_000"}}
    params = build_params(**own)
    assert built(tmp_path / "reference", params).returncode == 0
    outputs = (params.output, params.host_files_output)
    expected = [(tmp_path / "reference" / name).read_bytes() for name in outputs]
    failed = 0
    for kilobytes in (12, 20, 28, 40, 60, 80, 100, 140, 200, 260, 320, 380, 440, 480, 540, 2000):
        done, left = on_small_disk(tmp_path / str(kilobytes), kilobytes, **own)
        if done.returncode == 0:
            assert [path.read_bytes() for path in left] == expected
            continue
        failed += 1
        assert done.returncode == 1, done.stderr
        assert "ERROR: " in done.stderr, (kilobytes, done.stderr)
        said = done.stderr[done.stderr.index("ERROR: ") :]
        assert "No space left on device" in said, (kilobytes, said)
        assert "  where: " in said and "  fix:   Make room" in said, (kilobytes, said)
        assert "helper.zip" not in done.stderr and "tools/build_wheel" not in done.stderr, (kilobytes, done.stderr)
        assert left == [], kilobytes
    assert 5 < failed < 16


def test_the_file_is_named(tmp_path: Path) -> None:
    done, _ = on_small_disk(tmp_path, 40)
    assert done.returncode == 1
    assert "where: root/" in done.stderr, done.stderr


def test_a_compilation_that_could_not_be_recorded_is_no_success(tmp_path: Path) -> None:
    """Else a package that can do without its extension would be built without it, and nothing would tell."""
    for cc in (toolchain(), None):
        layout = Layout(tmp_path, tmp_path / str(bool(cc)))
        layout.create()
        write_wrappers(layout, cc, NO_NATIVE, tags="py3-none-any", bundle="demo.libs")
        compile_one = [str(layout.compilers / "cc"), "-c", "optional.c"]
        subprocess.run(compile_one, check=False, capture_output=True)
        check_log(layout)
        assert [command.code > 0 for command in logged_commands(layout.compilers / "log")] == [True]
        (layout.compilers / "log").unlink()
        (layout.compilers / "log").symlink_to("/dev/full")
        subprocess.run(compile_one, check=False, capture_output=True)
        with pytest.raises(UserError, match="could not be recorded: No space left on device"):
            check_log(layout)
