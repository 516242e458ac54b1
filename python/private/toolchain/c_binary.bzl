"""The rule that compiles a C program, or a shared library in C, for what actions run."""

load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load(":cc_params.bzl", "cc_toolchain_params")
load(":interpreter.bzl", "FINGERPRINT_ATTRS")
load(":providers.bzl", "ToolchainFingerprintsInfo")

def _impl(ctx):
    cc_toolchain = find_cc_toolchain(ctx, mandatory = False)
    if not cc_toolchain:
        return [DefaultInfo(files = depset())]
    toolchain = cc_toolchain_params(ctx, cc_toolchain)
    output = ctx.actions.declare_file(ctx.label.name + (".so" if ctx.attr.shared else ""))

    # Where a cache is shared, a machine with another C library gets a program that it can start.
    compiler = ctx.attr._fingerprints[ToolchainFingerprintsInfo].compiler

    # One action, and no C++ rules of Bazel: those want to know where each toolchain has its headers.
    arguments = ctx.actions.args()
    arguments.add_all(toolchain["c_flags"])
    arguments.add("-g0")  # it would tell of the sandbox
    arguments.add_all([file for file in ctx.files.srcs if file.extension == "c"])
    arguments.add("-o", output)
    arguments.add_all(ctx.attr.linkopts)
    arguments.add_all(toolchain["shared_link_flags"] if ctx.attr.shared else toolchain["executable_link_flags"])
    if ctx.attr.shared:
        arguments.add("-shared")
    ctx.actions.run(
        mnemonic = "PySdistCompile",
        progress_message = "Compiling {} of rules_sdist".format(ctx.label.name),
        executable = toolchain["c_compiler"],
        arguments = [arguments],
        inputs = depset(ctx.files.srcs + ([compiler] if compiler else []), transitive = [cc_toolchain.all_files]),
        outputs = [output],
        env = toolchain["env"] | {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        toolchain = None,
    )
    return [DefaultInfo(files = depset([output]))]

c_binary = rule(
    implementation = _impl,
    doc = "Compiles C files to one program or shared library; without a C++ toolchain it has no file.",
    attrs = FINGERPRINT_ATTRS | {
        "linkopts": attr.string_list(doc = "Flags for the linker."),
        "shared": attr.bool(doc = "Whether it is a shared library."),
        "srcs": attr.label_list(allow_files = [".c", ".h"], mandatory = True),
    },
    fragments = ["cpp"],
    toolchains = use_cc_toolchain(mandatory = False),
)
