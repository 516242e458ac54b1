"""The file of overrides: what it may say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from common.errors import UserError
from lock.overrides import Override, read_overrides

if TYPE_CHECKING:
    from pathlib import Path


def write_overrides(folder: Path, text: str) -> Path:
    (folder / "fix.patch").touch()
    (folder / "overrides.toml").write_text(text)
    return folder / "overrides.toml"


def test_overrides(tmp_path: Path) -> None:
    text = """
    constraints = ["setuptools<81"]
    [requirement_cycles]
    airflow = ["Apache_Airflow", "provider"]
    [distributions.PyYAML]
    build_requires = ["cython<3.1"]
    patches = ["fix.patch"]
    native_deps = ["@libyaml//:yaml"]
    fixed = ["clock", "random"]
    allow_host_files = ["/usr/bin/git"]
    allow_no_native_code = true
    allow_unresolved = ["gl*", "libGL.so.1"]
    env = {A = "1"}
    rust = true
    cargo_lock = "//:pyyaml.Cargo.lock"
    data = ["//:models.zip"]
    exec_properties = {Pool = "large"}
    memory_per_cpu_mib = 2048
    """
    found = read_overrides(write_overrides(tmp_path, text))
    assert found.constraints == ("setuptools<81",)
    assert found.cycles == (("apache-airflow", "provider"),)
    assert found.of("pyyaml") == Override(
        build_requires=("cython<3.1",),
        patches=(tmp_path / "fix.patch",),
        env={"A": "1"},
        rust=True,
        attributes={
            "allow_no_native_code": True,
            "allow_unresolved": ["gl*", "libGL.so.1"],
            "cargo_lock": "//:pyyaml.Cargo.lock",
            "data": ["//:models.zip"],
            "exec_properties": {"Pool": "large"},
            "fixed": ["clock", "random"],
            "allow_host_files": ["/usr/bin/git"],
            "memory_per_cpu_mib": 2048,
            "native_deps": ["@libyaml//:yaml"],
        },
    )
    assert found.of("other") == Override()
    with pytest.raises(UserError, match="pyyaml is not built from source") as caught:
        found.check_names({"six", "pyaml"}, tmp_path / "overrides.toml")
    assert caught.value.fix == "Did you mean pyaml? Else remove the table, or build it with --build pyyaml."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not valid TOML"),
        ("[packages.x]", "'packages' is not known here"),
        ("[distributions.x]\nnative_dep = []", r"(?s)'native_dep' is not known.*Did you mean native_deps\?"),
        ("[distributions.x]\nxyz = []", r"(?s)'xyz' is not known.*Known are .*native_deps"),
        ("[distributions.x]\nrust = 'no'", "'no' is not a boolean"),
        ("[distributions.x]\ncargo_lock = true", "True is not a string"),
        ("[distributions.x]\nsbom = 'yes'", "'yes' is not a boolean"),
        ("[distributions.x]\nallow_unresolved = 'gl*'", r"'gl\*' is not a list"),
        ("[distributions.x]\nfixed = 'clock'", "'clock' is not a list"),
        ("[distributions.x]\ncpus = 'two'", "'two' is not a number"),
        ("[distributions.x]\nenv = {A = 1}", "1 is not a string"),
        ("[distributions.x]\npatches = ['none.patch']", "none.patch is not there"),
        ("[distributions.x]\nbuild_requires = ['==']", "'==' is no requirement"),
        ("constraints = 'setuptools'", "'setuptools' is not a list"),
        ("distributions = 1", "1 is not a table"),
    ],
)
def test_overrides_that_make_no_sense(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_overrides(write_overrides(tmp_path, text))
