"""The rule that installs a wheel into folders."""

load("//python/private:errors.bzl", "refuse")
load("//python/private/toolchain:interpreter.bzl", "FINGERPRINT_ATTRS", "PY_TOOLCHAIN_TYPE")
load(":installed_wheels.bzl", "install_wheel")

_DATA = ["bin", "data", "include"]

def _dist_info(ctx, wheel):
    """The folder, and where it may be in it, entry_points.txt: who wants that looks for a File of this name at analysis time."""
    distribution, version = wheel.basename.split("-")[:2]
    place = "{}.dist_info/{{}}/{}-{}.dist-info".format(ctx.label.name, distribution, version)
    folder = ctx.actions.declare_directory(place.format("all"))
    if ctx.attr.entry_points == "no":
        return folder, None
    return folder, ctx.actions.declare_file(place.format("entry_points") + "/entry_points.txt")

def _impl(ctx):
    site_packages = ctx.actions.declare_directory(ctx.label.name + "/site-packages")
    data = [ctx.actions.declare_directory(ctx.label.name + "/" + name) for name in _DATA]
    trees = [site_packages] + data
    wheels = [file for file in ctx.files.wheel if file.extension == "whl"]
    if len(wheels) != 1:
        refuse(
            "{}: `wheel` has to be one wheel; {} has {}.".format(ctx.label, ctx.attr.wheel.label, len(wheels)),
            fix = "Name a .whl file, or a target that makes one.",
            where = "`wheel` of {}".format(ctx.label),
        )
    dist_info, entry_points = _dist_info(ctx, wheels[0])
    install_wheel(
        ctx,
        wheel = wheels[0],
        name = ctx.label.name,
        tree = site_packages.path.removesuffix("/site-packages"),
        trees = trees,
        helper = ctx.file._helper,
        dist_info = dist_info,
        entry_points = entry_points,
        has_entry_points = ctx.attr.entry_points,
        bytecode = ctx.attr.bytecode,
    )
    return [
        DefaultInfo(files = depset(trees)),
        OutputGroupInfo(
            data = depset(data),
            dist_info = depset([dist_info] + ([entry_points] if entry_points else [])),
            extracted = depset(trees + wheels),
            site_packages = depset([site_packages]),
        ),
    ]

py_wheel_install = rule(
    implementation = _impl,
    doc = "Installs a wheel: the folders site-packages, bin, data and include, and the output group `dist_info`.",
    attrs = FINGERPRINT_ATTRS | {
        "bytecode": attr.bool(doc = "Whether to compile modules to unchecked-hash bytecode (PEP 552)."),
        "entry_points": attr.string(
            doc = "Whether the wheel has an entry_points.txt: \"yes\", \"no\", or \"\" where nobody knows; then there is an " +
                  "empty one where it has none.",
            values = ["", "no", "yes"],
        ),
        "wheel": attr.label(doc = "The wheel.", mandatory = True, allow_files = True),
        "_helper": attr.label(default = "//tools:helper", allow_single_file = True),
    },
    toolchains = [PY_TOOLCHAIN_TYPE],
)
