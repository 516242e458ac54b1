"""The repository rule of a hub: one package for each distribution of a lock."""

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
