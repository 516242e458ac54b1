"""Closed builds with a real Bazel: what they see, and that nothing around them makes a difference."""

from __future__ import annotations

import getpass
import json
import zipfile
from typing import TYPE_CHECKING

import pytest
from clients import NOISE, other_client
from support import CLOSED, Workspace, backend_project, make_sdist

from isolation.closed_root import MADE_UP

if TYPE_CHECKING:
    from pathlib import Path

PROBE_C = r"""
#define _GNU_SOURCE
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static int see(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)walk;
    if (!strcmp(path, "/proc") || !strcmp(path, "/build") || !strcmp(path, "/dev")
        || !strcmp(path, "/tmp")) return FTW_SKIP_SUBTREE;
    if (type == FTW_F && S_ISREG(status->st_mode) && access(path, R_OK) == 0) puts(path);
    return FTW_CONTINUE;
}
int main(void) { return nftw("/", see, 100, FTW_PHYS | FTW_ACTIONRETVAL); }
"""
PROBE = """
import subprocess
subprocess.run(["cc", "probe.c", "-o", "probe"], check=True)
found = {"c": subprocess.run(["./probe"], capture_output=True, text=True, check=True).stdout.splitlines()}
left = "( -path /proc -o -path /dev -o -path /build -o -path /tmp ) -prune -o -type f -readable -print"
found["shell"] = subprocess.run(["find", "/", *left.split()], capture_output=True, text=True).stdout.splitlines()
found["python"] = []
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/build", "/dev", "/tmp")]
    paths = [os.path.join(folder, name) for name in files]
    plain = [path for path in paths if os.path.isfile(path) and not os.path.islink(path)]
    found["python"] += [path for path in plain if os.access(path, os.R_OK)]
import json
return write_wheel(wheel_directory, {"found.json": json.dumps(found)}, tag="TAG")
"""
PROBE_ATTRIBUTES = """py_sdist_wheel(
    name = "wheel",
    allow_no_native_code = True,
    leak_policy = "off",
    sdist = "demo-1.0.tar.gz",
    wheel_tags = "{python}-{abi}-{platform}",
)"""


def test_probes_find_nothing_but_inputs_and_what_the_fingerprints_list(workspace: Workspace) -> None:
    """A Python, a C and a shell probe list every file that they can read.

    Without a sandbox: there all that Bazel has, and not only the action's inputs, lies in the execution root.
    """
    folder = workspace.package("probes", PROBE_ATTRIBUTES)
    python = workspace.run("cquery", "--output=files", "//wheels:markupsafe_wheel").out.split("-cp")[1].split("-")[0]
    body = PROBE.replace('"TAG"', f'"cp{python}-cp{python}-linux_" + os.uname().machine')
    make_sdist({**backend_project(body), "probe.c": PROBE_C}, folder / "demo-1.0.tar.gz")
    workspace.build("//probes:wheel", CLOSED, "--spawn_strategy=local")
    (wheel,) = (workspace.bin() / "probes").glob("*.whl")
    found = json.loads(zipfile.ZipFile(wheel).read("found.json"))
    assert len(found["python"]) > 2000
    assert set(found["c"]) == set(found["shell"]) == set(found["python"])

    inputs = workspace.inputs("//probes:wheel", CLOSED)
    listed = workspace.fingerprints("//probes:wheel", CLOSED)
    assert len(listed) == 3
    read = {path.removeprefix("/execroot/") for path in found["python"] if path.startswith("/execroot/")}
    assert read
    assert read <= inputs
    others = [path for path in found["python"] if not path.startswith("/execroot/")]
    unknown = [path for path in others if path not in MADE_UP and not any(one.has(path) for one in listed)]
    assert unknown == []


ABOUT = """
import pwd, socket, subprocess, sys
def run(*line):
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()
facts = [os.getcwd(), os.path.expanduser("~"), run("id"), run("uname", "-a"), run("nproc"), socket.gethostname(),
    run(sys.executable, "-c", "print(id(object()))"), run("sh", "-c", "umask"), sorted(os.environ)]
return write_wheel(wheel_directory, {"about.txt": repr(facts)})
"""


@pytest.fixture(scope="module")
def wheel_of_sandbox(workspace: Workspace) -> dict[str, str]:
    workspace.build("//about:wheel", "//wheels:pyyaml_wheel", CLOSED, "--spawn_strategy=linux-sandbox")
    return of_both(workspace)


def of_both(workspace: Workspace) -> dict[str, str]:
    """The hashes of `demo` and PyYAML; a workspace that tests share may have more wheels."""
    found = {**workspace.hashes("about"), **workspace.hashes()}
    return {name: digest for name, digest in found.items() if name.startswith(("demo-", "pyyaml-"))}


@pytest.fixture(scope="module", autouse=True)
def about(workspace: Workspace) -> None:
    add_about(workspace)


def add_about(workspace: Workspace) -> None:
    folder = workspace.package("about", 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz")')
    make_sdist(backend_project(ABOUT), folder / "demo-1.0.tar.gz")


def test_a_build_that_tells_all_it_sees_of_the_machine_is_the_same_everywhere(
    workspace: Workspace, elsewhere: Workspace, wheel_of_sandbox: dict[str, str], tmp_path: Path
) -> None:
    """Also without a sandbox, for another client, and below an output base with a blank and other letters."""
    for strategy in ("processwrapper-sandbox", "local"):
        workspace.build("//about:wheel", "//wheels:pyyaml_wheel", CLOSED, f"--spawn_strategy={strategy}")
        assert of_both(workspace) == wheel_of_sandbox
    add_about(elsewhere)
    flags = [CLOSED, *NOISE, "--jobs=1"]
    elsewhere.build("//about:wheel", "//wheels:pyyaml_wheel", *flags, env=other_client(tmp_path), umask=0o077)
    assert len(wheel_of_sandbox) == 2
    assert of_both(elsewhere) == wheel_of_sandbox


def test_what_one_build_writes_no_other_build_sees(workspace: Workspace) -> None:
    """Neither in shared memory, nor in /tmp, nor in an installed build requirement."""
    leave = """
import importlib.util
spec = importlib.util.find_spec("setuptools")
tried = []
for place in ("/dev/shm/left", "/tmp/left", os.path.join(os.path.dirname(spec.origin), "left")):
    tried.append(os.path.exists(place))
    try:
        open(place, "w").close()
        tried.append("written")
    except OSError as error:
        tried.append(error.strerror)
return write_wheel(wheel_directory, {"tried.txt": repr(tried)}, name=NAME)
"""
    build_file = "".join(
        f'py_sdist_wheel(name = "{name}", sdist = "{name}-1.0.tar.gz", build_requires = ["@setuptools_wheel//:file"])\n'
        for name in ("one", "two")
    )
    folder = workspace.package("leaving", build_file)
    for name in ("one", "two"):
        make_sdist(backend_project(leave.replace("NAME", repr(name))), folder / f"{name}-1.0.tar.gz")
    workspace.build("//leaving:one", CLOSED, "--spawn_strategy=local")
    workspace.build("//leaving:two", CLOSED, "--spawn_strategy=local")
    for name in ("one", "two"):
        with zipfile.ZipFile(workspace.bin() / "leaving" / f"{name}-1.0-py3-none-any.whl") as wheel:
            tried = wheel.read("tried.txt").decode()
        assert tried == "[False, 'written', False, 'written', False, 'Read-only file system']"


def test_the_mode_is_in_the_key(workspace: Workspace) -> None:
    """Both ways give the same bytes, and only one of them is sure to."""
    query = 'mnemonic("FileWrite", //about:wheel)'
    flags = ["--include_file_write_contents", "--output=text"]
    keys = {
        mode: workspace.run("aquery", query, *flags, CLOSED.replace("closed", mode)).out
        for mode in ("auto", "closed", "mapped")
    }
    assert keys["auto"] == keys["closed"] != keys["mapped"]


@pytest.mark.parametrize("mode", ["closed", "mapped"])
def test_base_utilities_are_in_every_key(workspace: Workspace, mode: str) -> None:
    """Also of a wheel without native code."""
    listed = workspace.fingerprints("//about:wheel", CLOSED.replace("closed", mode))
    assert any(path.endswith("/bin/sed") for one in listed for path in one.files)


@pytest.mark.usefixtures("wheel_of_sandbox")
def test_a_user_is_not_told(workspace: Workspace) -> None:
    with zipfile.ZipFile(workspace.bin() / "about" / "demo-1.0-py3-none-any.whl") as wheel:
        text = wheel.read("about.txt").decode()
    assert "uid=1000(builder)" in text
    assert getpass.getuser() == "root" or getpass.getuser() not in text
