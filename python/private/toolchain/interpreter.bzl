"""The Python interpreter of the toolchain, in the two forms it comes in."""

load("//python/private:errors.bzl", "refuse", "refuse_target")
load(":providers.bzl", "ToolchainFingerprintsInfo")
load(":python_version.bzl", "python_abi_flags", "python_version")

PY_TOOLCHAIN_TYPE = Label("@rules_python//python:toolchain_type")

def find_interpreter(ctx):
    """Finds the toolchain's Python 3 interpreter.

    Args:
        ctx: of a rule or aspect with `toolchains = [PY_TOOLCHAIN_TYPE]`.

    Returns:
        struct(abi_flags, executable, files, host_path, version): its `sys.abiflags`, a File or an absolute path for
        `ctx.actions.run`, a depset of the files it needs (empty for a host interpreter), the absolute path of the
        host's interpreter that it is, or "", and its version "3.14", or "" where the toolchain does not tell.
    """
    runtime = ctx.toolchains[PY_TOOLCHAIN_TYPE].py3_runtime
    if not runtime:
        refuse(
            "{}: the Python toolchain has no py3_runtime.".format(ctx.label),
            fix = "Write register_toolchains(\"LABEL\"), of one whose py_runtime_pair sets `py3_runtime`, into MODULE.bazel.",
            where = "the toolchains of MODULE.bazel",
        )
    if runtime.interpreter:
        return struct(
            abi_flags = python_abi_flags(runtime, runtime.interpreter.basename),
            executable = runtime.interpreter,
            files = depset([runtime.interpreter], transitive = [runtime.files]),
            # A script looks the interpreter up on PATH, which is that of `run_helper`.
            host_path = "/usr/bin/python3" if runtime.interpreter.extension == "sh" else "",
            version = python_version(runtime, runtime.interpreter.basename),
        )
    return struct(
        abi_flags = python_abi_flags(runtime, runtime.interpreter_path.split("/")[-1]),
        executable = runtime.interpreter_path,
        files = depset(),
        host_path = runtime.interpreter_path,
        version = python_version(runtime, runtime.interpreter_path.split("/")[-1]),
    )

FINGERPRINT_ATTRS = {"_fingerprints": attr.label(default = "//python/private/toolchain:toolchain_fingerprints")}

def _listed(file):
    return file.path + "/" if file.is_directory else file.path

def run_helper(ctx, *, interpreter, helper, job, params, list_inputs = None, **kwargs):
    """Runs one job of the Python helper as an action.

    The environment is fixed, and the interpreter isolated (-I, and no site -S): nothing of the client gets in.

    Args:
        ctx: of the rule or aspect, with `FINGERPRINT_ATTRS`.
        interpreter: see `find_interpreter`.
        helper: File, the helper zip.
        job: "build_wheel" or "install_wheel".
        params: File, the job's parameters.
        list_inputs: depset of Files, more inputs; where it is given, the job's last argument is a file with the paths
            of all inputs, one per line; those of folders end with a slash. What `tools` bring along has to be in it.
        **kwargs: passed on to `ctx.actions.run`; `inputs` is a depset.
    """
    fingerprints = ctx.attr._fingerprints[ToolchainFingerprintsInfo]
    if fingerprints.python_error:
        refuse_target(ctx, fingerprints.python_error)
    known = [fingerprints.python] if fingerprints.python else []
    more = [list_inputs] if list_inputs != None else []
    inputs = depset([helper, params] + known, transitive = [interpreter.files, kwargs.pop("inputs")] + more)
    arguments = ctx.actions.args()
    arguments.add_all(["-I", "-S", "-B", "-X", "utf8", helper.path, job, params.path])
    listed = ctx.actions.args()
    if list_inputs != None:  # an empty depset is false
        listed.add_all(inputs, map_each = _listed, expand_directories = False)
        listed.use_param_file("%s", use_always = True)
        listed.set_param_file_format("multiline")
    ctx.actions.run(
        executable = interpreter.executable,
        arguments = [arguments, listed],
        inputs = inputs,
        env = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        toolchain = None,
        **kwargs
    )
