"""The macro that a hub's BUILD files call: one distribution, with the targets that rules_python's hubs have."""

load(":py_sdist_wheel.bzl", "py_sdist_wheel")
load(":py_wheel_library.bzl", "py_wheel_library")

def locked_distribution(name, *, version, deps = [], whl_deps = [], wheel = None, sdist = None, build_requires = [], wheel_tags = "", **kwargs):
    """Makes the targets of one distribution: NAME, `pkg`, `whl`, `data`, `dist_info`, `extracted_whl_files`.

    Args:
        name: the package's name; the alias for `pkg`.
        version: for the tags that query-based tools read.
        deps: labels of the libraries it needs at run time.
        whl_deps: labels of their wheels.
        wheel: label of a downloaded wheel, or
        sdist: label of the sdist that is built.
        build_requires: labels of the wheels that the build needs.
        wheel_tags: as in `py_sdist_wheel`.
        **kwargs: overrides, for `py_sdist_wheel`.
    """
    common = {"visibility": ["//visibility:public"]}
    if sdist:
        wheel = ":whl_file"  # not "wheel": there is a distribution of that name
        py_sdist_wheel(
            name = "whl_file",
            sdist = sdist,
            build_requires = build_requires + kwargs.pop("build_requires_too", []),
            wheel_tags = wheel_tags,
            deps = whl_deps,
            **(common | kwargs)
        )
    native.filegroup(
        name = "whl",
        srcs = [wheel],
        data = whl_deps,
        **common
    )
    py_wheel_library(
        name = "pkg",
        wheel = wheel,
        deps = deps,
        tags = ["pypi_name=" + name, "pypi_version=" + version],
        **common
    )
    if name not in ["data", "dist_info", "pkg", "whl"]:
        native.alias(name = name, actual = ":pkg", **common)
    native.alias(name = "dist_info", actual = ":pkg.dist_info", **common)
    native.alias(name = "extracted_whl_files", actual = ":pkg.install", **common)
    native.filegroup(name = "data", srcs = [], **common)
