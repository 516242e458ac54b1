"""A rule that writes down what rules look at in targets of a hub."""

load("@rules_python//python:packaging.bzl", "PyWheelInfo")
load("@rules_python//python:py_info.bzl", "PyInfo")

_PROVIDERS = {"OutputGroupInfo": OutputGroupInfo, "PyInfo": PyInfo, "PyWheelInfo": PyWheelInfo}

def _paths(files):
    return [file.path for file in files.to_list()]

def _contents(target):
    info = target[PyInfo] if PyInfo in target else None
    return {
        "data_runfiles": _paths(target[DefaultInfo].data_runfiles.files),
        "files": _paths(target[DefaultInfo].files),
        "imports": [path.split("/")[-1] for path in info.imports.to_list()] if info else [],
        "providers": [name for name, provider in _PROVIDERS.items() if provider in target],
        "runfiles": _paths(target[DefaultInfo].default_runfiles.files),
        "shared_libraries": [info.uses_shared_libraries] if info else [],
        "sources": _paths(info.transitive_sources) if info else [],
    }

def _impl(ctx):
    file = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(file, json.encode({
        name: _contents(target)
        for target, name in ctx.attr.targets.items()
    }))
    return [DefaultInfo(files = depset([file]))]

contents = rule(
    implementation = _impl,
    attrs = {"targets": attr.label_keyed_string_dict(doc = "The targets, with the names to write.", allow_files = True)},
)
