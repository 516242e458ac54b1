"""The rule that says what the interpreter and the compiler of the toolchains are."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")
load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load(":cc_params.bzl", "c_compiler", "toolchain_programs")
load(":interpreter.bzl", "PY_TOOLCHAIN_TYPE", "find_interpreter")
load(":providers.bzl", "HostToolsInfo", "ToolchainFingerprintsInfo")
load(":repository_layout.bzl", "REPOSITORIES_BESIDE", "repositories_beside")
load(":tool_errors.bzl", "no_base", "refused_tool", "unknown_tool")

def _host_tool(ctx, what, path, fingerprints, toolchain, problems):
    """(fingerprint, error) of a tool of this machine, one of them None; both are where nobody asks for a fingerprint."""
    setting = ctx.attr._setting[BuildSettingInfo].value
    if setting == "platform":
        return None, None
    if setting == "refuse":
        return None, refused_tool(what, path, toolchain = toolchain)
    if path in fingerprints:
        return fingerprints[path], None
    return None, unknown_tool(what, path, reason = problems.get(path, ""), toolchain = toolchain)

def _own_tool(ctx, interpreter, kind, path, known, inputs):
    """The fingerprint of a tool that is an input."""
    output = ctx.actions.declare_file("{}.{}.json".format(ctx.label.name, kind))
    arguments = ["-I", "-S", "-B", "-X", "utf8", ctx.file._main.dirname, kind, path, "--input", "--output", output.path]
    for file in known or []:
        arguments += ["--known", file.path]
    if known == None:
        arguments.append("--anything")
    ctx.actions.run(
        executable = interpreter.executable,
        arguments = arguments,
        inputs = depset(ctx.files._program + (known or []), transitive = [interpreter.files, inputs]),
        outputs = [output],
        env = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        mnemonic = "PyToolFingerprint",
        progress_message = "Looking at the {} of the toolchain".format(kind),
        toolchain = None,
    )
    return output

def _unknown_program(programs, host, path):
    """An error about a program of the toolchain that is not among those that come with its compiler, or None."""
    known = host.programs.get(path, [])
    for program in programs:
        if program.startswith("/") and program not in known and program not in host.compilers:
            reason = "it does not come with {}".format(path)
            return unknown_tool("The program", program, reason = reason, toolchain = "a C++ toolchain")
    return None

def _isolation(ctx, host):
    """(isolation, error) of all builds; the error may be None."""
    wanted = ctx.attr._isolation[BuildSettingInfo].value
    without_base = not host.base and ctx.attr._setting[BuildSettingInfo].value != "platform"
    if wanted == "auto":
        wanted = "mapped" if host.not_closed or without_base else "closed"
    elif wanted == "closed" and without_base:
        return wanted, no_base(host.problems.get("/", host.not_closed))
    if wanted == "closed" and REPOSITORIES_BESIDE:
        return wanted, repositories_beside(
            "A closed build",
            "it sees the execution root alone",
            where = "the setting @rules_sdist//python/settings:isolation, and Bazel's flag",
            mapped = True,
        )
    return wanted, None

def _impl(ctx):
    host = ctx.attr._host_tools[HostToolsInfo]
    setting = ctx.attr._setting[BuildSettingInfo].value
    base = [host.base] if host.base and setting != "platform" else []
    named = host.named if setting == "fingerprint" else []
    base += named
    known = None if setting == "platform" else base
    interpreter = find_interpreter(ctx)
    if interpreter.host_path:
        python, python_error = _host_tool(ctx, "The interpreter", interpreter.host_path, host.pythons, "a Python toolchain", host.problems)
    else:
        python, python_error = _own_tool(ctx, interpreter, "python", interpreter.executable.path, known, depset()), None

    compiler, compiler_error = None, None
    cc_toolchain = find_cc_toolchain(ctx, mandatory = False)
    if cc_toolchain:
        path = c_compiler(ctx, cc_toolchain)
        if "local_config_cc" in path:  # Bazel's script around the compiler that it found
            path = host.default_compiler
        if path.startswith("/") or not path:
            compiler, compiler_error = _host_tool(ctx, "The compiler", path, host.compilers, "a C++ toolchain", host.problems)
            if compiler:
                compiler_error = _unknown_program(toolchain_programs(ctx, cc_toolchain), host, path)
        else:
            compiler = _own_tool(ctx, interpreter, "compiler", path, known, cc_toolchain.all_files)
    isolation, isolation_error = _isolation(ctx, host)
    return [ToolchainFingerprintsInfo(
        base = base,
        compiler = compiler,
        compiler_error = compiler_error,
        files = None if setting == "platform" else host.files,
        files_problems = host.problems,
        isolation = isolation,
        isolation_error = isolation_error,
        python = python,
        python_error = python_error,
    )]

toolchain_fingerprints = rule(
    implementation = _impl,
    doc = "Fingerprints of the interpreter and the compiler: this machine's, taken while Bazel loads, or those of an action.",
    attrs = {
        "_host_tools": attr.label(default = "@rules_sdist_host_tools//:host_tools"),
        "_isolation": attr.label(default = "//python/settings:isolation"),
        "_main": attr.label(default = "//tools/fingerprint:__main__.py", allow_single_file = True),
        "_program": attr.label(default = "//tools/fingerprint:program"),
        "_setting": attr.label(default = "//python/settings:host_tools"),
    },
    fragments = ["cpp"],
    toolchains = [PY_TOOLCHAIN_TYPE] + use_cc_toolchain(mandatory = False),
)
