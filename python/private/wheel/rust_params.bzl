"""What an action's parameters say of Rust: the toolchain, and the crates of the sdist's Cargo.lock."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")
load("//python/private:errors.bzl", "refuse")
load("//python/private/rust:providers.bzl", "CrateInfo")

def rust_build(ctx):
    """The Rust of one build.

    Args:
        ctx: of `py_sdist_wheel`.

    Returns:
        struct(inputs, params, toolchain): depsets of Files, of all and of the toolchain's, and a dict or None, see `Rust`
        in tools/build_wheel/params.py.
    """
    if not ctx.attr.rust:
        if ctx.attr.crates or ctx.attr.cargo_lock:
            refuse(
                "{}: `crates` and `cargo_lock` are for builds that get cargo and rustc.".format(ctx.label),
                fix = "Write `rust = True`.",
                where = "`rust` of {}".format(ctx.label),
            )
        return struct(inputs = depset(), params = None, toolchain = depset())
    if ctx.attr.wheel_tags.endswith("-any"):
        refuse(
            "{}: `rust` is for wheels with native code, and the tags {} are those of a pure one.".format(ctx.label, repr(ctx.attr.wheel_tags)),
            fix = "Write wheel_tags = \"{python}-{abi}-{platform}\", or with \"abi3\" for {abi} where the extension is for all Pythons.",
            where = "`wheel_tags` of {}".format(ctx.label),
        )
    toolchain = _toolchain(ctx)
    crates = [target[CrateInfo] for target in ctx.attr.crates]
    params = {
        "allow_prebuilt": ctx.attr.allow_prebuilt if ctx.attr._prebuilt_in_crates[BuildSettingInfo].value == "refuse" else None,
        "cargo": toolchain.cargo.path,
        "cargo_lock": ctx.file.cargo_lock.path if ctx.file.cargo_lock else None,
        "crates": [
            {"name": crate.name, "renamed": crate.renamed, "root": crate.root, "sha256": crate.sha256, "version": crate.version}
            for crate in crates
        ],
        "files": [file.path for file in toolchain.all_files.to_list()],
        "rustc": toolchain.rustc.path,
    }
    files = depset([toolchain.cargo, toolchain.rustc], transitive = [toolchain.all_files])
    inputs = depset(ctx.files.cargo_lock, transitive = [files] + [target[DefaultInfo].files for target in ctx.attr.crates])
    return struct(inputs = inputs, params = params, toolchain = files)

def _toolchain(ctx):
    target = ctx.attr._rust_toolchain
    toolchain = target[platform_common.ToolchainInfo] if platform_common.ToolchainInfo in target else None
    missing = [field for field in ["all_files", "cargo", "rustc"] if not getattr(toolchain, field, None)] if toolchain else ["ToolchainInfo"]
    if not missing:
        return toolchain
    problem = getattr(toolchain, "problem", "") or "it has no " + " and no ".join(missing)
    return refuse(
        "{}: this build needs cargo and rustc, and {} gives none: {}.".format(ctx.label, target.label, problem),
        fix = "Install Rust and write `bazel fetch --configure`, name an installation in .bazelrc:\n" +
              "    common --repo_env=RULES_SDIST_RUST=<the output of `rustc --print sysroot`>\n" +
              "  or take a toolchain of rules_rust:\n" +
              "    build --@rules_sdist//python/settings:rust_toolchain=@rules_rust//rust/toolchain:current_rust_toolchain",
        where = "the setting @rules_sdist//python/settings:rust_toolchain",
    )
