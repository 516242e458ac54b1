"""The module extension that brings sdists and wheels from the package index."""

load(":index_file_repo.bzl", "INDEX_FILE_ATTRS", "index_file_repo")

def _impl(mctx):
    for module in mctx.modules:
        for tag in module.tags.file:
            index_file_repo(name = tag.name, **{key: getattr(tag, key) for key in INDEX_FILE_ATTRS})
    return mctx.extension_metadata(reproducible = True)

sdists = module_extension(
    implementation = _impl,
    doc = "Brings files from the package index, each named by distribution, file name and sha256, as repositories.",
    tag_classes = {
        "file": tag_class(
            doc = "One sdist or wheel: `@NAME//:file`, or, with a BUILD file, its content as `@NAME`.",
            attrs = {"name": attr.string(doc = "The repository's name.", mandatory = True)} | INDEX_FILE_ATTRS,
        ),
    },
)
