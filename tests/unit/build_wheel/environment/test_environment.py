from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from build_wheel.environment import pinned_sysconfig
from build_wheel.environment.variables import variables
from build_wheel.environment.venv import create_venv, link_tree
from common.errors import UserError
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path


def files(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path, tmp_path / "x.build")
    made.create()
    return made


def test_link_tree_merges_namespaces(tmp_path: Path) -> None:
    one = files(tmp_path / "one", "space/deep/a.py", "only_one/x.py")
    two = files(tmp_path / "two", "space/deep/b.py", "space/c.py")
    three = files(tmp_path / "three", "space/deep/d.py")
    target = tmp_path / "target"
    target.mkdir()
    for tree in (one, two, three):
        link_tree(tree, target)
    found = sorted(str(path.relative_to(target)) for path in target.glob("space/**/*.py"))
    assert found == ["space/c.py", "space/deep/a.py", "space/deep/b.py", "space/deep/d.py"]
    assert (target / "only_one").is_symlink()
    assert sorted(path.name for path in (one / "space" / "deep").iterdir()) == ["a.py"]


def test_link_tree_refuses_two_files_of_one_name(tmp_path: Path) -> None:
    one, two = files(tmp_path / "one", "a.py"), files(tmp_path / "two", "a.py")
    target = tmp_path / "target"
    target.mkdir()
    link_tree(one, target)
    link_tree(two, target)  # the same content: an old-style namespace package's __init__.py
    (two / "a.py").write_text("different")
    with pytest.raises(UserError, match=r"different files as a\.py"):
        link_tree(two, target)


def test_variables_are_fixed(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CFLAGS", "-DNOISE")
    (layout.environment / "bin").mkdir(parents=True)
    own = {"OWN": "${EXECROOT}/data", "TZ": "Asia/Tokyo", "CC": "special-cc"}
    result = variables(layout, tools={"tool": "bin/tool"}, cpus=4, own=own)
    assert result["OWN"] == f"{layout.execroot}/data"
    assert (result["TZ"], result["PYTHONHASHSEED"], result["SOURCE_DATE_EPOCH"]) == ("UTC", "0", "315532800")
    assert (result["CC"], result["CXX"]) == ("special-cc", "c++")
    assert (result["MAKEFLAGS"], result["MAX_JOBS"]) == ("-j4", "4")
    assert "CFLAGS" not in result
    assert result["PATH"].split(os.pathsep)[0] == str(layout.compilers)
    assert (layout.environment / "bin" / "tool").readlink() == layout.execroot / "bin" / "tool"


SET = 'list({"one", "two", "three", "four", "five", "six"})'
FACTS = f"""
import json, os, sys, sysconfig, tempfile
os.makedirs("data")
for name in "dbacfe":
    open("data/" + name, "w").close()
with os.scandir("data") as entries:
    scanned = [entry.name for entry in entries]
first, second = tempfile.mkdtemp(), tempfile.mkdtemp()
print(json.dumps({{
    "environ": dict(os.environ), "set": {SET},
    "listed": os.listdir("data"), "scanned": scanned,
    "temporary": [os.path.basename(first), os.path.basename(second)],
    "cpus": os.cpu_count(), "node": os.uname().nodename, "machine": os.uname().machine,
    "cc": sysconfig.get_config_var("CC"), "cflags": sysconfig.get_config_var("CFLAGS"),
    "ldshared": sysconfig.get_config_var("LDSHARED"), "suffix": sysconfig.get_config_var("EXT_SUFFIX"),
    "prefix": sys.prefix, "path": sys.path,
}}))
"""


@pytest.mark.parametrize("emptied", [False, True])
@pytest.mark.parametrize("flags", [[], ["-I"], ["-E"]])
def test_python_of_a_build(layout: Layout, tmp_path: Path, flags: list[str], emptied: bool) -> None:
    """The whole environment, also in children that ignore PYTHON* variables, or get none at all."""
    files(tmp_path / "tree" / "site-packages", "requirement.py")
    site_packages = create_venv(layout, ["tree"])
    environment = variables(layout, tools={}, cpus=3, own={})
    python = layout.environment / "bin" / "python"
    done = subprocess.run(
        [str(python), *flags, "-c", FACTS],
        cwd=layout.source,
        env={} if emptied else environment,
        capture_output=True,
        text=True,
        check=True,
    )
    facts = json.loads(done.stdout)
    facts["environ"].pop("LC_CTYPE", None)  # Python's own, for a locale that is not UTF-8
    assert facts["environ"] == environment
    assert facts["set"] == hashed(environment)
    assert facts["listed"] == facts["scanned"] == list("abcdef")
    assert facts["temporary"] == ["tmp00000000", "tmp00000001"]
    assert (facts["cpus"], facts["node"], facts["machine"]) == (3, "localhost", os.uname().machine)
    assert facts["prefix"] == str(layout.environment)
    assert str(site_packages) in facts["path"]
    assert (facts["cc"], facts["cflags"], facts["ldshared"]) == ("cc", "", "cc -shared")
    assert facts["suffix"].endswith(".so")


def hashed(environment: dict[str, str]) -> list[str]:
    line = [sys.executable, "-c", f"import json; print(json.dumps({SET}))"]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_two_pythons_built_with_other_flags_pin_to_the_same() -> None:
    debian = {
        "prefix": "/usr",
        "CC": "x86_64-linux-gnu-gcc",
        "CFLAGS": "-g -O2 -fstack-protector-strong",
        "CONFIG_ARGS": "'--enable-shared'",
        "EXT_SUFFIX": ".cpython-311-x86_64-linux-gnu.so",
        "INCLUDEPY": "/usr/include/python3.11",
        "LDSHARED": "x86_64-linux-gnu-gcc -shared",
        "Py_ENABLE_SHARED": 1,
        "SIZEOF_LONG": 8,
    }
    container = {
        **debian,
        "prefix": "/usr/local",
        "CC": "gcc -pthread",
        "CFLAGS": "-O3",
        "CONFIG_ARGS": "",
        "INCLUDEPY": "/usr/local/include/python3.11",
        "LDSHARED": "gcc -pthread -shared",
        "Py_ENABLE_SHARED": 0,
    }
    pinned = pinned_sysconfig.pinned_variables(debian, prefix="/python")
    assert pinned == pinned_sysconfig.pinned_variables(container, prefix="/python")
    assert pinned["EXT_SUFFIX"] == ".cpython-311-x86_64-linux-gnu.so"
    assert pinned["INCLUDEPY"] == "/python/include/python3.11"
    assert pinned["SIZEOF_LONG"] == 8


def test_pinned_module_is_of_this_interpreter() -> None:
    namespace: dict[str, dict[str, object]] = {}
    exec(pinned_sysconfig.pinned_module(), namespace)
    assert namespace["build_time_vars"]["VERSION"] == f"{sys.version_info.major}.{sys.version_info.minor}"
