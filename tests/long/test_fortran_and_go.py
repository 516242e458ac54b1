"""Real sdists in Fortran and in Go: the same bytes at two paths, and neither path in any of them."""

from __future__ import annotations

import os
import subprocess
import tarfile
from typing import TYPE_CHECKING

from machine import index_url
from native_code import PATHS, native_code
from support import CLOSED, Workspace

from lock.resolve.index import PackageIndex

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HUB = """
sdists.lock(name = "hub", lock = "//:lock.json")
use_repo(sdists, "hub")
"""
# meson-python, f2py's wrappers, eight files of Fortran.
APEXPY = """\
apexpy==2.1.1 \\
    --hash=sha256:f1f0a555664f75734a02bb48217676b5534e40eb0e8d64e04bf24274be7f7825
numpy==2.5.5 \\
    --hash=sha256:c48960d420e90cf305cb1fde0d4e6082cc90512cda87a9acf0b6e04e91cf4abe
"""
GFORTRAN = ["/usr/bin/gfortran", "/usr/bin/gfortran-16", "/usr/bin/x86_64-linux-gnu-gfortran-16"]
# setuptools; its setup.py calls `go build -buildmode=c-archive` and links that into an extension.
GOJSONNET = """\
gojsonnet==0.22.0 \\
    --hash=sha256:b00f09e019d403fc5fb0e691e043115dd84548e055c018638e22b6b7e9829d09
"""
GO = ["/usr/bin/go", "/usr/lib/go-1.27/", "/usr/share/go-1.27/"]
GO_OVERRIDES = """
data = ["//go:modules"]
env.CGO_CFLAGS = "-O2"  # no -g: debug information has the folder in it, if always the same one
env.CGO_CXXFLAGS = "-O2"
env.GOCACHE = "/build/t/go"
env.GOFLAGS = "-trimpath -modcacherw"
env.GOMODCACHE = "/build/t/modules"
env.GOPROXY = "file://${EXECROOT}/go/proxy"
env.GOROOT = "/usr/lib/go-1.27"
env.GOSUMDB = "off"  # go.sum is in the sdist
env.GOTOOLCHAIN = "local"
"""


MODULES = 'filegroup(name = "modules", srcs = glob(["proxy/**"]), visibility = ["//visibility:public"])\n'


def built_twice(
    machines: Callable[..., Workspace],
    requirements: str,
    name: str,
    host_files: list[str],
    more: str = "",
    modules: Path | None = None,
) -> bytes:
    """The extension of one distribution, which two machines with different paths have made.

    Args:
        machines: makes these.
        requirements: what is locked.
        name: the distribution.
        host_files: what it needs of the machine.
        more: further overrides.
        modules: a folder with Go's.
    """
    wheels, made = [], {}
    for place in PATHS:
        workspace = machines(place, CLOSED, f"--repo_env=RULES_SDIST_HOST_FILES={':'.join(host_files)}")
        (workspace.root / "requirements.txt").write_text(requirements)
        listed = ", ".join(f'"{file}"' for file in host_files)
        overrides = f"[distributions.{name}]\nallow_host_files = [{listed}]\n{more}"
        (workspace.root / "sdists.toml").write_text(overrides)
        if modules:
            (workspace.package("go", MODULES) / "proxy").symlink_to(modules)
        line = ("requirements.txt", "-o", "lock.json", "--overrides=sdists.toml", f"--build={name}")
        workspace.run("run", "@rules_sdist//tools/lock", "--", *line)
        with (workspace.root / "MODULE.bazel").open("a") as module:
            module.write(HUB)
        wheels += workspace.outputs(f"@hub//{name}:whl")
        made = native_code(wheels[-1:], workspace)
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    [code] = made.values()
    return code


def test_fortran(machines: Callable[..., Workspace]) -> None:
    """apexpy."""
    code = built_twice(machines, APEXPY, "apexpy", GFORTRAN)
    assert b"libgfortran.so" in code


def test_cgo(machines: Callable[..., Workspace], tmp_path: Path) -> None:
    """gojsonnet."""
    index = PackageIndex(index_url())
    [file] = [file for file in index.files("gojsonnet") if file.filename == "gojsonnet-0.22.0.tar.gz"]
    sdist = index.download(file, file.sha256, tmp_path / file.filename)
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    env = {**os.environ, "GOMODCACHE": str(tmp_path / "modules"), "GOFLAGS": "-modcacherw"}
    subprocess.run(["go", "mod", "download", "all"], cwd=tmp_path / "gojsonnet-0.22.0", env=env, check=True)
    modules = tmp_path / "modules" / "cache" / "download"
    code = built_twice(machines, GOJSONNET, "gojsonnet", GO, GO_OVERRIDES, modules)
    assert b"Go buildinf" in code
