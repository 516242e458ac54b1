"""Analysis tests of a hub's targets: what gazelle's manifest, py_console_script_binary and `whl_filegroup` read of them."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@rules_python//python:packaging.bzl", "PyWheelInfo")
load("@rules_python//python:py_info.bzl", "PyInfo")
load("//python:defs.bzl", "py_sdist_wheel")

# buildifier: disable=bzl-visibility
load("//python/private/hub:locked_distribution.bzl", "locked_distribution")

# buildifier: disable=bzl-visibility
load("//python/private/hub:locked_wheel.bzl", "locked_wheel")

# buildifier: disable=bzl-visibility
load("//python/private/wheel:providers.bzl", "SdistWheelInfo")

def _whl_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    asserts.equals(env, ctx.attr.files, [file.basename for file in target[DefaultInfo].files.to_list()])
    asserts.equals(env, ctx.attr.runfiles, sorted([file.basename for file in target[DefaultInfo].data_runfiles.files.to_list()]))
    return analysistest.end(env)

_files_test = analysistest.make(_whl_impl, attrs = {
    "files": attr.string_list(doc = "Names of the target's files."),
    "runfiles": attr.string_list(doc = "Names of its runfiles for data."),
})

def _providers_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    asserts.equals(env, ctx.attr.wheel, target[PyWheelInfo].wheel.basename)
    asserts.equals(env, ctx.attr.built, SdistWheelInfo in target)
    return analysistest.end(env)

_providers_test = analysistest.make(_providers_impl, attrs = {
    "built": attr.bool(doc = "Whether rules_sdist builds the wheel."),
    "wheel": attr.string(doc = "The wheel's name."),
})

def _pkg_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    imports = target[PyInfo].imports.to_list()
    asserts.equals(env, [ctx.attr.imports], [path.split("/")[-2] + "/" + path.split("/")[-1] for path in imports])
    for files in [target[DefaultInfo].files, target[PyInfo].transitive_sources]:
        asserts.equals(env, ["site-packages"], [file.basename for file in files.to_list()])
    asserts.false(env, target[PyInfo].uses_shared_libraries)
    return analysistest.end(env)

_pkg_test = analysistest.make(_pkg_impl, attrs = {"imports": attr.string(doc = "The end of its only import path.")})

def _metadata_impl(ctx):
    env = analysistest.begin(ctx)
    (action,) = analysistest.target_actions(env)
    purl = json.decode(action.content)["purl"]
    asserts.equals(env, "pkg:pypi/demo@1.0?checksum=sha256:" + "0" * 64 + "&file_name=" + _DEMO, purl)
    return analysistest.end(env)

_metadata_test = analysistest.make(_metadata_impl)

def _from_lock_impl(ctx):
    env = analysistest.begin(ctx)
    (params,) = [
        action.content
        for action in analysistest.target_actions(env)
        if [file for file in action.outputs.to_list() if file.basename == ctx.attr.target_under_test.label.name + ".json"]
    ]
    asserts.equals(env, ctx.attr.from_lock, json.decode(params)["from_lock"])
    asserts.equals(env, "py_sdist_wheel", ctx.attr.kind)
    asserts.false(env, "from_lock" in ctx.attr.attributes)
    return analysistest.end(env)

_from_lock_test = analysistest.make(_from_lock_impl, attrs = {
    "attributes": attr.string_list(doc = "Those of the target that a BUILD file can set."),
    "from_lock": attr.bool(doc = "Whether errors are to name the lock's overrides."),
    "kind": attr.string(doc = "What `bazel query` says the target is."),
})

_DIST_INFO = ["demo-1.0.dist-info", "entry_points.txt"]
_FOLDERS = ["site-packages", "bin", "data", "include"]
_DEMO = "demo-1.0-py3-none-any.whl"
_NEEDED = "needed-1.0-py3-none-any.whl"

def locked_distribution_test_suite(name):
    """Makes the tests of this file.

    Args:
        name: of the suite.
    """
    native.filegroup(name = "needed_whl", srcs = [_NEEDED], tags = ["manual"])
    locked_distribution(
        name = "demo",
        filename = _DEMO,
        sha256 = "0" * 64,
        version = "1.0",
        wheel = _DEMO,
        whl_deps = [":needed_whl"],
        tags = ["manual"],
    )
    cases = {
        "data": (["bin", "data", "include"], ["bin", "data", "include"]),
        # py_console_script_binary looks for the file entry_points.txt.
        "dist_info": (_DIST_INFO, _DIST_INFO),
        "extracted_whl_files": (_FOLDERS + [_DEMO], sorted(_FOLDERS + [_DEMO])),
        # One wheel; nothing but wheels in the runfiles: gazelle's manifest rule refuses anything else.
        "whl": ([_DEMO], [_DEMO, _NEEDED]),
    }
    for target, (files, runfiles) in cases.items():
        _files_test(name = target + "_test", target_under_test = ":" + target, files = files, runfiles = runfiles)
    _pkg_test(name = "pkg_test", target_under_test = ":pkg", imports = "pkg.install/site-packages")
    _providers_test(name = "downloaded_test", target_under_test = ":whl", wheel = _DEMO)
    py_sdist_wheel(name = "built_file", distribution = "built", sdist = "built-1.0.tar.gz", tags = ["manual"])
    locked_wheel(name = "built_whl", wheel = ":built_file", tags = ["manual"])
    _providers_test(name = "built_test", target_under_test = ":built_whl", built = True, wheel = "built-1.0-py3-none-any.whl")
    _metadata_test(name = "metadata_test", target_under_test = ":package_metadata")
    more = [":metadata_test", ":built_test", ":downloaded_test", ":pkg_test"]
    native.test_suite(name = name, tests = [":{}_test".format(target) for target in cases] + more)

def built_distribution_test_suite(name):
    """Makes the tests of what a lock has built: only there, errors name its overrides.

    Args:
        name: of the suite.
    """
    py_sdist_wheel(name = "own", distribution = "own", sdist = "demo-1.0.tar.gz", tags = ["manual"])
    locked_distribution(
        name = "demo",
        filename = "demo-1.0.tar.gz",
        sdist = "demo-1.0.tar.gz",
        sha256 = "0" * 64,
        version = "1.0",
        tags = ["manual"],
    )
    for target, from_lock in {"own": False, "whl_file": True}.items():
        made = native.existing_rule(target)
        _from_lock_test(
            name = target + "_test",
            attributes = made.keys(),
            from_lock = from_lock,
            kind = made["kind"],
            target_under_test = ":" + target,
        )
    native.test_suite(name = name, tests = [":own_test", ":whl_file_test"])
