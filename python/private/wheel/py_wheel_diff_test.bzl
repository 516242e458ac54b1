"""The test that two wheels are the same."""

load("//python/private/toolchain:interpreter.bzl", "PY_TOOLCHAIN_TYPE", "find_interpreter")

_DOC = """Passes when two wheels are the same, byte for byte; else fails and says in what they differ, and why.

For example a wheel of this build, and one that was built elsewhere and checked in:

```starlark
py_wheel_diff_test(
    name = "same_wheel_test",
    a = ":pyyaml_wheel",
    b = "published/pyyaml-6.0.3-cp314-cp314-linux_x86_64.whl",
)
```
"""

_attrs = {
    "a": attr.label(doc = "A wheel.", mandatory = True, allow_single_file = [".whl"]),
    "b": attr.label(doc = "The other one.", mandatory = True, allow_single_file = [".whl"]),
    "_program": attr.label(default = "//tools/wheel_diff:program", allow_single_file = True),
}

def _impl(ctx):
    interpreter = find_interpreter(ctx)
    python = interpreter.executable
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(script, "#!/bin/sh\nexec {} -I {} {} {}\n".format(*[
        "'{}'".format(file if type(file) == "string" else file.short_path)
        for file in [python, ctx.file._program, ctx.file.a, ctx.file.b]
    ]), is_executable = True)
    return [DefaultInfo(
        executable = script,
        runfiles = ctx.runfiles([ctx.file._program, ctx.file.a, ctx.file.b], transitive_files = interpreter.files),
    )]

py_wheel_diff_test = rule(
    implementation = _impl,
    doc = _DOC,
    attrs = _attrs,
    test = True,
    toolchains = [PY_TOOLCHAIN_TYPE],
)
