"""The repository rule that stands in for one of rules_python's sdist repositories."""

_TARGETS = ["data", "dist_info", "extracted_whl_files", "package_metadata", "pkg", "whl"]

def _impl(rctx):
    rctx.file("BUILD.bazel", "\n".join([
        "alias(name = \"{target}\", actual = \"@{hub}//{package}:{target}\", visibility = [\"//visibility:public\"])".format(
            hub = rctx.attr.hub,
            package = rctx.attr.package,
            target = target,
        )
        for target in _TARGETS
    ]) + "\n")
    return rctx.repo_metadata(reproducible = True) if hasattr(rctx, "repo_metadata") else None

spoke_repo = repository_rule(
    implementation = _impl,
    doc = "Stands in for a repository of rules_python that holds one sdist's wheel: the labels of that, by `override_repo`.",
    attrs = {
        "hub": attr.string(doc = "Our hub.", mandatory = True),
        "package": attr.string(doc = "The distribution's package in it.", mandatory = True),
    },
)
