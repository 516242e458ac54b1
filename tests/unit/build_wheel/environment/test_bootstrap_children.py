"""Pythons of a build that lose the build's variables: they get them back, and do what they were told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from archives import TOOLS
from pythons import pythons

from build_wheel.environment.bootstrap import SETTINGS, heeding_variables

HERE = TOOLS / "build_wheel" / "environment"
BUILD = {
    "LC_ALL": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "RULES_SDIST_CPUS": "3",
    "SOURCE_DATE_EPOCH": "315532800",
    "TZ": "UTC",
}
FOUND = """
import json, os, sys, time
print(json.dumps({
    "set": list({"one", "two", "three", "four", "five", "six"}),
    "cpus": os.cpu_count(), "path": sys.path, "argv": sys.argv, "prefix": sys.prefix, "x": sys._xoptions,
    "environ": dict(os.environ), "warnings": sys.warnoptions, "optimize": sys.flags.optimize, "pid": os.getpid(),
}))
"""


class Build:
    """A build environment for a Python."""

    def __init__(self, folder: Path, python: str) -> None:
        version = subprocess.run(
            [python, "-I", "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        site_packages = folder / "env" / "lib" / version / "site-packages"
        site_packages.mkdir(parents=True)
        self.folder = folder
        self.python = folder / "env" / "bin" / "python"
        self.python.parent.mkdir()
        self.python.symlink_to(Path(python).resolve())
        home = Path(python).resolve().parent
        (folder / "env" / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n")
        (site_packages / "rules_sdist.pth").write_text("import rules_sdist_bootstrap\n")
        (site_packages / "rules_sdist_bootstrap.py").write_bytes((HERE / "bootstrap.py").read_bytes())
        (site_packages / SETTINGS).write_text("".join(f"{name}={value}\0" for name, value in BUILD.items()))
        (folder / "work").mkdir()
        (folder / "work" / "script.py").write_text(FOUND)
        (folder / "work" / "folder").mkdir()
        (folder / "work" / "folder" / "__main__.py").write_text(FOUND)
        (folder / "elsewhere").mkdir()
        (folder / "elsewhere" / "module.py").write_text(FOUND)

    def run(self, *line: str, env: dict[str, str] | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.python), *line],
            cwd=self.folder / "work",
            env=BUILD if env is None else env,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def found(self, *line: str, env: dict[str, str] | None = None, stdin: str = "") -> dict[str, Any]:
        done = self.run(*line, env=env, stdin=stdin)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


# Before 3.11, Python has no `-P`.
@pytest.fixture(params=[python for python in pythons() if python == sys.executable or "/3.9." in python])
def build(tmp_path: Path, request: pytest.FixtureRequest) -> Build:
    return Build(tmp_path, request.param)


def plain_path(build: Build, *line: str) -> list[str]:
    """`sys.path` without the bootstrap."""
    (pth,) = build.folder.rglob("rules_sdist.pth")
    pth.rename(pth.with_suffix(".off"))
    path: list[str] = build.found(*line)["path"]
    pth.with_suffix(".off").rename(pth)
    return path


LINES = {
    "command": ["-c", FOUND],
    "isolated command": ["-I", "-c", FOUND, "-I", "-E"],
    "isolated command in one word": ["-BIc", FOUND, "-x"],
    "module without variables": ["-E", "-m", "script", "-I"],
    "isolated script": ["-I", "script.py", "-E"],
    "isolated folder": ["-I", "folder"],
    "script with options": ["-X", "dev", "-W", "ignore", "-EO", "-Xown=1", "script.py"],
    "random": ["-R", "script.py"],
    "after two dashes": ["-I", "--", "script.py"],
}


@pytest.mark.parametrize("variables", [BUILD, {}, {"PYTHONHASHSEED": "random", "PYTHONPATH": ""}])
@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_every_python_of_a_build_has_the_build_s_settings(
    build: Build, line: list[str], variables: dict[str, str]
) -> None:
    one, two = build.found(*line, env=variables), build.found(*line, env=variables)
    assert one["set"] == two["set"] == build.found("-c", FOUND)["set"]
    assert one["cpus"] == 3
    assert one["environ"].items() >= {**BUILD, **variables, "PYTHONHASHSEED": "0"}.items()
    assert not [name for name in one["environ"] if name.startswith("RULES_SDIST_") and name != "RULES_SDIST_CPUS"]
    assert one["prefix"] == str(build.folder / "env")


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_what_a_command_says_keeps_its_meaning(build: Build, line: list[str]) -> None:
    found = build.found(*line)
    assert found["path"] == plain_path(build, *line)
    if "-Xown=1" in line:
        assert found["x"] == {"dev": True, "own": "1"}
        assert (found["warnings"][-1], found["optimize"]) == ("ignore", 1)
    if line[0] in ("-I", "-BIc"):
        assert found["argv"][1:] == [word for word in line[2:] if word in ("-x", "-E", "-I")]


def test_a_script_from_standard_input(build: Build) -> None:
    for flags in (["-I"], ["-I", "-"], []):
        assert build.found(*flags, stdin=FOUND, env={})["set"] == build.found("-c", FOUND)["set"]


def test_variables_that_are_to_mean_nothing_to_python_still_reach_its_children(build: Build) -> None:
    own = {**BUILD, "PYTHONPATH": str(build.folder / "elsewhere"), "PYTHONOPTIMIZE": "2"}
    found = build.found("-E", "script.py", env=own)
    assert own["PYTHONPATH"] not in found["path"]
    assert (found["optimize"], found["environ"]["PYTHONPATH"]) == (0, own["PYTHONPATH"])
    code = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'module'], check=True)"
    assert own["PYTHONPATH"] in build.found("-E", "-c", code, env=own)["path"]


def test_exit_codes_signals_and_the_process_are_the_same(build: Build) -> None:
    assert build.run("-I", "-c", "raise SystemExit(7)").returncode == 7
    assert build.run("-I", "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)", env={}).returncode == -15
    started = subprocess.Popen([build.python, "-I", "script.py"], cwd=build.folder / "work", env={}, stdout=-1)
    assert json.loads(started.communicate()[0])["pid"] == started.pid


def test_children_on_their_own_account(build: Build) -> None:
    """Each starts again for itself; what runs all the time is not started again."""
    code = "import subprocess, sys; subprocess.run([sys.executable, '-I', 'script.py'], env={}, check=True)"
    assert build.found("-I", "-c", code, env={})["set"] == build.found("-c", FOUND)["set"]


def test_a_seed_that_a_package_chooses_stays(build: Build) -> None:
    own = {**BUILD, "PYTHONHASHSEED": "42"}
    found = build.found("-c", FOUND, env=own)
    assert found["set"] == plain(build, own)
    assert found["environ"]["PYTHONHASHSEED"] == "42"


def plain(build: Build, env: dict[str, str]) -> list[str]:
    line = [str(build.python), "-S", "-c", FOUND]
    done = subprocess.run(line, cwd=build.folder / "work", env=env, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)["set"]
    return found


def test_a_python_outside_of_a_build_is_left_alone(build: Build) -> None:
    (settings,) = build.folder.rglob(SETTINGS)
    settings.unlink()
    own = {"PYTHONHASHSEED": "random"}
    assert len({str(build.found("-c", FOUND, env=own)["set"]) for _ in range(8)}) > 1
    found = build.found("-c", FOUND, env={})
    assert "RULES_SDIST_CPUS" not in found["environ"]
    assert found["cpus"] == os.cpu_count()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-I -c code -I", "-c code -I"),
        ("-IBc code", "-Bc code"),
        ("-Ic code", "-c code"),
        ("-E -m module -E", "-m module -E"),
        ("-Emmodule -E", "-mmodule -E"),
        ("-BX -I -I script -I", "-BX -I script -I"),
        ("-W -E -XI -E -", "-W -E -XI -"),
        ("--check-hash-based-pycs -I -I x", "--check-hash-based-pycs -I x"),
        ("-REsu -- -I", "-su -- -I"),
        ("-I", ""),
        ("", ""),
    ],
)
def test_only_the_options_of_python_itself_are_taken_out(line: str, expected: str) -> None:
    assert heeding_variables(line.split()) == expected.split()
