"""A C++ toolchain of the workspace whose compiler is a script: it starts the machine's gcc."""

FILES = {
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
BUILD_FILE = """
load("@rules_cc//cc/toolchains:cc_toolchain.bzl", "cc_toolchain")
load(":toolchain.bzl", "config")

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
