"""The repository rule of a hub: one package for each distribution of a lock."""

load(":lock.bzl", "package_name")
load(":swap_check.bzl", "goes_to_pip", "spoke_names")

_SELECTED = """\
load({macro}, "selected_distribution")

selected_distribution(
    name = {name},
    command = {command},
    grouped = {grouped},
    variants = {variants},
)
"""

_LEFT_OUT = """\
load({macro}, "left_out_distribution")

left_out_distribution(
    name = {name},
    command = {command},
    environments = {environments},
    marker = {marker},
)
"""

_LOCKED = """\
load({macro}, "locked_distribution")

package(default_package_metadata = [":package_metadata"])

locked_distribution(
{arguments}
)
"""

_ENVIRONMENT = """\
config_setting(
    name = {name},
    flag_values = {{{flag}: {name}}},
    visibility = ["//:__subpackages__"],
)
"""

_ROOT = """\
exports_files(["requirements.bzl"])
"""

_CHECK = """
load({macro}, "swap_check_test")

swap_check_test(
    name = "check",
    fix = {fix},
    hub = {hub},
    left_to_pip = {left_to_pip},
    missing = {missing},
    wheels = {wheels},
)
"""

_REQUIREMENTS = """\
\"\"\"As in rules_python's hubs.\"\"\"

load({errors}, "refuse")

_PACKAGES = {packages}

# Nothing needs these here: an error for who builds them.
_LEFT_OUT = {left_out}

all_requirements = [str(Label("//" + name + ":pkg")) for name in _PACKAGES]
all_whl_requirements = [str(Label("//" + name + ":whl")) for name in _PACKAGES]
all_data_requirements = [str(Label("//" + name + ":data")) for name in _PACKAGES]
all_whl_requirements_by_package = {{name: str(Label("//" + name + ":whl")) for name in _PACKAGES}}

def _label(name, target):
    package = "_".join([word for word in name.lower().replace("-", "_").replace(".", "_").split("_") if word])
    if package not in _PACKAGES + _LEFT_OUT:
        refuse(
            "{{}} is not in the lock of the hub @{hub}; it has {{}}.".format(name, ", ".join(_PACKAGES)),
            fix = "Write one of these, or add it to the requirements, and type: " + {command},
            where = "@{hub}//:requirements.bzl",
        )
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
    packages = json.decode(rctx.attr.packages)
    for name, variants in packages.items():
        labels = {}
        for variant, arguments in variants.items():
            package = "{}/{}".format(name, variant)
            for environment in arguments.pop("environments"):
                labels["//_environments:" + environment] = "//" + package
            rctx.file(package + "/BUILD.bazel", _locked(rctx, name, dict(arguments)))
        rctx.file(name + "/BUILD.bazel", _SELECTED.format(
            macro = repr(str(Label(":selected_distribution.bzl"))),
            name = repr(name.split("/")[-1]),
            command = repr(rctx.attr.command),
            grouped = bool([True for arguments in variants.values() if arguments["fellows"]]),
            variants = repr(labels),
        ))
    left_out = {package_name(name): marker for name, marker in rctx.attr.left_out.items()}
    for name, marker in left_out.items():
        rctx.file(name + "/BUILD.bazel", _LEFT_OUT.format(
            macro = repr(str(Label(":left_out_distribution.bzl"))),
            name = repr(name),
            command = repr(rctx.attr.command),
            environments = repr(rctx.attr.environments),
            marker = repr(marker),
        ))
    flag = repr(str(Label("//python/settings:target_platform")))
    rctx.file("_environments/BUILD.bazel", "\n".join([
        _ENVIRONMENT.format(name = repr(environment), flag = flag)
        for environment in rctx.attr.environments
    ]))
    rctx.file("BUILD.bazel", _ROOT + (_check(rctx) if rctx.attr.swaps else ""))
    names = sorted([name for name in packages if "/" not in name])
    rctx.file("requirements.bzl", _REQUIREMENTS.format(
        command = repr(rctx.attr.command),
        errors = repr(str(Label("//python/private:errors.bzl"))),
        hub = _plain_name(rctx.name),
        left_out = repr(sorted(left_out)),
        packages = repr(names),
    ))

    # With `swaps` it is made from what rules_python's hub has.
    can_tell = hasattr(rctx, "repo_metadata") and not rctx.attr.swaps
    return rctx.repo_metadata(reproducible = True) if can_tell else None

def _plain_name(repository):
    """A repository's name as MODULE.bazel has it, from its canonical one."""
    return repository.replace("+", "~").split("~")[-1]

def _check(rctx):
    """The test that everything of rules_python's hub that should be ours is."""
    hub = Label(rctx.attr.swaps)
    name = _plain_name(hub.repo_name)
    root = rctx.path(hub).dirname
    texts = {folder.basename: folder.get_child("BUILD.bazel") for folder in root.readdir() if folder.is_dir}
    texts = {folder: rctx.read(file) for folder, file in texts.items() if file.exists}
    top = rctx.read(root.get_child("BUILD.bazel"))
    found = {spoke: True for text in texts.values() + [top] for spoke in spoke_names(name, text)}
    left = [package_name(distribution) for distribution in rctx.attr.left_to_pip]
    known = {spoke: True for spoke in rctx.attr.overridden} | {
        spoke: True
        for package in left
        for spoke in spoke_names(name, texts.get(package, "")) + ["{}_{}".format(name, package)]
    }

    # Without a list, rules_python itself takes sdists from this hub (docs/explanation/upstream.md): then only the wheels can tell.
    missing = [spoke for spoke in found if goes_to_pip(spoke) and spoke not in known] if rctx.attr.overridden else []
    return _CHECK.format(
        macro = repr(str(Label(":swap_check.bzl"))),
        fix = repr(rctx.attr.command),
        hub = repr(name),
        left_to_pip = repr(rctx.attr.left_to_pip),
        missing = repr(sorted(missing)),
        wheels = repr([
            _dependency(rctx, package, "whl")
            for package in rctx.attr.swapped
            if package in texts or "\"{}_whl\"".format(package) in top
        ]),
    )

def _locked(rctx, name, arguments):
    group = _pip_group(rctx, name)
    requires = [required for required in arguments.pop("requires") if not group or _pip_group(rctx, required) != group]
    fellows = arguments.pop("fellows")
    arguments |= {
        "deps": [_dependency(rctx, required, "pkg") for required in requires],
        "group_deps": ["//{}:own_pkg".format(fellow) for fellow in fellows],
        "group_whl_deps": ["//{}:own_whl".format(fellow) for fellow in fellows],
        "name": name.split("/")[-1],
        "whl_deps": [_dependency(rctx, required, "whl") for required in requires],
    }
    lines = ["    {} = {},".format(key, repr(value)) for key, value in arguments.items() if value != []]
    return _LOCKED.format(macro = repr(str(Label(":locked_distribution.bzl"))), arguments = "\n".join(lines))

def _dependency(rctx, name, target):
    """The label of what a package needs: in this hub, or in the one whose sdists this one builds."""
    if not rctx.attr.swaps:
        return "//{}:{}".format(name, target)
    hub = Label(rctx.attr.swaps)

    # rules_python 0.22 has all aliases in the hub's root, unless told otherwise; later ones have a package for each.
    if rctx.path(hub).dirname.get_child(name).exists:
        return str(hub.same_package_label("BUILD.bazel")).replace("//:BUILD.bazel", "//{}:{}".format(name, target))
    return str(hub.same_package_label("{}_{}".format(name, target)))

def _pip_group(rctx, name):
    """The `experimental_requirement_cycles` group in which rules_python's hub has a package, or "".

    That hub holds the group together; its members must not need each other besides.
    """
    if not rctx.attr.swaps:
        return ""
    file = rctx.path(Label(rctx.attr.swaps)).dirname.get_child(name).get_child("BUILD.bazel")
    return rctx.read(file).partition("group_name = \"")[2].partition("\"")[0] if file.exists else ""

hub_repo = repository_rule(
    implementation = _impl,
    doc = "A hub with the labels of rules_python's: @HUB//name, :pkg, :whl, :data, :dist_info, :extracted_whl_files.",
    attrs = {
        "command": attr.string(doc = "The command line that made the lock.", mandatory = True),
        "environments": attr.string_list(doc = "What the lock is for.", mandatory = True),
        "left_out": attr.string_dict(doc = "What the lock's inputs pin and nothing needs, with its marker."),
        "left_to_pip": attr.string_list(doc = "Distributions of that hub that are meant to come from pip."),
        "overridden": attr.string_list(doc = "The repositories of that one's distributions in whose place this hub's come."),
        "packages": attr.string(doc = "JSON: what `hub_packages` returns.", mandatory = True),
        "swapped": attr.string_list(doc = "The packages that are built, or brought, in the place of that one's."),
        "swaps": attr.string(doc = "The BUILD file of rules_python's hub, a canonical label, where that one's sdists are built."),
    },
)
