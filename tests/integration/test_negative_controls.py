"""The checks check: what leaks is caught, and a protection that is switched off is missed."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
from support import REPO, Workspace, backend_project, make_sdist

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# A closed build does not even see most of what these record.
MAPPED = "--@rules_sdist//python/settings:isolation=mapped"
LEAKS = {
    "build_path": ('{"demo.txt": "made in " + os.getcwd()}', "demo.txt, byte 8: build path"),
    "home": ('{"demo.txt": os.path.expanduser("~/.config")}', "demo.txt, byte 0: build path"),
    "real_home": ('{"demo.txt": __import__("pwd").getpwuid(os.getuid()).pw_dir}', "demo.txt, byte 0: home directory"),
    "user": ('{"demo.txt": "by " + __import__("pwd").getpwuid(os.getuid()).pw_name}', "demo.txt, byte 3: user name"),
    "utf16": ('{"demo.bin": os.getcwd().encode("utf-16-le")}', "demo.bin, byte 0: build path"),
    "compressed": ('{"demo.gz": __import__("gzip").compress(os.getcwd().encode())}', "demo.gz, byte 0: build path"),
    "base64": ('{"demo.txt": __import__("base64").b64encode(os.getcwd().encode())}', "demo.txt, byte 0: build path"),
    "name": ('{os.getcwd()[1:] + "/demo.txt": ""}', ", in the member's name)"),
    "kernel": ('{"demo.txt": open("/proc/version").read()}', "demo.txt, byte 14: kernel release"),
    "day": ('{"demo.txt": __import__("time").strftime("%Y%m%d")}', "demo.txt, byte 0: date"),
}


def add_leak(workspace: Workspace, name: str, files: Mapping[str, bytes | str], attributes: str = "") -> None:
    folder = workspace.package(name, f'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", {attributes})')
    make_sdist(files, folder / "demo-1.0.tar.gz")


@pytest.mark.parametrize("case", LEAKS)
def test_leak_is_caught(workspace: Workspace, case: str) -> None:
    members, expected = LEAKS[case]
    add_leak(workspace, f"leak_{case}", backend_project(f"return write_wheel(wheel_directory, {members})"))
    message = workspace.error(f"//leak_{case}:wheel", MAPPED)
    assert "demo-1.0-py3-none-any.whl would differ on another machine" in message
    assert expected in message
    assert "leak_policy" in message


def test_leak_in_a_c_string_is_caught(workspace: Workspace) -> None:
    files = {
        "setup.py": """
import os
from setuptools import Extension, setup
setup(name="demo", version="1.0", packages=[], ext_modules=[
    Extension("demo", ["demo.c"], define_macros=[("WHERE", '"%s"' % os.getcwd())])])
""",
        "demo.c": "const char *where(void) { return WHERE; }\n",
    }
    attributes = 'build_requires = ["@setuptools_wheel//:file"], wheel_tags = "{python}-{abi}-{platform}",'
    add_leak(workspace, "leak_macro", files, attributes)
    message = workspace.error("//leak_macro:wheel", MAPPED)
    assert "build path" in message
    assert "demo.cpython-" in message


def test_leak_policy(workspace: Workspace) -> None:
    files = backend_project('return write_wheel(wheel_directory, {"demo.txt": os.getcwd()})')
    add_leak(workspace, "leak_warn", files, 'leak_policy = "warn",')
    assert "demo.txt, byte 0: build path" in workspace.build("//leak_warn:wheel", MAPPED).err
    add_leak(workspace, "leak_off", files, 'leak_policy = "off",')
    assert "demo.txt" not in workspace.build("//leak_off:wheel", MAPPED).err


WITNESS = """
import sysconfig, tempfile, time
facts = {
    "hash": hash("a string"),
    "listing": os.listdir("data"),
    "scanning": [entry.name for entry in os.scandir("data")],
    "flags": sysconfig.get_config_var("CFLAGS"),
    "temporary": os.path.basename(tempfile.mkdtemp()),
    "mask": os.umask(0),
    "cpus": os.cpu_count(),
    "node": os.uname().nodename,
    "variables": sorted(key for key in os.environ if not key.startswith("_")),
}
lines = "".join(f"{key} = {value!r}" + chr(10) for key, value in facts.items())
name = write_wheel(wheel_directory, {"facts.txt": lines})
with zipfile.ZipFile(os.path.join(wheel_directory, name), "a") as wheel:
    wheel.comment = str(time.time_ns()).encode()
return name
"""
DATA = {f"data/{name}": name for name in "zyxwvutsrqponmlkjihgfedcba"}

MUTATIONS = {
    "prefix maps": (
        "tools/build_wheel/cc/install_wrappers.py",
        '    return [f"-ffile-prefix-map={old}={new}"',
        "    return []\n#",
    ),
    "environment": (
        "tools/build_wheel/environment/variables.py",
        '        "PYTHONHASHSEED": "0",\n',  # without any, a build's Python starts itself again with this one
        '        "PYTHONHASHSEED": str(__import__("time").time_ns() % 2**32),\n',
    ),
    "canonicaliser": (
        "tools/build_wheel/make_wheel.py",
        "    write_canonical_wheel(built.wheel",
        "    __import__('shutil').copyfile(built.wheel, finished)\n    (lambda *_, **__: None)(built.wheel",
    ),
    "sorted listing": ("tools/build_wheel/environment/bootstrap.py", "    os.listdir = ", "    _ = "),
    "sorted scanning": ("tools/build_wheel/environment/bootstrap.py", "    os.scandir = ", "    _ = "),
    "pinned sysconfig": (
        "tools/build_wheel/environment/variables.py",
        '        "_PYTHON_SYSCONFIGDATA_NAME": pinned_sysconfig.MODULE,\n',
        "",
    ),
    "temporary names": ("tools/build_wheel/environment/bootstrap.py", "tempfile._RandomNameSequence = ", "_ = "),
    "umask": (
        "tools/build_wheel/build.py",
        "os.umask(0o022)\n    execroot",
        "os.umask(os.getpid() % 64)\n    execroot",
    ),
}


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Workspace, Workspace]]:
    """A copy of rules_sdist that tests may break, and two machines that use it."""
    folder = tmp_path_factory.mktemp("mutants")
    listed = ["git", "-C", str(REPO), "ls-files", "-co", "--exclude-standard", "python", "tools", "tests/toolchains"]
    names = subprocess.run([*listed, "*.bazel"], capture_output=True, text=True, check=True).stdout.splitlines()
    for name in names:
        if not name.startswith(("examples", "tests/integration")) and (REPO / name).exists():
            (folder / "rules_sdist" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPO / name, folder / "rules_sdist" / name)
    repository = folder / "rules_sdist"
    first = Workspace(folder / "w", folder / "o1", repository=repository)
    other = Workspace(folder / "another_longer_workspace", folder / "o2", repository=repository)
    for machine in (first, other):
        package = machine.package("witness", 'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz")')
        make_sdist({**backend_project(WITNESS), **DATA}, package / "demo-1.0.tar.gz")
    yield repository, first, other
    for machine in (first, other):
        machine.shutdown()


def check_contract(first: Workspace, other: Workspace) -> None:
    """Builds the witness, and the wheel whose C code has `__FILE__` in it, on both machines."""
    for machine in (first, other):
        machine.build("//witness:wheel", "//wheels:make_ext_wheel", "-c", "opt", MAPPED)
    assert first.hashes("witness") == other.hashes("witness")
    assert first.hashes() == other.hashes()
    (wheel,) = (first.bin() / "witness").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        facts = archive.read("facts.txt").decode()
    letters = list("abcdefghijklmnopqrstuvwxyz")
    assert f"listing = {letters}" in facts
    assert f"scanning = {letters}" in facts
    assert "flags = ''" in facts
    assert f"mask = {0o022}" in facts
    assert "cpus = 1\n" in facts
    assert "node = 'localhost'" in facts


def test_witness_keeps_the_contract(machines: tuple[Path, Workspace, Workspace]) -> None:
    check_contract(*machines[1:])


@pytest.mark.parametrize("protection", MUTATIONS)
def test_switched_off_protection_is_missed(machines: tuple[Path, Workspace, Workspace], protection: str) -> None:
    repository, first, other = machines
    file, old, new = MUTATIONS[protection]
    text = (repository / file).read_text()
    assert text.count(old) == 1, f"{file} has changed: adapt the mutation"
    (repository / file).write_text(text.replace(old, new))
    try:
        with pytest.raises(AssertionError) as caught:
            check_contract(first, other)
    finally:
        (repository / file).write_text(text)
    # It has to be the contract that broke, not the mutant's Python.
    assert "helper.zip/" not in str(caught.value)
