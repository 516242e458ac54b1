"""The rule that holds the fingerprints of this machine's tools."""

load(":providers.bzl", "HostToolsInfo")

def _by_path(targets):
    return {path: target.files.to_list()[0] for target, paths in targets.items() for path in paths.split(":")}

def _impl(ctx):
    return [HostToolsInfo(
        base = ctx.file.base,
        compilers = _by_path(ctx.attr.compilers),
        default_compiler = ctx.attr.default_compiler,
        files = _by_path(ctx.attr.files),
        named = ctx.files.named,
        not_closed = ctx.attr.not_closed,
        problems = ctx.attr.problems,
        programs = ctx.attr.programs,
        pythons = _by_path(ctx.attr.pythons),
    )]

host_tools = rule(
    implementation = _impl,
    doc = "Made by host_tools_repo.",
    attrs = {
        "base": attr.label(doc = "The fingerprint of the base utilities.", allow_single_file = [".json"]),
        "compilers": attr.label_keyed_string_dict(doc = "Fingerprints, each with the paths of a compiler, between colons.", allow_files = [".json"]),
        "default_compiler": attr.string(doc = "The compiler that Bazel's own C++ toolchain takes, or \"\"."),
        "files": attr.label_keyed_string_dict(doc = "The same for files that RULES_SDIST_HOST_FILES names.", allow_files = [".json"]),
        "named": attr.label_list(doc = "The fingerprints of what RULES_SDIST_HOST_TOOLS names.", allow_files = [".json"]),
        "not_closed": attr.string(doc = "Why builds can't be closed on this machine, or \"\"."),
        "problems": attr.string_dict(doc = "By path, why a tool has no fingerprint."),
        "programs": attr.string_list_dict(doc = "By the path of a compiler, all programs that its fingerprint lists."),
        "pythons": attr.label_keyed_string_dict(doc = "Fingerprints of interpreters, as those of compilers.", allow_files = [".json"]),
    },
)
