"""The rule that compiles a C program, or a shared library in C, for what actions run."""

load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load(":interpreter.bzl", "FINGERPRINT_ATTRS")
load(":providers.bzl", "ToolchainFingerprintsInfo")

def _impl(ctx):
    cc_toolchain = find_cc_toolchain(ctx, mandatory = False)
    if not cc_toolchain:
        return [DefaultInfo(files = depset())]
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = cc_toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )

    # Where a cache is shared, a machine with another C library gets a program that it can start.
    compiler = ctx.attr._fingerprints[ToolchainFingerprintsInfo].compiler
    key = [compiler] if compiler else []
    _, outputs = cc_common.compile(
        name = ctx.label.name,
        actions = ctx.actions,
        feature_configuration = features,
        cc_toolchain = cc_toolchain,
        srcs = [file for file in ctx.files.srcs if file.extension == "c"],
        private_hdrs = [file for file in ctx.files.srcs if file.extension == "h"],
        additional_inputs = key,
        disallow_nopic_outputs = ctx.attr.shared,
    )
    linked = cc_common.link(
        name = ctx.label.name,
        actions = ctx.actions,
        feature_configuration = features,
        cc_toolchain = cc_toolchain,
        compilation_outputs = outputs,
        additional_inputs = key,
        output_type = "dynamic_library" if ctx.attr.shared else "executable",
        user_link_flags = ctx.attr.linkopts,
    )
    file = linked.library_to_link.resolved_symlink_dynamic_library if ctx.attr.shared else linked.executable
    return [DefaultInfo(files = depset([file]))]

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
