from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from archives import make_wheel

from build_wheel.environment.variables import fixed_variables, variables
from build_wheel.environment.venv import create_venv, link_tree
from build_wheel.rust import toolchain
from common.errors import UserError
from install_wheel.install import InstallParams, install
from isolation.layout import Layout

CHOOSABLE = {"AR", "CC", "CXX", "RANLIB"}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path, tmp_path / "root")
    made.create()
    return made


def test_everything_that_a_build_could_read_from_the_host_is_fixed(layout: Layout) -> None:
    found = variables(layout, tools={}, cpus=2, own={})
    root = str(layout.root)
    assert found == {
        "AR": "ar",
        "BUILD_PATH_PREFIX_MAP": f"/build={root}",
        "CARGO_BUILD_JOBS": "2",
        "CC": "cc",
        "CMAKE_BUILD_PARALLEL_LEVEL": "2",
        "CXX": "c++",
        "GIT_CEILING_DIRECTORIES": root,
        "HOME": f"{root}/h",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "LOGNAME": "builder",
        "MAKEFLAGS": "-j2",
        "MAX_JOBS": "2",
        "NO_COLOR": "1",
        "NPY_NUM_BUILD_JOBS": "2",
        "PATH": f"{root}/w:{root}/e/bin:/usr/bin:/bin",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INDEX": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "RANLIB": "ranlib",
        "RULES_SDIST_CPUS": "2",
        "SOURCE_DATE_EPOCH": "315532800",
        "TERM": "dumb",
        "TMPDIR": f"{root}/t",
        "TZ": "UTC",
        "USER": "builder",
        "VIRTUAL_ENV": f"{root}/e",
        "ZERO_AR_DATE": "1",
        "_PYTHON_SYSCONFIGDATA_NAME": "_sysconfigdata__rules_sdist",
    }


def test_the_prefix_map_is_encoded(tmp_path: Path) -> None:
    """As https://reproducible-builds.org/specs/build-path-prefix-map/ says."""
    made = Layout(tmp_path, tmp_path / "a=b:c%d")
    assert fixed_variables(made, cpus=1, own={})["BUILD_PATH_PREFIX_MAP"] == f"/build={tmp_path}/a%+b%.c%#d"


def test_own_variables_replace_only_the_names_of_tools(layout: Layout) -> None:
    fixed = variables(layout, tools={}, cpus=2, own={})
    changed = variables(layout, tools={}, cpus=2, own=dict.fromkeys(fixed, "own"))
    assert {key for key in fixed if fixed[key] != changed[key]} == CHOOSABLE


def test_the_rule_refuses_every_fixed_variable(layout: Layout) -> None:
    (layout.environment / "bin").mkdir(parents=True, exist_ok=True)
    rule = (Path(__file__).resolve().parents[4] / "python" / "private" / "wheel" / "wheel_params.bzl").read_text()
    refused = set(ast.literal_eval(rule.split("_FIXED_VARIABLES = ")[1].split("]")[0] + "]"))
    assert refused == {*variables(layout, tools={}, cpus=1, own={}), *toolchain.variables(layout)} - CHOOSABLE


def test_message_of_two_requirements_with_one_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "pkg").mkdir(parents=True)
        (tmp_path / name / "pkg" / "__init__.py").write_text(name)
    (tmp_path / "target").mkdir()
    link_tree(tmp_path / "one", tmp_path / "target")
    with pytest.raises(UserError) as caught:
        link_tree(tmp_path / "two", tmp_path / "target")
    assert "Two build requirements install different files as __init__.py" in str(caught.value)
    assert f"where: {tmp_path}/two/pkg" in str(caught.value)
    assert "Remove one of them from `build_requires`" in str(caught.value)
    assert (tmp_path / "one/pkg/__init__.py").is_file()


def test_an_installed_requirement_can_be_imported_and_its_script_be_run(layout: Layout, tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path,
        {
            "demo/__init__.py": "def main():\n    print('script speaks')\n",
            "demo-1.0.dist-info/entry_points.txt": "[console_scripts]\ndemo-tool = demo:main\n",
            "demo-1.0.data/scripts/demo-old": "#!python\nimport demo; demo.main()\n",
        },
    )
    install(InstallParams(str(wheel), str(tmp_path / "tree"), bytecode=False))
    create_venv(layout, ["tree"])
    environment = variables(layout, tools={}, cpus=1, own={})
    for script in ("demo-tool", "demo-old"):
        done = subprocess.run(["/bin/sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout == "script speaks\n"
    python = layout.environment / "bin" / "python3"
    program = "import demo, sys; print(sys.version_info[:3], sys.prefix)"
    done = subprocess.run([str(python), "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"{sys.version_info[:3]} {layout.environment}\n"
