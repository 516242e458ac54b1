"""The action that writes down what a wheel was built from, with and how."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")
load("//python/private/toolchain:interpreter.bzl", "run_helper")
load("//python/private/toolchain:version.bzl", "VERSION")

BUILDINFO_ATTRS = {
    "_builder_id": attr.label(default = "//python/settings:builder_id"),
    "_buildinfo": attr.label(default = "//tools/buildinfo:program", allow_single_file = True),
}

def write_buildinfo(ctx, *, interpreter, helper, params, wheel, host_files, build_requires, inputs, runfiles, fingerprints, rust):
    """Declares the action, which only runs when somebody asks for its outputs.

    Args:
        ctx: of a rule with `BUILDINFO_ATTRS` and `FINGERPRINT_ATTRS`.
        interpreter: see `find_interpreter`.
        helper: File, the zip that built the wheel.
        params: File, the parameters of that.
        wheel: File.
        host_files: File: what that found of undeclared files of the host.
        build_requires: dict of Files: the folders that build requirements are installed in, by their wheels.
        inputs: depset of Files that the wheel's action read, besides these and the toolchains'.
        runfiles: dict of Files, more of these: by the paths at which its tools find them.
        fingerprints: list of Files.
        rust: depset of Files: the Rust toolchain.

    Returns:
        list of Files: the build information and the provenance.
    """
    buildinfo = ctx.actions.declare_file(wheel.basename + ".buildinfo.json")
    provenance = ctx.actions.declare_file(wheel.basename + ".provenance.json")
    own_params = ctx.actions.declare_file(ctx.label.name + ".buildinfo_params.json")
    ctx.actions.write(own_params, json.encode({
        "build_requires": {tree.path: file.path for file, tree in build_requires.items()},
        "builder": ctx.attr._builder_id[BuildSettingInfo].value,
        "buildinfo": buildinfo.path,
        "helper": helper.path,
        "host_files": host_files.path,
        "inputs": [file.path for file in inputs.to_list()],
        "params": params.path,
        "provenance": provenance.path,
        "runfiles": {place: file.path for place, file in runfiles.items()},
        "version": VERSION,
        "wheel": wheel.path,
    }))
    run_helper(
        ctx,
        interpreter = interpreter,
        helper = ctx.file._buildinfo,
        job = "buildinfo",
        params = own_params,
        inputs = depset([params, helper, wheel, host_files] + build_requires.keys() + runfiles.values() + fingerprints, transitive = [inputs, rust]),
        outputs = [buildinfo, provenance],
        mnemonic = "PySdistBuildinfo",
        progress_message = "Writing the build information of " + wheel.basename,
    )
    return [buildinfo, provenance]
