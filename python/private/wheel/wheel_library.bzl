"""The rule of an installed wheel's library: what rules_python's `py_library` provides, and the installed files besides."""

load("@rules_python//python:py_cc_link_params_info.bzl", "PyCcLinkParamsInfo")
load("@rules_python//python:py_info.bzl", "PyInfo")

# Bazel 7 has a PyInfo of its own, which old rules ask for.
_BUILTIN_PY_INFO = getattr(getattr(native, "legacy_globals", None), "PyInfo", PyInfo)

# Those of PyInfo's fields that sources are in, in any version of rules_python.
_SOURCES = ["direct_original_sources", "transitive_original_sources", "transitive_sources"]

def _with_sources(make, info, trees, shared):
    """A PyInfo with the installed modules among its sources: `py_library` drops folders."""
    fields = {name: getattr(info, name) for name in dir(info) if name not in ["to_json", "to_proto"]}
    for name in _SOURCES:
        if name in fields:
            fields[name] = depset(trees, transitive = [fields[name]], order = "postorder")
    fields["uses_shared_libraries"] = fields["uses_shared_libraries"] or shared
    return make(**fields)

def _impl(ctx):
    library = ctx.attr.library
    trees = ctx.attr.install[OutputGroupInfo].site_packages.to_list()
    shared = not [file for file in ctx.files.wheel if file.basename.endswith("-any.whl")]
    info = _with_sources(PyInfo, library[PyInfo], trees, shared)
    providers = [DefaultInfo(
        files = depset(trees),
        data_runfiles = library[DefaultInfo].data_runfiles,
        default_runfiles = library[DefaultInfo].default_runfiles,
    ), info]
    if _BUILTIN_PY_INFO != PyInfo and _BUILTIN_PY_INFO in library:
        providers.append(_with_sources(_BUILTIN_PY_INFO, library[_BUILTIN_PY_INFO], trees, shared))
    return providers + [library[provider] for provider in [PyCcLinkParamsInfo, OutputGroupInfo] if provider in library]

wheel_library = rule(
    implementation = _impl,
    doc = "A `py_library` over an installed wheel, whose files and sources are the folder of its modules.",
    attrs = {
        "install": attr.label(doc = "The `py_wheel_install`.", mandatory = True),
        "library": attr.label(doc = "The `py_library` with the imports and dependencies.", mandatory = True, providers = [PyInfo]),
        "wheel": attr.label(doc = "The wheel.", mandatory = True, allow_files = [".whl"]),
    },
    provides = [PyInfo],
)
