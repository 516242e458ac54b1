"""The macro that a hub's BUILD files call: one distribution, with the targets that rules_python's hubs have."""

load("@rules_python//python:py_library.bzl", "py_library")
load("//python/private/wheel:py_wheel_library.bzl", "py_wheel_library")
load(":locked_sdist_wheel.bzl", "py_sdist_wheel")
load(":locked_wheel.bzl", "locked_wheel")
load(":package_metadata.bzl", "package_metadata")

def _built(sdist, build_requires, deps, attributes):
    """Makes the target that builds the sdist; returns its label."""
    py_sdist_wheel(
        name = "whl_file",
        sdist = sdist,
        build_requires = build_requires,
        deps = deps,
        **attributes
    )
    return ":whl_file"

def _parts(library, built, common):
    """Makes the targets of parts of the installed wheel, and of what was written down when it was built."""
    native.filegroup(name = "buildinfo", srcs = built, output_group = "buildinfo", **common)
    for target, output in {"data": "data", "dist_info": "dist_info", "extracted_whl_files": "files"}.items():
        native.alias(name = target, actual = ":{}.{}".format(library, output), **common)

def _metadata(name, filename, sha256, version, common):
    """Makes the metadata of all targets of the package: it must not have itself."""
    package_metadata(
        name = "package_metadata",
        applicable_licenses = [],
        distribution = name,
        filename = filename,
        sha256 = sha256,
        version = version,
        **common
    )

def locked_distribution(
        name,
        *,
        version,
        filename,
        sha256,
        project = None,
        entry_points = None,
        deps = [],
        whl_deps = [],
        group_deps = [],
        group_whl_deps = [],
        wheel = None,
        sdist = None,
        build_requires = [],
        tags = [],
        **kwargs):
    """Makes the targets of one distribution, those of rules_python's hubs, and `buildinfo`.

    Args:
        name: the distribution's package name.
        version: for the tags that query-based tools read.
        filename: of the sdist or the downloaded wheel.
        sha256: of that.
        project: its name as the project writes it, such as "PyYAML".
        entry_points: whether its wheel has an entry_points.txt, or None where nobody knows.
        deps: labels of the libraries it needs at run time.
        whl_deps: labels of their wheels.
        group_deps: labels of the libraries, `own_pkg`, of distributions that it needs and that need it.
        group_whl_deps: labels of their wheels, `own_whl`.
        wheel: label of a downloaded wheel, or
        sdist: label of the sdist that is built.
        build_requires: labels of the wheels that the build needs.
        tags: as usual.
        **kwargs: more attributes, for `py_sdist_wheel`.
    """
    common = {"tags": tags, "visibility": ["//visibility:public"]}
    if sdist:
        wheel = _built(sdist, build_requires, whl_deps, common | kwargs)
    library = common | {"tags": tags + ["pypi_name=" + (project or name.replace("_", "-")), "pypi_version=" + version]}

    # Those that need each other are held together by one more target each, without a cycle among the targets.
    own = "own_" if group_deps else ""
    py_wheel_library(name = own + "pkg", wheel = wheel, deps = deps, entry_points = entry_points, **library)
    locked_wheel(name = own + "whl", wheel = wheel, deps = whl_deps, **common)
    if own:
        py_library(name = "pkg", deps = [":own_pkg"] + group_deps, **library)
        locked_wheel(name = "whl", wheel = wheel, deps = whl_deps + group_whl_deps, **common)
    _parts(own + "pkg", [wheel] if sdist else [], common)
    _metadata(name, filename, sha256, version, common)
