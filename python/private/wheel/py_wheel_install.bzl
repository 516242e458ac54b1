"""The rule that installs a wheel into a folder."""

load("//python/private:errors.bzl", "refuse")
load("//python/private/toolchain:interpreter.bzl", "FINGERPRINT_ATTRS", "PY_TOOLCHAIN_TYPE")
load(":installed_wheels.bzl", "install_wheel")

_DIST_INFO = ["METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt"]

def _impl(ctx):
    tree = ctx.actions.declare_directory(ctx.label.name)
    dist_info = {name: ctx.actions.declare_file("{}.dist_info/{}".format(ctx.label.name, name)) for name in _DIST_INFO}
    wheels = [file for file in ctx.files.wheel if file.extension == "whl"]
    if len(wheels) != 1:
        refuse(
            "{}: `wheel` has to be one wheel; {} has {}.".format(ctx.label, ctx.attr.wheel.label, len(wheels)),
            fix = "Name a .whl file, or a target that makes one.",
            where = "`wheel` of {}".format(ctx.label),
        )
    install_wheel(
        ctx,
        wheel = wheels[0],
        tree = tree,
        helper = ctx.file._helper,
        dist_info = dist_info,
        bytecode = ctx.attr.bytecode,
    )
    return [
        DefaultInfo(files = depset([tree]), runfiles = ctx.runfiles([tree])),
        OutputGroupInfo(dist_info = depset(dist_info.values())),
    ]

py_wheel_install = rule(
    implementation = _impl,
    doc = "Installs a wheel: a folder with site-packages, bin, data, include, and the output group `dist_info`.",
    attrs = FINGERPRINT_ATTRS | {
        "bytecode": attr.bool(doc = "Whether to compile modules to unchecked-hash bytecode (PEP 552)."),
        "wheel": attr.label(doc = "The wheel.", mandatory = True, allow_files = True),
        "_helper": attr.label(default = "//tools:helper", allow_single_file = True),
    },
    toolchains = [PY_TOOLCHAIN_TYPE],
)
