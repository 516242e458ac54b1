"""The rule that holds the fingerprints of this machine's tools."""

load(":providers.bzl", "HostToolsInfo")

def _by_path(targets):
    return {path: target.files.to_list()[0] for target, paths in targets.items() for path in paths.split(":")}

def _impl(ctx):
    return [HostToolsInfo(
        compilers = _by_path(ctx.attr.compilers),
        default_compiler = ctx.attr.default_compiler,
        problems = ctx.attr.problems,
        pythons = _by_path(ctx.attr.pythons),
    )]

host_tools = rule(
    implementation = _impl,
    doc = "Made by host_tools_repo.",
    attrs = {
        "compilers": attr.label_keyed_string_dict(doc = "Fingerprints, each with the paths of a compiler, between colons.", allow_files = [".json"]),
        "default_compiler": attr.string(doc = "The compiler that Bazel's own C++ toolchain takes, or \"\"."),
        "problems": attr.string_dict(doc = "By path, why a tool has no fingerprint."),
        "pythons": attr.label_keyed_string_dict(doc = "The same for interpreters.", allow_files = [".json"]),
    },
)
