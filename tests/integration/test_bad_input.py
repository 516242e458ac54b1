"""Every row of "bad input": what a user does wrong, and the message he gets."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from demo import PLAIN, add_wheel, build_error
from support import backend_project

if TYPE_CHECKING:
    from support import Workspace

LINES = 12


def last_lines(message: str) -> str:
    """The last lines of what rules_sdist says, before those of Bazel's own."""
    return "\n".join(message.partition("\nTarget //")[0].rstrip().splitlines()[-LINES:])


def write_empty_wheel(place: Path) -> None:
    name, version, *_ = place.name.split("-")
    info = f"{name}-{version}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    hashes = {file: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()) for file, text in files.items()}
    record = [f"{file},sha256={digest.decode().rstrip('=')},{len(files[file])}\n" for file, digest in hashes.items()]
    with zipfile.ZipFile(place, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
        wheel.writestr(f"{info}/RECORD", "".join([*record, f"{info}/RECORD,,\n"]))


@pytest.mark.parametrize("value", ['"yes"', '["yes"]'])
def test_entry_points_that_are_neither_true_nor_false(workspace: Workspace, value: str) -> None:
    library = f'py_wheel_library(name = "six", wheel = "//wheels:six_wheel", entry_points = {value})'
    workspace.package("entry_points", library)
    message = workspace.build("//entry_points:six", expect=1).err
    assert (
        f"//entry_points:six: `entry_points` says whether the wheel has an entry_points.txt, and is {value}." in message
    )
    assert "fix:   Write True or False" in message


# Projects


def test_neither_pyproject_nor_setup_py(workspace: Workspace) -> None:
    message = build_error(workspace, "neither", {"readme.txt": ""})
    assert "neither pyproject.toml nor setup.py" in message
    assert "readme.txt" in message


def test_two_versions_of_a_build_requirement_are_named_by_their_targets(workspace: Workspace) -> None:
    wheel = "setuptools-80.0-py3-none-any.whl"
    attributes = f'build_requires = ["{wheel}", "@setuptools_wheel//:file"],'
    add_wheel(workspace, "twice", backend_project(PLAIN), attributes)
    write_empty_wheel(workspace.root / "twice" / wheel)
    last = last_lines(workspace.error("//twice:wheel"))
    assert "//twice:wheel: two build requirements are one distribution: setuptools " in last
    assert f"setuptools 80.0 ({wheel})" in last
    assert re.search(r"setuptools 84\.2\.1 \(@@\S*setuptools_wheel//:file\)", last)


def test_a_tool_that_is_not_executable(workspace: Workspace) -> None:
    add_wheel(workspace, "no_x", backend_project(PLAIN), 'tools = ["mytool"],')
    (workspace.root / "no_x" / "mytool").write_text("#!/bin/sh\n")
    assert "//no_x:wheel: mytool in `tools` is not executable." in last_lines(workspace.error("//no_x:wheel"))
    assert "    chmod +x no_x/mytool" in last_lines(workspace.error("//no_x:wheel"))


def test_invalid_pyproject(workspace: Workspace) -> None:
    message = build_error(workspace, "invalid_toml", {"pyproject.toml": "[build-system\n"})
    assert "pyproject.toml is not valid TOML" in message


def test_missing_build_requirement(workspace: Workspace) -> None:
    files = backend_project(
        PLAIN, requires=["setuptools>=40", "Cython; python_version > '3'", "nothing; python_version < '3'"]
    )
    message = build_error(workspace, "missing", files)
    assert "2 build requirement(s) of //missing:wheel" in message
    assert '"@setuptools_wheel//:file",' in message
    assert '"@cython_wheel//:file",' in message
    assert "nothing" not in message


def test_build_requirement_of_the_wrong_version(workspace: Workspace) -> None:
    files = backend_project(PLAIN, requires=["setuptools>=9999"])
    message = build_error(workspace, "wrong_version", files, 'build_requires = ["@setuptools_wheel//:file"],')
    assert "setuptools>=9999 (found setuptools 84.2.1)" in message
    assert "build_requires" in message


def test_dynamic_build_requirement_is_named_when_the_build_fails(workspace: Workspace) -> None:
    files = backend_project("import not_there")
    files["backend.py"] = str(files["backend.py"]) + (
        "\ndef get_requires_for_build_wheel(config_settings=None):\n    return ['not-there>=2']\n"
    )
    message = build_error(workspace, "dynamic", files)
    assert '"@not-there_wheel//:file",  # not-there>=2 (missing)' in message


# Backends


def test_backend_failure_shows_the_end_of_its_output_and_the_way_to_a_shell(workspace: Workspace) -> None:
    body = """
    for line in range(300):
        print("output line", line)
    raise SystemExit("the reason")
    """
    message = build_error(workspace, "fails", backend_project(body))
    assert "the reason" in message
    assert "output line 299" in message
    assert "output line 17\n" not in message
    assert "lines above are not shown" in message
    assert "where: //fails:wheel\n" in message
    assert "keep_build_root=true //fails:wheel\n" in message

    keep = ("--spawn_strategy=local", "--@rules_sdist//python/settings:keep_build_root=true")
    message = workspace.build("//fails:wheel", *keep, expect=1).err
    shell = workspace.bin() / "fails" / "wheel.build" / "shell"
    (named,) = re.findall("for a shell in it run: (.*)", message)
    assert Path(named).samefile(shell)
    # Outside of the Debian in which Bazel runs, if it does.
    command = subprocess.run([named], input="", capture_output=True, text=True, check=True).stdout.splitlines()[-1]
    again = subprocess.run([named], input=command.strip(), capture_output=True, text=True, check=False)
    assert (again.returncode, again.stderr) == (1, "the reason\n")


def test_no_wheel(workspace: Workspace) -> None:
    message = build_error(workspace, "no_wheel", backend_project('return "nothing.whl"'))
    assert "expected one wheel, the backend made 0" in message


def test_two_wheels(workspace: Workspace) -> None:
    body = 'write_wheel(wheel_directory, name="other")\nreturn write_wheel(wheel_directory)'
    message = build_error(workspace, "two_wheels", backend_project(body))
    assert "expected one wheel, the backend made 2: demo-1.0-py3-none-any.whl, other-1.0-py3-none-any.whl" in message


@pytest.mark.parametrize(
    ("case", "call", "expected"),
    [
        (
            "name",
            'write_wheel(wheel_directory, name="other")',
            ["expected distribution 'demo'", 'distribution = "other",'],
        ),
        ("version", 'write_wheel(wheel_directory, version="2.0")', ["expected version '1.0'", 'version = "2.0",']),
        (
            "tags",
            'write_wheel(wheel_directory, tag="cp39-abi3-linux_x86_64")',
            ["expected wheel_tags 'py3-none-any'", 'wheel_tags = "cp39-abi3-{platform}",'],
        ),
    ],
)
def test_wrong_identity(workspace: Workspace, case: str, call: str, expected: list[str]) -> None:
    message = build_error(workspace, f"wrong_{case}", backend_project(f"return {call}"))
    for text in [*expected, "Write on the py_sdist_wheel:"]:
        assert text in message


def test_wrong_dependencies(workspace: Workspace) -> None:
    body = 'return write_wheel(wheel_directory, requires=["six>=1", "attrs"])'
    message = build_error(workspace, "dependencies", backend_project(body), 'requires_dist = ["six>=1", "idna"],')
    assert "only declared: ['idna']" in message
    assert "only in the wheel: ['attrs']" in message
    assert 'requires_dist = ["attrs", "six>=1"]' in message


def test_network_is_blocked_under_every_strategy(workspace: Workspace) -> None:
    body = """
    import socket
    socket.create_connection(("192.0.2.1", 80), timeout=5)
    """
    add_wheel(workspace, "network", backend_project(body))
    for strategy in ("linux-sandbox", "processwrapper-sandbox", "local"):
        message = workspace.error("//network:wheel", f"--spawn_strategy={strategy}")
        assert "tried to use the network, which is blocked" in message, strategy
        assert "build_requires" in message


def test_pip_in_a_build_names_what_it_wanted(workspace: Workspace) -> None:
    body = """
    print("ERROR: No matching distribution found for numpy>=2")
    raise SystemExit(1)
    """
    message = build_error(workspace, "pip", backend_project(body))
    assert "where: //pip:wheel: ERROR: No matching distribution found for numpy>=2" in message


# C and C++

OPTIONAL_EXTENSION = {
    "setup.py": """
from setuptools import Extension, setup
setup(name="demo", version="1.0", packages=[],
      ext_modules=[Extension("_demo", ["_demo.c"], optional=True)])
""",
    "_demo.c": "#include <not_there.h>\n",
}
SETUPTOOLS = 'build_requires = ["@setuptools_wheel//:file"],'


def test_extension_that_fails_to_compile_is_an_error(workspace: Workspace) -> None:
    attributes = SETUPTOOLS + 'wheel_tags = "{python}-{abi}-{platform}",'
    message = build_error(workspace, "optional", OPTIONAL_EXTENSION, attributes)
    assert "the compiler refused _demo.c" in message
    assert "not_there.h" in message
    assert 'allow_compile_failures = ["_demo.c"]' in message


def test_extension_of_a_wheel_declared_pure_is_an_error(workspace: Workspace) -> None:
    message = build_error(workspace, "undeclared", OPTIONAL_EXTENSION, SETUPTOOLS)
    assert "the compiler refused _demo.c" in message
    assert 'wheel_tags = "{python}-{abi}-{platform}"' in message


def test_failure_that_is_allowed(workspace: Workspace) -> None:
    attributes = SETUPTOOLS + 'wheel_tags = "{python}-{abi}-{platform}", allow_no_native_code = True,'
    message = build_error(workspace, "allowed", OPTIONAL_EXTENSION, attributes)
    assert "the compiler refused _demo.c" in message
    add_wheel(workspace, "allowed", OPTIONAL_EXTENSION, attributes + 'allow_compile_failures = ["_demo.c"],')
    workspace.build("//allowed:wheel")


def test_march_native_is_an_error(workspace: Workspace) -> None:
    files = {
        "setup.py": """
from setuptools import Extension, setup
setup(name="demo", version="1.0", packages=[],
      ext_modules=[Extension("_demo", ["_demo.c"], extra_compile_args=["-march=native"])])
""",
        "_demo.c": "int x;\n",
    }
    attributes = SETUPTOOLS + 'wheel_tags = "{python}-{abi}-{platform}",'
    message = build_error(workspace, "native", files, attributes)
    assert "-march=native makes the wheel depend on the CPU" in message


# Patches


def test_patch_that_does_not_apply(workspace: Workspace) -> None:
    patch = "--- a/backend.py\n+++ b/backend.py\n@@ -1,1 +1,1 @@\n-not what is there\n+something\n"
    add_wheel(workspace, "patch", backend_project(PLAIN), 'patches = ["wrong.patch"],')
    (workspace.root / "patch" / "wrong.patch").write_text(patch)
    message = workspace.error("//patch:wheel")
    assert "The patch wrong.patch does not apply" in message
    assert "patch_strip" in message
