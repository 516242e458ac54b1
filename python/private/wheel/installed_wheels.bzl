"""Installs wheels once, for all builds that require them."""

load("//python/private/toolchain:interpreter.bzl", "FINGERPRINT_ATTRS", "PY_TOOLCHAIN_TYPE", "find_interpreter", "run_helper")
load(":providers.bzl", "InstalledWheelsInfo")

_DEPENDENCIES = ["actual", "data", "deps", "srcs"]

def install_wheel(ctx, *, wheel, name, tree, trees, helper, dist_info = None, entry_points = None, has_entry_points = "", bytecode = True):
    """Declares the action that installs one wheel.

    Args:
        ctx: of a rule or aspect with the Python toolchain.
        wheel: File.
        name: of the file of parameters, without ".json", in the package.
        tree: path of the folder to install into.
        trees: list of the declared directories: that folder, or those in it.
        helper: File, the helper zip.
        dist_info: a declared directory for the .dist-info folder once more, or None.
        entry_points: a declared File for its entry_points.txt, or None.
        has_entry_points: whether there is one: "yes", "no", or "" where nobody knows.
        bytecode: whether to compile the modules.
    """
    params = ctx.actions.declare_file(name + ".json")
    ctx.actions.write(params, json.encode({
        "bytecode": bytecode,
        "dist_info": dist_info.path if dist_info else None,
        "entry_points": entry_points.path if entry_points else None,
        "has_entry_points": {"": None, "no": False, "yes": True}[has_entry_points],
        "label": str(ctx.label).removeprefix("@@"),
        "tree": tree,
        "wheel": wheel.path,
    }))
    run_helper(
        ctx,
        interpreter = find_interpreter(ctx),
        helper = helper,
        job = "install_wheel",
        params = params,
        inputs = depset([wheel]),
        outputs = trees + [file for file in [dist_info, entry_points] if file],
        mnemonic = "PyWheelInstall",
        progress_message = "Installing " + wheel.basename,
    )

def installed_wheels(ctx, targets, helper):
    """The wheels of build requirements, installed.

    Args:
        ctx: of the rule that requires them.
        targets: list of targets; those that are rules have been visited by `installed_wheels_aspect`.
        helper: File, the helper zip.

    Returns:
        dict of Files: the trees by their wheels.
    """
    own = {}
    for target in targets:
        if InstalledWheelsInfo not in target:  # a .whl file in the source tree, where no aspect goes
            for wheel in _wheels(target):
                own[wheel] = _install(ctx, ctx.label.name, wheel, helper)
    merged = depset(transitive = [target[InstalledWheelsInfo].installed for target in targets if InstalledWheelsInfo in target])
    trees = {item.wheel: item.tree for item in merged.to_list()}
    return trees | own

def _wheels(target):
    return [file for file in target[DefaultInfo].files.to_list() if file.extension == "whl"]

def _install(ctx, name, wheel, helper):
    place = "{}.installed/{}".format(name, wheel.basename.removesuffix(".whl"))
    tree = ctx.actions.declare_directory(place)
    install_wheel(ctx, wheel = wheel, name = place, tree = tree.path, trees = [tree], helper = helper)
    return tree

def _impl(target, ctx):
    dependencies = []
    for name in _DEPENDENCIES:
        value = getattr(ctx.rule.attr, name, None)
        for dependency in value if type(value) == "list" else [value]:
            if type(dependency) == "Target" and InstalledWheelsInfo in dependency:
                dependencies.append(dependency[InstalledWheelsInfo].installed)
    below = depset(transitive = dependencies)
    known = {item.wheel: True for item in below.to_list()}
    direct = [
        struct(wheel = wheel, tree = _install(ctx, target.label.name, wheel, ctx.file._helper))
        for wheel in _wheels(target)
        if wheel not in known
    ]
    return [InstalledWheelsInfo(installed = depset(direct, transitive = [below]))]

installed_wheels_aspect = aspect(
    implementation = _impl,
    doc = "Installs each wheel that a target brings, and those that it depends on, once per workspace.",
    attr_aspects = _DEPENDENCIES,
    attrs = FINGERPRINT_ATTRS | {"_helper": attr.label(default = "//tools:helper", allow_single_file = True)},
    toolchains = [PY_TOOLCHAIN_TYPE],
    provides = [InstalledWheelsInfo],
)
