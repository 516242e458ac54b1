"""The rule that packs the Python helper for fast starts."""

load(":interpreter.bzl", "PY_TOOLCHAIN_TYPE", "find_interpreter")

def _impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".zip")
    interpreter = find_interpreter(ctx)
    arguments = ctx.actions.args()
    arguments.add_all(["-I", "-S", "-B", "-X", "utf8"])
    arguments.add(ctx.file._packer)
    arguments.add(output)
    for target, root in ctx.attr.srcs.items():
        for file in target[DefaultInfo].files.to_list():
            arguments.add("{}={}".format(_name(file, root), file.path))
    arguments.add("__main__.py={}".format(ctx.file.main.path))
    ctx.actions.run(
        mnemonic = "PySdistHelper",
        progress_message = "Packing the rules_sdist helper",
        executable = interpreter.executable,
        arguments = [arguments],
        inputs = depset(ctx.files.srcs + [ctx.file.main, ctx.file._packer], transitive = [interpreter.files]),
        outputs = [output],
        env = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        toolchain = None,
    )
    return [DefaultInfo(files = depset([output]))]

def _name(file, root):
    """The file's name below its import root, a folder of its repository."""
    name = file.short_path
    if name.startswith("../"):
        name = name.split("/", 2)[2]
    return name.removeprefix(root + "/") if root else name

helper_zip = rule(
    implementation = _impl,
    doc = "Packs Python sources, with bytecode for the toolchain's interpreter, into one zip.",
    attrs = {
        "main": attr.label(doc = "What the zip does when Python is started with it.", allow_single_file = [".py"], mandatory = True),
        "srcs": attr.label_keyed_string_dict(
            doc = "Sources, each with the folder of its repository that is on the import path, \"\" for the whole.",
            allow_files = [".py", ".c", ".h"],
        ),
        "_packer": attr.label(default = "//tools:pack_helper.py", allow_single_file = True),
    },
    toolchains = [PY_TOOLCHAIN_TYPE],
)
