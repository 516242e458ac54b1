"""The rule that builds a wheel again under other conditions, and compares."""

load(":providers.bzl", "SdistWheelInfo")

_DOC = """Builds a wheel of `py_sdist_wheel` again under other conditions, and fails when a byte differs.

The same helper and the same inputs make the wheel as in Bazel's action, on what looks like another machine: another
path, user, clock, host name, and so on. When the bytes differ, the test finds which of these is the cause, with at most
32 builds and as much time as its `timeout` gives, and explains the difference as `wheel_diff` does. What this machine
can't vary without privileges the result names as not varied.
"""

VARIATIONS = [
    "address_layout",
    "build_path",
    "clock",
    "cpus",
    "directory_order",
    "environment",
    "home",
    "host_name",
    "jobs",
    "kernel",
    "locale",
    "process_ids",
    "search_path",
    "temporary_folder",
    "time_zone",
    "umask",
    "user",
]

_FoundInfo = provider(
    doc = "The wheels that a target stands for.",
    fields = {"wheels": "list of SdistWheelInfo."},
)

def _find_impl(target, ctx):
    if SdistWheelInfo in target:
        return [_FoundInfo(wheels = [target[SdistWheelInfo]])]
    found = []
    for source in getattr(ctx.rule.attr, "srcs", None) or []:
        if type(source) == "Target" and _FoundInfo in source:
            found += source[_FoundInfo].wheels
    return [_FoundInfo(wheels = found)]

_find_wheels = aspect(
    implementation = _find_impl,
    doc = "Looks through filegroups, which hand on files but no providers.",
    attr_aspects = ["srcs"],
)

_attrs = {
    "wheel": attr.label(
        doc = "The wheel: a `py_sdist_wheel`, or the `whl` of a lock's hub.",
        allow_files = [".whl"],  # to say better than Bazel what is wrong with them
        aspects = [_find_wheels],
        mandatory = True,
    ),
    "without": attr.string_list(doc = "Variations that are switched off; docs/reproducibility.md lists them."),
    "_preload": attr.label(default = "//tools/vary_build:preload", allow_files = True),
    "_program": attr.label(default = "//tools/vary_build:program", allow_single_file = True),
}

_SCRIPT = """\
#!/bin/sh
runfiles=${{TEST_SRCDIR:-${{RUNFILES_DIR:-$0.runfiles}}}}
cd "$runfiles/{inputs}" || exit 1
exec {interpreter} -I -S -B -X utf8 "$runfiles/{program}" test "$runfiles/{params}" "$runfiles"
"""

def _quoted(word):
    return "'" + word.replace("'", "'\\''") + "'"

def _runfiles_path(ctx, file):
    return file.short_path.removeprefix("../") if file.short_path.startswith("../") else ctx.workspace_name + "/" + file.short_path

def _impl(ctx):
    for name in ctx.attr.without:
        if name not in VARIATIONS:
            fail("{}: there is no variation \"{}\" for `without`. Known ones: {}.".format(ctx.label, name, ", ".join(VARIATIONS)))
    wheels = ctx.attr.wheel[_FoundInfo].wheels if _FoundInfo in ctx.attr.wheel else []
    if len(wheels) != 1:
        fail(("{}: `wheel` has to be one that rules_sdist builds from source, a py_sdist_wheel or the `whl` of a lock's hub; " +
              "{} stands for {} of them.").format(ctx.label, ctx.attr.wheel.label, len(wheels)))
    (wheel,) = wheels
    preload = ctx.files._preload
    params = ctx.actions.declare_file(ctx.label.name + ".json")
    inputs = ctx.label.name + ".execroot"
    interpreter = wheel.interpreter.executable

    # As `run_helper` lists them.
    program_files = depset([tool.executable for tool in wheel.tools if tool.executable])
    listed = depset(
        [wheel.params, wheel.helper],
        transitive = [wheel.inputs, wheel.interpreter.files, program_files] + [runfiles.files for runfiles in wheel.tools_runfiles],
    ).to_list()
    ctx.actions.write(params, json.encode({
        "build_params": wheel.params.path,
        "helper": wheel.helper.path,
        "inputs": inputs,
        "interpreter": interpreter if type(interpreter) == "string" else interpreter.path,
        "label": str(wheel.label).removeprefix("@@"),
        "listed": [file.path + "/" if file.is_directory else file.path for file in listed],
        "preload": _runfiles_path(ctx, preload[0]) if preload else "",
        "programs": [tool.executable.path for tool in wheel.tools if tool.executable],
        "wheel": wheel.wheel.path,
        "without": ctx.attr.without,
    }))
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(script, is_executable = True, content = _SCRIPT.format(
        inputs = inputs,
        interpreter = _quoted(interpreter if type(interpreter) == "string" else interpreter.path),
        params = _runfiles_path(ctx, params),
        program = _runfiles_path(ctx, ctx.file._program),
    ))

    # Laid out in the runfiles as in the execution root.
    runfiles = ctx.runfiles(
        files = [ctx.file._program, params] + preload,
        root_symlinks = {"{}/{}".format(inputs, file.path): file for file in [wheel.wheel] + listed},
    )
    return [
        DefaultInfo(executable = script, runfiles = runfiles.merge_all(wheel.tools_runfiles)),
        testing.ExecutionInfo({"block-network": "1"}),
    ]

py_wheel_reproducibility_test = rule(
    implementation = _impl,
    doc = _DOC,
    attrs = _attrs,
    test = True,
)
