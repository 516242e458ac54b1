"""A C++ toolchain that is an input, and leads to the tools of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from recorded_compiler import PROJECT
from support import make_sdist

if TYPE_CHECKING:
    from support import Workspace

TOOLCHAIN = {
    "toolchain.bzl": """
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")

def _impl(ctx):
    names = ["ar", "cpp", "dwp", "gcc", "gcov", "ld", "nm", "objcopy", "objdump", "strip"]
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        toolchain_identifier = "scripts",
        host_system_name = "local",
        target_system_name = "local",
        target_cpu = "k8",
        target_libc = "unknown",
        compiler = "gcc",
        abi_version = "unknown",
        abi_libc_version = "unknown",
        tool_paths = [
            struct(name = name, path = "tool.sh" if name == "gcc" else "/usr/bin/" + name, type_name = "tool_path")
            for name in names
        ],
    )

config = rule(implementation = _impl, provides = [CcToolchainConfigInfo])
""",
    "tool.sh": '#!/bin/sh\nexec /usr/bin/gcc "$@"\n',
}
TOOLCHAIN_BUILD_FILE = """
load("@rules_cc//cc/toolchains:cc_toolchain.bzl", "cc_toolchain")
load(":toolchain.bzl", "config")

py_sdist_wheel(
    name = "demo",
    sdist = "demo-1.0.tar.gz",
    build_requires = ["@setuptools_wheel//:file"],
    wheel_tags = "{python}-{abi}-{platform}",
)

config(name = "config")

filegroup(
    name = "files",
    srcs = ["tool.sh"],
)

cc_toolchain(
    name = "cc",
    all_files = ":files",
    compiler_files = ":files",
    dwp_files = ":files",
    linker_files = ":files",
    objcopy_files = ":files",
    strip_files = ":files",
    supports_param_files = 0,
    toolchain_config = ":config",
)

toolchain(
    name = "toolchain",
    toolchain = ":cc",
    toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
)
"""


@pytest.mark.parametrize("isolation", ["closed", "mapped"])
def test_a_toolchain_in_the_workspace_may_not_lead_to_the_machine_unsaid(workspace: Workspace, isolation: str) -> None:
    """Its script is the same everywhere, and what it starts is not: with that alone as key, machines would share."""
    folder = workspace.package("scripts", TOOLCHAIN_BUILD_FILE, TOOLCHAIN)
    (folder / "tool.sh").chmod(0o755)
    make_sdist(PROJECT, folder / "demo-1.0.tar.gz")
    flags = ["--extra_toolchains=//scripts:toolchain", f"--@rules_sdist//python/settings:isolation={isolation}"]
    said = workspace.build("//scripts:demo", *flags, expect=1).err
    assert "it is an input, and leads to /usr/bin/" in said
    assert "common --repo_env=RULES_SDIST_HOST_TOOLS=/usr/bin/" in said
    known = "--repo_env=RULES_SDIST_HOST_TOOLS=/usr/bin/gcc"
    refuse = "--@rules_sdist//python/settings:host_tools=refuse"
    in_build = "--extra_toolchains=@system_python//:toolchain"
    # The interpreter leads to the machine, too: without --keep_going the first of the two to end is all that is said.
    said = workspace.build("//scripts:demo", *flags, known, refuse, in_build, "--keep_going", expect=1).err
    assert "it is an input, and leads to /usr/bin/" in said
    workspace.build("//scripts:demo", *flags, known)
    assert any("compiler.usr_bin_" in name for name in workspace.inputs("//scripts:demo", *flags, known))
