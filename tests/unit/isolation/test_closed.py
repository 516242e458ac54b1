"""What a closed build sees, on this machine's own kernel."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from closed_builds import PYTHON, built_closed, closed_params, fingerprints, needs_namespaces

from isolation.closed_root import MADE_UP

pytestmark = needs_namespaces


def told(folder: Path, code: str, **own: Any) -> Any:
    """What code in a closed build finds: the value of its variable `found`."""
    also = (
        f"names = {{'os': os}}\nexec({code!r}, names)\nimport json\n"
        "os.environ['TEXT'] = json.dumps(names['found']).replace('{', '{{').replace('}', '}}')"
    )
    done = built_closed(folder, closed_params(env={"ALSO": also}, leak_policy="off", **own))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(folder / "demo-1.0-py3-none-any.whl") as wheel:
        return json.loads(wheel.read("demo.py"))


def test_the_path_in_a_wheel_is_the_same_everywhere(tmp_path: Path) -> None:
    wheels = set()
    for name in ("one", "another/and_longer", "with a blank/and ü"):
        done = built_closed(tmp_path / name, closed_params(env={"TEXT": "where = '{here}'"}))
        assert done.returncode == 0, done.stderr
        wheel = tmp_path / name / "demo-1.0-py3-none-any.whl"
        assert zipfile.ZipFile(wheel).read("demo.py") == b"where = '/build/s/demo-1.0'"
        assert not (tmp_path / name / "root").exists()
        wheels.add(wheel.read_bytes())
    assert len(wheels) == 1


def test_what_the_machine_is_called_and_made_of_is_fixed(tmp_path: Path) -> None:
    code = """
import ctypes, getpass, pwd, platform, socket, subprocess, sys
def run(*line):
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()
found = {
    "uname": run("uname", "-srvn"), "nproc": run("nproc"), "hostname": socket.gethostname(), "id": run("id"),
    "user": getpass.getuser(), "home": pwd.getpwuid(os.getuid()).pw_dir, "domain": platform.node(),
    "release": open("/proc/sys/kernel/osrelease").read(), "boot": open("/proc/sys/kernel/random/boot_id").read(),
    "cpus": open("/proc/cpuinfo").read().count("processor"), "affinity": ctypes.CDLL(None).get_nprocs(),
    "interfaces": [name for _, name in socket.if_nameindex()], "pid": os.getpid(),
    "address": run(sys.executable, "-c", "print(hex(id(object())))"),
    "shm": os.listdir("/dev/shm"), "tmp": sorted(os.listdir("/tmp")), "interrupts": open("/proc/interrupts").read(),
}
"""
    first, second = told(tmp_path / "1", code), told(tmp_path / "22", code)
    assert first == second
    assert first["uname"] == "Linux localhost 5.10.0 0"
    assert (first["nproc"], first["cpus"], first["affinity"]) == ("2", 2, 2)
    assert first["id"] == "uid=1000(builder) gid=1000(builder) groups=1000(builder)"
    assert (first["hostname"], first["user"], first["home"]) == ("localhost", "builder", "/build/h")
    assert first["interfaces"] == ["lo"]
    assert first["interrupts"] == ""
    assert first["shm"] == []


def test_a_build_finds_nothing_but_its_inputs_and_the_hashed_list(tmp_path: Path) -> None:
    code = """
found = []
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/build", "/tmp")]
    paths = [os.path.join(folder, name) for name in [*files, *folders]]
    found += [path for path in paths if not os.path.isdir(path)]
"""
    found = told(tmp_path / "secret", code)
    assert len(found) > 500
    known = [fingerprints()[name].contents for name in ("base", "python")]
    unknown = [
        path
        for path in found
        if path not in MADE_UP
        and not path.startswith(("/dev/", "/execroot/"))
        and not any(one.has(path) or path in one.links for one in known)
    ]
    assert unknown == []
    inputs = {path.removeprefix("/execroot/") for path in found if path.startswith("/execroot/")}
    assert inputs == set((tmp_path / "secret" / "inputs").read_text().split())


@pytest.mark.parametrize("place", ["/execroot/params.json", "/execroot/new", "/usr/new", "/etc/passwd", "/new"])
def test_nothing_but_the_build_root_can_be_written(tmp_path: Path, place: str) -> None:
    code = f"""
try:
    open({place!r}, "w").close()
    found = "written"
except OSError as error:
    found = error.strerror
"""
    assert told(tmp_path / "x", code) == "Read-only file system"


def test_no_privileges_are_left_with_which_to_change_that(tmp_path: Path) -> None:
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
found = [libc.mount(b"none", b"/usr", b"tmpfs", 0, None), libc.mount(None, b"/execroot", None, 32 | 4096, None)]
found += [libc.umount2(b"/execroot", 2), libc.sethostname(b"evil", 4)]
found += [open(f"/proc/{process}/status").read() for process in ("self", os.getppid(), 1)]
"""
    *calls, own, parent, first = told(tmp_path / "x", code)
    assert calls == [-1, -1, -1, -1]
    for status in (own, parent, first):
        assert {line for line in status.splitlines() if line.startswith(("CapPrm", "CapEff"))} == {
            "CapPrm:\t0000000000000000",
            "CapEff:\t0000000000000000",
        }


@pytest.mark.skipif(not Path("/usr/bin/python3").is_symlink(), reason="/usr/bin/python3 is no link here")
def test_an_interpreter_that_is_called_by_a_link(tmp_path: Path) -> None:
    """In the root, /usr/bin/python3 starts the build's Python; that must not be itself."""
    done = built_closed(tmp_path / "x", closed_params(), python="/usr/bin/python3")
    assert done.returncode == 0, done.stderr


def test_the_helper_does_not_start_twice(tmp_path: Path) -> None:
    command = told(tmp_path / "x", "found = open('/proc/1/cmdline').read().split(chr(0))")
    assert command[-4:-1] == ["build_wheel", "params.json", "inputs"]


def test_what_a_build_leaves_in_shared_memory_and_processes_is_gone(tmp_path: Path) -> None:
    seconds = str(1_000_000 + os.getpid())
    code = f"""
import subprocess
open("/dev/shm/sem.mp-left-{seconds}", "w").close()
subprocess.Popen(["sleep", "{seconds}"], start_new_session=True)
found = 1
"""
    assert told(tmp_path / "x", code) == 1
    assert not Path(f"/dev/shm/sem.mp-left-{seconds}").exists()
    time.sleep(0.2)
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert f"sleep\0{seconds}\0".encode() not in commands


def test_programs_of_other_architectures_get_no_other_answers(tmp_path: Path) -> None:
    """The 32-bit system calls, and x32's, would be asked beside the filter."""
    code = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(400)
found = [libc.syscall(0x40000000 + 63, buffer), errno.errorcode[ctypes.get_errno()], buffer.raw.strip(b"\\0").decode()]
"""
    assert told(tmp_path / "x", code) == [-1, "ENOSYS", ""]


@pytest.mark.parametrize("place", ["/etc/ld.so.preload", "/etc/another/file"])
def test_more_files_for_etc(tmp_path: Path, place: str) -> None:
    """As reproducibility tests give them; read-only, and only where the command line says it."""
    params = closed_params(env={"ALSO": f"open({place!r}).read(); open({place!r}, 'w')"})
    name = place.removeprefix("/etc/")
    more = tmp_path / "etc" / name
    more.parent.mkdir(parents=True)
    more.write_text("")
    assert f"No such file or directory: '{place}'" in built_closed(tmp_path / "x", params).stderr
    done = built_closed(tmp_path / "x", params, "--etc", str(tmp_path / "etc"))
    assert f"Read-only file system: '{place}'" in done.stderr


def test_scripts_with_the_path_of_the_machines_python_run_in_the_build_environment(tmp_path: Path) -> None:
    code = """
import subprocess
with open("script", "w") as script:
    script.write("#!/usr/bin/python3\\nimport sys, json; print(json.dumps([sys.prefix, hash('a')]))")
os.chmod("script", 0o755)
found = [*json.loads(subprocess.run(["./script"], capture_output=True, check=True).stdout), hash("a")]
"""
    prefix, *hashes = told(tmp_path / "x", "import json\n" + code)
    assert prefix == "/build/e"
    assert hashes[0] == hashes[1]


def test_a_machine_where_proc_is_masked(tmp_path: Path) -> None:
    """As in a container: no new /proc may be mounted there, and that of the machine has other process ids."""
    code = "import subprocess\nfound = subprocess.run(['uname', '-sr'], capture_output=True, text=True).stdout.strip()"
    assert told(tmp_path / "x", code) == "Linux 5.10.0"
    helper = f"{PYTHON} -I -S -B -X utf8 helper.zip build_wheel params.json inputs"
    line = f"mount --bind /dev/null /proc/version && cd {tmp_path}/x && exec {helper}"
    script = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", line]
    wheel = tmp_path / "x" / "demo-1.0-py3-none-any.whl"
    before = wheel.read_bytes()
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert wheel.read_bytes() == before


def test_a_build_can_not_look_into_the_helper(tmp_path: Path) -> None:
    """It knows where the build is, and is to check it."""
    code = """
found = []
for name in ("mem", "maps", "environ", "fd/1"):
    try:
        found.append(open(f"/proc/1/{name}", "rb").read(1).hex())
    except OSError as error:
        found.append(error.strerror)
"""
    assert set(told(tmp_path / "x", code)) == {"Permission denied"}


def test_memory_and_time_since_the_start_are_fixed(tmp_path: Path) -> None:
    code = """
import ctypes, struct
buffer = ctypes.create_string_buffer(112)
assert ctypes.CDLL(None).sysinfo(buffer) == 0
found = [*struct.unpack("@l3L6L", buffer.raw[:80]), os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
found.append(open("/proc/self/cgroup").read())
"""
    *numbers, groups = told(tmp_path / "x", code)
    assert numbers == [0, 0, 0, 0, 8 << 30, 8 << 30, 0, 0, 0, 0, 8 << 30]
    assert all(line.endswith(":/") for line in groups.splitlines())


def test_addresses_do_not_depend_on_the_limit_of_the_stack(tmp_path: Path) -> None:
    code = "import subprocess, sys\nrun = [sys.executable, '-c', 'print(id(object()))']\n"
    code += "found = subprocess.run(run, capture_output=True, text=True, check=True).stdout"
    seen = set()
    for name, size in (("a", 8 << 20), ("b", 64 << 20)):
        limits = resource.getrlimit(resource.RLIMIT_STACK)
        resource.setrlimit(resource.RLIMIT_STACK, (size, limits[1]))
        try:
            seen.add(told(tmp_path / name, code))
        finally:
            resource.setrlimit(resource.RLIMIT_STACK, limits)
    assert len(seen) == 1
