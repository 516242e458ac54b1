"""The rule of this machine's Rust toolchain."""

def _impl(ctx):
    files = depset(ctx.files.srcs)
    return [
        DefaultInfo(files = files),
        # The fields that rules_rust's toolchains have, too.
        platform_common.ToolchainInfo(
            all_files = files,
            cargo = ctx.file.cargo,
            problem = ctx.attr.problem,
            rustc = ctx.file.rustc,
        ),
    ]

rust_toolchain = rule(
    implementation = _impl,
    doc = "Cargo and rustc, with all that they read. Made by host_rust_repo.",
    attrs = {
        "cargo": attr.label(allow_single_file = True),
        "problem": attr.string(doc = "Why there is none, or \"\"."),
        "rustc": attr.label(allow_single_file = True),
        "srcs": attr.label_list(doc = "All files.", allow_files = True),
    },
)
