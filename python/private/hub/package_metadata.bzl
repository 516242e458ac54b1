"""The rule that tells what a distribution is, for tools that make bills of materials."""

def _impl(ctx):
    purl = "pkg:pypi/{}@{}?checksum=sha256:{}&file_name={}".format(
        ctx.attr.distribution.replace("_", "-"),
        ctx.attr.version.replace("+", "%2B").replace("!", "%21"),
        ctx.attr.sha256,
        ctx.attr.filename,
    )
    file = ctx.actions.declare_file(ctx.label.name + ".package-metadata.json")
    ctx.actions.write(file, json.encode_indent({
        "attributes": {},
        "label": str(ctx.label),
        "purl": purl,
    }))
    return [DefaultInfo(files = depset([file]))]

package_metadata = rule(
    implementation = _impl,
    doc = "A file with the package URL of a locked sdist or wheel, of the form that the module `package_metadata` writes.",
    attrs = {
        "distribution": attr.string(doc = "The distribution's package name.", mandatory = True),
        "filename": attr.string(doc = "The sdist's or wheel's.", mandatory = True),
        "sha256": attr.string(doc = "Its hash.", mandatory = True),
        "version": attr.string(doc = "The version.", mandatory = True),
    },
)
