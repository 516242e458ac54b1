"""The target of one crate, unpacked."""

load(":providers.bzl", "CrateInfo")

def _impl(ctx):
    return [
        DefaultInfo(files = depset(ctx.files.srcs)),
        CrateInfo(
            name = ctx.attr.crate_name,
            renamed = ctx.attr.renamed,
            root = "/".join([part for part in [ctx.label.workspace_root, ctx.label.package, ctx.attr.folder] if part]),
            sha256 = ctx.attr.sha256,
            version = ctx.attr.version,
        ),
    ]

crate = rule(
    implementation = _impl,
    doc = "The files of one crate. Made by crate_repo.",
    attrs = {
        "crate_name": attr.string(doc = "Its name in the registry.", mandatory = True),
        "folder": attr.string(doc = "The folder of this package that is the crate's root.", mandatory = True),
        "renamed": attr.string_list(doc = "Files, below the root, that have `CRATE_FILE.` before their real names."),
        "sha256": attr.string(doc = "The .crate file's.", mandatory = True),
        "srcs": attr.label_list(doc = "All files of the crate.", allow_files = True),
        "version": attr.string(doc = "Its version.", mandatory = True),
    },
)
