"""The reproducibility test of a closed build, as the rule starts it, on this machine's own kernel."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS
from closed_builds import PYTHON, built_closed, closed_params, needs_namespaces, program_zip

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
HIDDEN = (
    "build_path, cpus, environment, home, host_name, kernel, locale, process_ids, search_path, "
    "temporary_folder, time_zone, umask, user"
)

pytestmark = [needs_namespaces, pytest.mark.skipif(not shutil.which("gcc"), reason="there is no gcc")]


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that all users can reach."""
    made = Path(tempfile.mkdtemp(prefix="vary_closed_", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def rebuilt(
    folder: Path, library: Path, code: str, *, without: tuple[str, ...] = (), user: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Builds a wheel, and runs its test: with links to the action's files among the runfiles, as Bazel lays them out.

    Args:
        folder: for both.
        library: the one that changes clocks.
        code: what the backend does first.
        without: variations that are switched off.
        user: who runs the test.
    """
    python = PYTHON if user is None else os.path.realpath("/usr/bin/python3")
    action, runfiles = folder / "action", folder / "runfiles"
    done = built_closed(
        action, closed_params(env={"ALSO": f"exec({code!r}, globals())"}, leak_policy="off"), python=python
    )
    assert done.returncode == 0, done.stderr
    listed = (action / "inputs").read_text().split()
    wheel = "demo-1.0-py3-none-any.whl"
    (runfiles / "test.execroot").mkdir(parents=True)
    for name in (*listed, wheel):
        (runfiles / "test.execroot" / name).symlink_to(action / name)
    shutil.copyfile(library, runfiles / "preload.so")
    (folder / "program.zip").write_bytes(program_zip(TOOLS / "reproducibility_test" / "__main__.py"))
    params = {
        "build_params": "params.json",
        "helper": "helper.zip",
        "inputs": "test.execroot",
        "interpreter": python,
        "label": "//a:wheel",
        "listed": listed,
        "preload": "preload.so",
        "programs": [],
        "wheel": wheel,
        "without": without,
    }
    (folder / "vary.json").write_text(json.dumps(params))
    (folder / "tmp").mkdir()
    if user is not None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user, follow_symlinks=False)
    program = [str(folder / name) for name in ("program.zip", "vary.json", "runfiles")]
    line = [python, "-I", "-S", "-B", "-X", "utf8", program[0], "test", *program[1:]]
    if user is not None:
        line = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *line]
    environment = {"PATH": "/usr/bin:/bin", "TEST_TMPDIR": str(folder / "tmp")}
    cwd = runfiles / "test.execroot"
    return subprocess.run(line, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


# All that a closed root hides, and a mapped build would see.
MACHINE = """
import subprocess
found = [os.getcwd(), os.getuid(), os.getpid(), open("/proc/cpuinfo").read().count("model")]
found += [subprocess.check_output(line) for line in (["uname", "-nr"], ["id"], ["env", "-u", "TZ", "date", "+%z"])]
found += [os.environ["PATH"], os.path.exists("/proc/sys/kernel/random/uuid")]
os.environ["TEXT"] = repr(found).replace("{", "{{").replace("}", "}}")
"""


@pytest.mark.parametrize("user", [None, NOBODY], ids=["this_user", "nobody"])
def test_what_is_hidden_makes_no_difference_and_is_said_to_be_hidden(
    folder: Path, library: Path, user: int | None
) -> None:
    if user is not None and not (os.getuid() == 0 and shutil.which("setpriv") and Path("/usr/bin/python3").exists()):
        pytest.skip("takes root, setpriv, and a Python that every user can run")
    done = rebuilt(folder, library, MACHINE, without=("jobs",), user=user)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"; of these hidden from a closed build: {HIDDEN}; switched off: jobs.\n" in done.stdout
    assert "  clock             right -> 400 days ahead\n" in done.stdout
    assert re.search(r"\n  host_name         .* -> another-machine.another.example \(hidden\)\n", done.stdout)
    assert "not varied" not in done.stdout


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("time.time()", "clock"),
        ("id(object())", "address_layout"),
        ("os.urandom(8).hex()", "random_numbers"),
        ("open('/dev/urandom', 'rb').read(8).hex()", "random_numbers"),
    ],
)
def test_what_a_closed_build_can_see_is_found(folder: Path, library: Path, value: str, cause: str) -> None:
    done = rebuilt(folder, library, f"os.environ['TEXT'] = repr({value})")
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.findall("(?m)^cause: (.*?):", done.stdout) == [cause]


def test_a_clock_that_is_ahead_is_found_in_a_build_that_only_asks_for_the_year(folder: Path, library: Path) -> None:
    """Such a wheel is the same when it is built again at once: only the changed clock can tell."""
    done = rebuilt(folder, library, "os.environ['TEXT'] = time.strftime('%Y')")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "cause: clock: the wheel depends on the clock\n" in done.stdout
    assert "  clock: right -> 400 days ahead\n" in done.stdout
