"""A C++ toolchain that is an input, and leads to the tools of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import script_toolchain
from recorded_compiler import PROJECT
from support import make_sdist

if TYPE_CHECKING:
    from support import Workspace

DEMO = """
py_sdist_wheel(
    name = "demo",
    sdist = "demo-1.0.tar.gz",
    build_requires = ["@setuptools_wheel//:file"],
    wheel_tags = "{python}-{abi}-{platform}",
)
"""


@pytest.mark.parametrize("isolation", ["closed", "mapped"])
def test_a_toolchain_in_the_workspace_may_not_lead_to_the_machine_unsaid(workspace: Workspace, isolation: str) -> None:
    """Its script is the same everywhere, and what it starts is not: with that alone as key, machines would share."""
    folder = workspace.package("scripts", script_toolchain.BUILD_FILE + DEMO, script_toolchain.FILES)
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
