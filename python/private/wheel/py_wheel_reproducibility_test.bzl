"""The rule that builds a wheel again under other conditions, and compares."""

load("//python/private:errors.bzl", "refuse", "refuse_target")
load("//python/private/toolchain:repository_layout.bzl", "REPOSITORIES_BESIDE", "repositories_beside")
load(":providers.bzl", "SdistWheelInfo")

_DOC = """Builds a wheel of `py_sdist_wheel` again under other conditions, and fails when a byte differs.

```starlark
py_wheel_reproducibility_test(
    name = "pyyaml_reproducibility_test",
    wheel = ":pyyaml_wheel",
)
```

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

_attrs = {
    "wheel": attr.label(
        doc = "The wheel: a `py_sdist_wheel`, or the `whl` of a lock's hub.",
        allow_files = [".whl"],  # to say better than Bazel what is wrong with them
        mandatory = True,
    ),
    "without": attr.string_list(doc = "Variations that are switched off: docs/reference/reproducibility_test.md."),
    "_preload": attr.label(default = "//tools/reproducibility_test:preload", allow_files = True),
    "_program": attr.label(default = "//tools/reproducibility_test:program", allow_single_file = True),
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

def _check(ctx):
    for name in ctx.attr.without:
        if name not in VARIATIONS:
            refuse(
                "{}: there is no variation \"{}\" for `without`. Known ones: {}.".format(ctx.label, name, ", ".join(VARIATIONS)),
                fix = "Write one of these, or take it out.",
                where = "`without` of {}".format(ctx.label),
            )
    if SdistWheelInfo not in ctx.attr.wheel:
        refuse(
            "{}: `wheel` has to be one that rules_sdist builds from source, and {} is none.".format(ctx.label, ctx.attr.wheel.label),
            fix = "Name the py_sdist_wheel itself and not a filegroup of it, or the `whl` of a lock's hub.",
            where = "`wheel` of {}".format(ctx.label),
        )
    if REPOSITORIES_BESIDE:
        refuse_target(ctx, repositories_beside(
            "the test",
            "it lays out what the build has in an execution root of its own",
            where = "Bazel's flag",
            mapped = False,
        ))

def _programs(wheel):
    return [tool.executable for tool in wheel.tools if tool.executable]

def _listed(wheel):
    """All files that the wheel's action has, as `run_helper` lists them."""
    return depset(
        [wheel.params, wheel.helper],
        transitive = [wheel.inputs, wheel.interpreter.files, depset(_programs(wheel))] + [runfiles.files for runfiles in wheel.tools_runfiles],
    ).to_list()

def _interpreter(wheel):
    """The interpreter's path."""
    executable = wheel.interpreter.executable
    return executable if type(executable) == "string" else executable.path

def _params(ctx, wheel, listed, inputs):
    """Writes the test's parameters: see `VaryParams` in tools/reproducibility_test/params.py."""
    preload = ctx.files._preload
    params = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(params, json.encode({
        "build_params": wheel.params.path,
        "helper": wheel.helper.path,
        "inputs": inputs,
        "interpreter": _interpreter(wheel),
        "label": str(wheel.label).removeprefix("@@"),
        "listed": [file.path + "/" if file.is_directory else file.path for file in listed],
        "preload": _runfiles_path(ctx, preload[0]) if preload else "",
        "programs": [program.path for program in _programs(wheel)],
        "wheel": wheel.wheel.path,
        "without": ctx.attr.without,
    }))
    return params

def _script(ctx, wheel, params, inputs):
    """Writes what Bazel starts."""
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(script, is_executable = True, content = _SCRIPT.format(
        inputs = inputs,
        interpreter = _quoted(_interpreter(wheel)),
        params = _runfiles_path(ctx, params),
        program = _runfiles_path(ctx, ctx.file._program),
    ))
    return script

def _impl(ctx):
    _check(ctx)
    wheel = ctx.attr.wheel[SdistWheelInfo]
    inputs = ctx.label.name + ".execroot"
    listed = _listed(wheel)
    params = _params(ctx, wheel, listed, inputs)

    # Laid out in the runfiles as in the execution root.
    runfiles = ctx.runfiles(
        files = [ctx.file._program, params] + ctx.files._preload,
        root_symlinks = {"{}/{}".format(inputs, file.path): file for file in [wheel.wheel] + listed},
    )
    return [
        DefaultInfo(executable = _script(ctx, wheel, params, inputs), runfiles = runfiles.merge_all(wheel.tools_runfiles)),
        testing.ExecutionInfo({"block-network": "1"}),
    ]

py_wheel_reproducibility_test = rule(
    implementation = _impl,
    doc = _DOC,
    attrs = _attrs,
    test = True,
)
