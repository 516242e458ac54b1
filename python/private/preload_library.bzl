"""The rule that compiles the library which shifts clocks for reproducibility tests."""

load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")

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
    _, outputs = cc_common.compile(
        name = ctx.label.name,
        actions = ctx.actions,
        feature_configuration = features,
        cc_toolchain = cc_toolchain,
        srcs = [ctx.file.src],
        disallow_nopic_outputs = True,
    )
    linked = cc_common.link(
        name = ctx.label.name,
        actions = ctx.actions,
        feature_configuration = features,
        cc_toolchain = cc_toolchain,
        compilation_outputs = outputs,
        output_type = "dynamic_library",
        user_link_flags = ["-ldl"],  # where the C library is older than glibc 2.34
    )
    return [DefaultInfo(files = depset([linked.library_to_link.resolved_symlink_dynamic_library]))]

preload_library = rule(
    implementation = _impl,
    doc = "Compiles a C file to a shared library; without a C++ toolchain it has no file.",
    attrs = {"src": attr.label(allow_single_file = [".c"], mandatory = True)},
    fragments = ["cpp"],
    toolchains = use_cc_toolchain(mandatory = False),
)
