"""The repository rule of a hub: one package for each distribution of a lock."""

load(":lock.bzl", "file_repository", "package_name")

_BUILD_FILE = """\
load({macro}, "locked_distribution")

locked_distribution(
{arguments}
)
"""

_REQUIREMENTS = """\
\"\"\"As in rules_python's hubs.\"\"\"

_PACKAGES = {packages}

all_requirements = [str(Label("//" + name + ":pkg")) for name in _PACKAGES]
all_whl_requirements = [str(Label("//" + name + ":whl")) for name in _PACKAGES]
all_data_requirements = [str(Label("//" + name + ":data")) for name in _PACKAGES]
all_whl_requirements_by_package = {{name: str(Label("//" + name + ":whl")) for name in _PACKAGES}}

def _label(name, target):
    package = "_".join([word for word in name.lower().replace("-", "_").replace(".", "_").split("_") if word])
    if package not in _PACKAGES:
        fail("{{}} is not in the lock of this hub; it has {{}}.".format(name, ", ".join(_PACKAGES)))
    return str(Label("//{{}}:{{}}".format(package, target)))

def requirement(name):
    return _label(name, "pkg")

def whl_requirement(name):
    return _label(name, "whl")

def data_requirement(name):
    return _label(name, "data")

def dist_info_requirement(name):
    return _label(name, "dist_info")
"""

def _impl(rctx):
    macro = str(Label(":locked_distribution.bzl"))
    packages = json.decode(rctx.attr.packages)
    for name, arguments in packages.items():
        requires = arguments.pop("requires")
        arguments["deps"] = [_dependency(rctx, required, "pkg") for required in requires]
        arguments["whl_deps"] = [_dependency(rctx, required, "whl") for required in requires]
        arguments = {"name": name.split("/")[-1]} | arguments
        lines = ["    {} = {},".format(key, repr(value)) for key, value in arguments.items()]
        rctx.file(name + "/BUILD.bazel", _BUILD_FILE.format(macro = repr(macro), arguments = "\n".join(lines)))
    rctx.file("BUILD.bazel", "exports_files([\"requirements.bzl\"])\n")
    rctx.file("requirements.bzl", _REQUIREMENTS.format(packages = repr(sorted([name for name in packages if "/" not in name]))))

def _dependency(rctx, name, target):
    """The label of what a package needs: in this hub, or in the one whose sdists this one builds."""
    if not rctx.attr.swaps:
        return "//{}:{}".format(name, target)
    hub = Label(rctx.attr.swaps)

    # rules_python 0.22 has all aliases in the hub's root, unless told otherwise; later ones have a package for each.
    if rctx.path(hub).dirname.get_child(name).exists:
        return str(hub.same_package_label("BUILD.bazel")).replace("//:BUILD.bazel", "//{}:{}".format(name, target))
    return str(hub.same_package_label("{}_{}".format(name, target)))

hub_repo = repository_rule(
    implementation = _impl,
    doc = "A hub with the labels of rules_python's: @HUB//name, :pkg, :whl, :data, :dist_info, :extracted_whl_files.",
    attrs = {
        "packages": attr.string(doc = "JSON: arguments of `locked_distribution` by package name.", mandatory = True),
        "swaps": attr.string(doc = "The BUILD file of rules_python's hub, a canonical label, where that one's sdists are built."),
    },
)

_SPOKE_TARGETS = ["data", "dist_info", "extracted_whl_files", "pkg", "whl"]

def _spoke_impl(rctx):
    rctx.file("BUILD.bazel", "\n".join([
        "alias(name = \"{target}\", actual = \"@{hub}//{package}:{target}\", visibility = [\"//visibility:public\"])".format(
            hub = rctx.attr.hub,
            package = rctx.attr.package,
            target = target,
        )
        for target in _SPOKE_TARGETS
    ]) + "\n")

spoke_repo = repository_rule(
    implementation = _spoke_impl,
    doc = "Stands in for a repository of rules_python that holds one sdist's wheel: the labels of that, by `override_repo`.",
    attrs = {
        "hub": attr.string(doc = "Our hub.", mandatory = True),
        "package": attr.string(doc = "The distribution's package in it.", mandatory = True),
    },
)

def hub_packages(hub, lock, overrides, sdists_only = False):
    """The packages of a hub.

    Args:
        hub: its name.
        lock: see `read_lock`.
        overrides: dicts of more attributes for `py_sdist_wheel`, by normalised distribution.
        sdists_only: whether the wheels come from another hub.

    Returns:
        a dict of arguments for `locked_distribution` by package name.
    """
    build_labels = {item["filename"]: _file_label(hub, "build", item) for item in lock.build_files}
    build_labels |= {item["filename"]: "//{}:whl".format(_build_package(item)) for item in lock.build_sdists}

    def sdist(kind, item):
        return {
            "build_requires": [build_labels[name] for name in item["build_requires"]],
            "requires": [package_name(name) for name in item["requires"]] if kind == "sdist" else [],
            "sdist": _file_label(hub, kind, item),
            "version": item["version"],
            "wheel_tags": item["wheel_tags"],
        } | overrides.get(item["distribution"], {})

    packages = {package_name(item["distribution"]): sdist("sdist", item) for item in lock.sdists}
    packages |= {_build_package(item): sdist("build", item) for item in lock.build_sdists}
    for item in [] if sdists_only else lock.wheels:
        packages[package_name(item["distribution"])] = {
            "requires": [package_name(name) for name in item["requires"]],
            "version": item["version"],
            "wheel": _file_label(hub, "whl", item),
        }
    return packages

def _build_package(item):
    """The package of a build requirement that is built: apart from the others, for it may have another version."""
    return "_build/{}_{}".format(package_name(item["distribution"]), item["version"].replace("+", "_").replace("!", "_"))

def _file_label(hub, kind, item):
    return "@{}//:file".format(file_repository(hub, kind, item["distribution"], item["version"]))
