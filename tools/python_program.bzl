"""The macro for the commands of this folder."""

load("@rules_python//python:py_binary.bzl", "py_binary")

# buildifier: disable=bzl-visibility
load("//python/private/toolchain:helper_zip.bzl", "helper_zip")

# What the helper of the actions uses, each with the folder of its repository that is on the import path.
HELPER_LIBRARIES = {
    "@rules_sdist_installer//:py": "src",
    "@rules_sdist_packaging//:py": "src",
    "@rules_sdist_patch_ng//:py": "",
    "@rules_sdist_pyproject_hooks//:py": "src",
    "@rules_sdist_tomli//:py": "src",
}

def python_program(name, uses = {}):
    """A command for `bazel run`: the package's sources in a zip, `program.zip`, that any Python can start.

    A zip apart from the helper of the actions: a change of a command builds no wheel anew.

    Args:
        name: the command's, and that of its package.
        uses: sources of other packages, each with the folder of its repository that is on the import path.
    """
    native.filegroup(
        name = "sources",
        srcs = native.glob(["**/*.py"], exclude = ["__main__.py"]),
        visibility = ["//tools:__subpackages__"],
    )
    helper_zip(
        name = "program",
        srcs = {"//tools:sources": "tools", ":sources": "tools"} | uses,
        main = "__main__.py",
        visibility = ["//python/private/wheel:__pkg__"],
    )
    native.genrule(
        name = "starter",
        srcs = ["//tools:run_program.py"],
        outs = ["run.py"],
        cmd = "cp $< $@",
    )
    py_binary(
        name = name,
        srcs = ["run.py"],
        data = [":program"],
        legacy_create_init = 0,
        main = "run.py",
        visibility = ["//visibility:public"],
    )
